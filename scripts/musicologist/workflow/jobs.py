"""A job as Snakemake's log tells of it: its rule, its products, and in words what changed for it."""

import logging
import re
from dataclasses import dataclass

_DIGEST = re.compile(r"'?\b(\w+(?: [\w./-]+)?): ([0-9a-f]{16})\b'?")
_PARAMS = re.compile(r"Params have changed since last execution: .*?before: (.*?) now: (.*)")
_FOLLOWS = "Input files updated by another job: "
_OTHER = {
    "Missing output files": "products that are missing",
    "Incomplete output files": "products that are incomplete",
    "Updated input files": "newer inputs",
    "Set of input files has changed": "other inputs",
    "Code has changed": "the rule itself",
    "Params have changed": "parameters",
    "Software environment definition has changed": "the environment",
    "Forced execution": "forced",
}


def event_of(record: logging.LogRecord) -> str:
    """What a record of Snakemake's logger is about (``JOB_INFO``, …); nothing where it is words alone."""
    return getattr(getattr(record, "event", None), "name", "")


@dataclass(frozen=True)
class Job:
    """A job that a dry-run lists."""

    rule: str
    outputs: tuple[str, ...]
    benchmark: str
    gpu: bool
    reason: str

    @classmethod
    def of_record(cls, record: logging.LogRecord) -> "Job":
        """The job of one of Snakemake's JOB_INFO records."""
        known = vars(record)
        on_gpu = (known["resources"] or {}).get("device", "cpu") != "cpu"
        outputs = tuple(map(str, known["output"] or ()))
        return cls(known["rule_name"], outputs, str(known["benchmark"] or ""), on_gpu, str(known["reason"]))

    @property
    def follows(self) -> list[str]:
        """The inputs that other jobs make anew."""
        return [file for part in self._parts if part.startswith(_FOLLOWS) for file in part[len(_FOLLOWS) :].split(", ")]

    @property
    def changes(self) -> list[str]:
        """What changed for this job itself, in words: ``code generate_audio``, ``model clap``, ``parameters``."""
        found = []
        for part in self._parts:
            digests = _DIGEST.findall(match[2]) if (match := _PARAMS.match(part)) else []
            if part and not part.startswith(_FOLLOWS):
                words = next((words for start, words in _OTHER.items() if part.startswith(start)), part)
                found += [of for of, _ in digests] or [words]
        return found

    @property
    def renewed(self) -> dict[str, str]:
        """Recorded parameters and what they are now, if nothing but the code changed; else empty."""
        own = [part for part in self._parts if part and not part.startswith(_FOLLOWS)]
        match = _PARAMS.match(own[0]) if len(own) == 1 else None
        if match is None:
            return {}
        before, now = ({m[1]: m[0] for m in _DIGEST.finditer(side)} for side in match.groups())
        rest = [_DIGEST.sub("", side).replace(",", "").strip() for side in match.groups()]
        is_code = before.keys() == now.keys() and all(of.startswith("code ") for of in before) and not any(rest)
        return {before[of]: now[of] for of in before} if is_code else {}

    @property
    def _parts(self) -> list[str]:
        return self.reason.split("; ")
