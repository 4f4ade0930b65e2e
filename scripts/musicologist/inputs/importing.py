"""What the scripts that import audio share: their options, the manifest they write, and a look at what given shards say.

Apart from ``audio`` and ``clips``, which import prompts too: a change here makes no prompt, and so no generated clip, stale.
"""

import argparse
import json
import math
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.core import documents
from musicologist.core.errors import UserError
from musicologist.core.levels import Level

_NOISIEST = 1e9  # sigma
_TOLERANCE = 0.01  # dB, between a noise level and what is said to be its log-SNR
_REMEDY = "mend the record there, or pack the file again"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of a script that imports a shard: its prompts, the schedule, what to write."""
    parser.add_argument("--first", type=int, required=True, help="first prompt id")
    parser.add_argument("--last", type=int, required=True, help="last prompt id")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="prompts whose clips may be unusable")
    parser.add_argument("--steps", type=int, required=True, help="of the schedule, for what has no noise level")
    parser.add_argument("--sigma-max", type=float, required=True)
    parser.add_argument("--sigma-min", type=float, required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--tars", type=Path, nargs="+", required=True)


def write_manifest(
    path: Path,
    tars: Mapping[Level, Path],
    sigmas: Sequence[float],
    clips: int,
    source: Path,
    **besides: Any,
) -> None:
    """The manifest of an imported shard: ``tars`` by level, how many clips each holds, and the place they came from."""
    from musicologist.audio import manifests

    entries = [{**manifests.of_level(level, sigmas), "tar": tar} for level, tar in sorted(tars.items())]
    made_by = {"model": f"given: {source}", "digest": "", **besides}
    manifests.write_manifest(path, entries, clips, made_by)


def check_shard(path: Path) -> None:
    """Raise UserError where a record in a given shard cannot be a clip's, or a member claims more than the file holds.

    Numbers of prompt and sample are whole, noise levels are above 0 and agree with their log-SNR and with one another, numbers
    are finite, texts can be written. What is no such tar file at all is left to who reads it.
    """
    sigmas: dict[float, str] = {}
    try:
        size = path.stat().st_size
        with open(path, "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                tar.members.clear()  # type: ignore[attr-defined] # tarfile remembers every member
                place = f"{path}, member {ascii(member.name)[1:-1]}"
                if member.size > size:
                    raise UserError(
                        f"{place} claims {member.size} bytes, and the file has {size}: pack or copy the file again."
                    )
                stream = tar.extractfile(member) if member.isfile() and _is_record(member.name) else None
                record = documents.from_json(stream.read()) if stream else {}
                if isinstance(record, dict) and record:
                    _check_record(record, place)
                    if "sigma" in record:
                        sigmas.setdefault(record["sigma"], place)
    except (OSError, tarfile.TarError, EOFError, ValueError):
        return
    if len(sigmas) > 1:
        (one, first), (other, second) = list(sigmas.items())[:2]
        raise UserError(
            f"{second} has sigma {other}, and {first.rpartition(', ')[2]} sigma {one}: expected one noise level in a file; "
            f"{_REMEDY}."
        )


def _is_record(name: str) -> bool:
    return name.endswith(".json") and not Path(name).name.startswith("._")


def _check_record(record: dict[str, Any], place: str) -> None:
    for name in ("prompt_id", "sample"):
        if type(number := record.get(name)) is not int:
            raise UserError(f"{place}: {name} is {ascii(number)[:40]}: expected a whole number; {_REMEDY}.")
    if not isinstance(record.get("prompt", ""), str):
        raise UserError(f"{place}: prompt is {ascii(record['prompt'])[:40]}: expected a text; {_REMEDY}.")
    documents.require_text(record, place)
    try:
        json.dumps(record, allow_nan=False)
    except (ValueError, RecursionError):
        raise UserError(f"{place} holds a number that is not finite, or is nested too deeply: {_REMEDY}.") from None
    if "sigma" in record or "log_snr_db" in record:
        require_noise(record.get("sigma"), record.get("log_snr_db"), place, _REMEDY)


def require_noise(sigma: Any, log_snr_db: Any, place: str, remedy: str) -> None:
    """Raise UserError, naming ``place``, where these are not a noise level above 0 and its log-SNR in dB."""
    numbers = all(type(value) in (int, float) and value == value for value in (sigma, log_snr_db))
    if not numbers or not 0 < sigma < _NOISIEST:
        raise UserError(
            f"{place} has sigma {ascii(sigma)[:40]} and log_snr_db {ascii(log_snr_db)[:40]}: expected a noise level above 0 "
            f"and its log-SNR in dB; {remedy}."
        )
    if not abs(log_snr_db + 20 * math.log10(sigma)) <= _TOLERANCE:
        raise UserError(
            f"{place} has sigma {sigma} and log_snr_db {log_snr_db}: expected -20 log10(sigma), "
            f"{0 - 20 * math.log10(sigma):.2f} dB; {remedy}."
        )
