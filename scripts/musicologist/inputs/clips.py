"""Clips of a user's own, named in a CSV file with what was asked for: file and prompt; sample, signal, step, sigma or not.

The file is read whenever the workflow is parsed; the clips are opened by the jobs that import them.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.core import noise_levels
from musicologist.core.errors import UserError, suggest
from musicologist.core.levels import Level
from musicologist.inputs import audio, prompts

if TYPE_CHECKING:
    from musicologist.core.shard_writing import Clip

COLUMNS = ("file", "prompt", "sample", "signal", "step", "sigma")
SIGNALS = ("denoised", "unguided", "noisy")
KINDS = ("silent", "unreadable")
"""What can be the matter with a clip that may be left out."""
FINISHED = 0.01
"""The sigma at which finished clips stand, of which no noise level is given: no noise at all has no place on a scale of dB."""
_QUIETEST = 10 ** (-70 / 20)  # of full scale
_MOST = {"sample": 32_767, "step": 999}  # what tables and schedules hold
_LIKE = "a CSV file with the columns file and prompt, and if you like sample, signal, step and sigma"


@dataclass(frozen=True)
class Given:
    """What a CSV file of clips says: texts, in the order of their numbers, and by (prompt, sample) a file for each level."""

    texts: list[str]
    files: Mapping[tuple[int, int], Mapping[Level, Path]]
    sigmas: Mapping[int, float]
    """By step; empty where no noise levels are given."""

    @property
    def levels(self) -> list[Level]:
        """All (signal, step)."""
        return sorted({level for by_level in self.files.values() for level in by_level})

    @property
    def samples(self) -> int:
        """One more than the largest number of a prompt's clip."""
        return 1 + max(sample for _, sample in self.files)

    def of(self, numbers: Collection[int]) -> dict[tuple[int, int], Mapping[Level, Path]]:
        """The files of these prompts."""
        return {pair: by_level for pair, by_level in self.files.items() if pair[0] in numbers}


class Unusable(UserError):
    """A clip that may be left out: ``kind`` is one of KINDS, ``why`` says it in words."""

    def __init__(self, path: Path, kind: str, why: str) -> None:
        """Name the file, and both remedies."""
        super().__init__(
            f"{path} {why}: make or copy the file again, or have such clips left out (inputs.skip: {kind})."
        )
        self.path, self.kind, self.why = path, kind, why


def read(path: str | Path) -> Given:
    """The clips that a CSV file names; equal texts are one prompt, numbered in the order in which they first stand there.

    Files are relative to the folder of the CSV file. Where no column says a clip's ``sample``, a prompt's clips are counted;
    where none says its ``signal``, it is denoised; where none says its ``step``, steps are counted from the highest ``sigma``,
    and without that there is one level.

    Raises UserError, naming the line, for what is missing, misspelt or stands twice, where a
    clip is not there at all levels, and where a step has two noise levels or more noise than the one before.
    """
    if not Path(path).is_file():
        raise UserError(f"{path} does not exist: expected {_LIKE}.")
    rows = [_row(place, record) for place, record in prompts.csv_records(path, COLUMNS)]
    if not rows:
        raise UserError(f"{path} is empty: expected {_LIKE}.")
    by_sigma = {sigma: step for step, sigma in enumerate(sorted({row["sigma"] for row in rows} - {None}, reverse=True))}
    numbers: dict[str, int] = {}
    counted: dict[tuple[int, Level], int] = {}
    files: dict[tuple[int, int], dict[Level, Path]] = {}
    sigmas: dict[int, float] = {}
    for row in rows:
        prompt = numbers.setdefault(row["prompt"], len(numbers))
        step = row["step"] if row["step"] is not None else by_sigma.get(row["sigma"], 0)
        level = (row["signal"], step)
        counted[prompt, level] = counted.get((prompt, level), -1) + 1
        pair = (prompt, counted[prompt, level] if row["sample"] is None else row["sample"])
        if level in files.setdefault(pair, {}):
            raise UserError(
                f"{row['place']}: sample {pair[1]} of this prompt stands twice, the first time as {files[pair][level]}: give "
                "each clip of a prompt a number of its own, or leave the column sample out."
            )
        files[pair][level] = Path(path).parent / row["file"]
        if row["sigma"] is not None and sigmas.setdefault(step, row["sigma"]) != row["sigma"]:
            raise UserError(f"{row['place']}: step {step} has sigma {row['sigma']:g} here and {sigmas[step]:g} before.")
    found = Given(list(numbers), files, dict(sorted(sigmas.items())))
    _require_all_levels(found, path)
    return found


def _require_all_levels(found: Given, path: str | Path) -> None:
    every = set(found.levels)
    for (prompt, sample), by_level in found.files.items():
        if lacking := sorted(every - set(by_level)):
            signal, step = lacking[0]
            raise UserError(
                f"{path}: sample {sample} of the prompt {found.texts[prompt][:60]!r} has no clip of {signal} at step {step}, "
                "and others have: give each clip at every level, or remove it."
            )
    for (before, high), (step, low) in pairwise(found.sigmas.items()):
        if low >= high:
            raise UserError(
                f"{path}: step {step} has sigma {low:g}, and step {before} before it {high:g}: expected the noise to fall from "
                "step to step."
            )


def _row(place: str, record: Mapping[Any, Any]) -> dict[str, Any]:
    """A line's values, None where it has none."""
    for name in ("file", "prompt"):
        if name not in record:
            hint = suggest(name, [one for one in record if isinstance(one, str)])
            raise UserError(f"{place}: there is no column {name} ({hint}): expected {_LIKE}.")
    record = {name: text for name, text in record.items() if name or text}  # a spreadsheet's empty column at the end
    if strangers := [name for name in record if name not in COLUMNS]:
        name = strangers[0]
        what = f"has the column {name!r}; {suggest(name, COLUMNS)}" if name else "has more fields than the first line"
        raise UserError(f"{place} {what}: expected {_LIKE}.")
    values = {name: (record.get(name) or "").strip() or None for name in COLUMNS}
    for name in record:
        if values[name] is None:
            raise UserError(f"{place}: {name} is empty: fill it in, or leave the whole column out.")
    signal = values["signal"] or SIGNALS[0]
    if signal not in SIGNALS:
        raise UserError(f"{place}: signal is {signal!r}; {suggest(signal, SIGNALS)}.")
    whole = {name: _number(place, name, values[name], most) for name, most in _MOST.items()}
    return {**values, "place": place, "signal": signal, **whole, "sigma": _sigma(place, values["sigma"])}


def _number(place: str, name: str, text: str | None, most: int) -> int | None:
    if text is None:
        return None
    number = prompts.whole(text)
    if number is None or not 0 <= number <= most:
        raise UserError(f"{place}: {name} is {text[:40]!r}: expected a whole number from 0 to {most}.")
    return number


def _sigma(place: str, text: str | None) -> float | None:
    try:
        sigma = None if text is None else float(text)
    except ValueError:
        sigma = math.nan
    if sigma is not None and not 1e-6 <= sigma <= 1e6:
        raise UserError(f"{place}: sigma is {str(text)[:40]!r}: expected a noise level from 0.000001 to 1000000.")
    return sigma


def configured(config: Mapping[str, Any], source: str) -> dict[str, Any]:
    """A copy of a checked configuration with what the clips decide: prompts, samples, and the trajectory's levels.

    Raises UserError as ``read``, and where steps are given whose noise levels nothing tells.
    """
    path = config["inputs"]["clips"]
    given, trajectory = read(path), config["trajectory"]
    steps = sorted({step for _, step in given.levels})
    signals = {signal for signal, _ in given.levels}
    found: dict[str, Any] = {"keep": steps, "signals": [signal for signal in SIGNALS if signal in signals]}
    if sigmas := given.sigmas or ({steps[0]: FINISHED} if len(steps) == 1 else {}):
        first, last = sigmas[steps[0]], sigmas[steps[-1]]
        ends = (first, last) if first > last else (last, last / 2) if steps == [0] else (2 * last, last)
        found |= {"steps": max(2, steps[-1] + 1), "sigma_max": ends[0], "sigma_min": ends[1]}
    elif trajectory["steps"] <= max(2, steps[-1]):
        raise UserError(
            f"{source}: {path} names step {steps[-1]}, and nothing tells the noise level: add a column sigma, or set "
            "trajectory.steps, sigma_max and sigma_min to those of the sampler."
        )
    return {
        **config,
        "prompts": {**config["prompts"], "count": len(given.texts)},
        "audio": {**config["audio"], "samples": given.samples},
        "trajectory": {**trajectory, **found},
    }


def fingerprint(given: Given, numbers: Collection[int]) -> str:
    """16 hexadecimal digits over the clips of these prompts: texts, levels, and names, sizes and times of the files."""
    lines = [f"{given.texts[number]}" for number in numbers] + [str(given.sigmas)]
    for pair, by_level in given.of(numbers).items():
        lines += [f"{pair} {level}" for level in by_level] + [audio.fingerprint(list(by_level.values()))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def load(path: Path, identity: Mapping[str, Any], level: Level, sigma: float) -> "Clip":
    """One clip with its record, as generated audio has it; ``identity`` has its prompt_id and sample.

    Raises Unusable where the file is missing, unreadable, cut off, too short or silent.
    """
    from musicologist.audio import manifests
    from musicologist.core import containers, shards

    try:
        sound, rate = shards.decode(containers.content(path))
        peak = abs(shards.mono(sound, rate, "it")).max()
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise Unusable(path, "unreadable", f"is no sound that can be read ({said})") from None
    except UserError as error:
        raise Unusable(path, "unreadable", f"is of no use ({str(error).partition(': ')[0]})") from None
    if peak < _QUIETEST:
        raise Unusable(path, "silent", "is silent (mixed to mono, nothing in it reaches -70 dB of full scale)")
    noise = {"signal": level[0], "step": level[1], "sigma": sigma, "log_snr_db": noise_levels.log_snr_db(sigma)}
    return manifests.clip(sound, rate, {**identity, **noise, "source": str(path)})


def left_out(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The clips that were left out, of shards' manifests: ``file``, ``prompt_id``, ``sample``, ``why``."""
    return [one for record in records for one in record.get("left_out", ())]
