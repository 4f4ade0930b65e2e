"""Generated audio that a user has: the original study's WAV files, or tar shards as this workflow writes them.

The original: ``diff_step_5/prompt_0_sample_0.wav``, x0 estimates. Shards: ``denoised/step_05/shard_0000.tar``.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from musicologist.core import levels as core_levels
from musicologist.core.errors import UserError
from musicologist.core.levels import Level
from musicologist.prompts.plan import Plan

if TYPE_CHECKING:
    import numpy as np

    from musicologist.core.shard_writing import Clip

_WAV = re.compile(r"prompt_(\d{1,9})_sample_(\d{1,9})\.wav")
_STEP = re.compile(r"diff_step_(\d{1,9})")
_LEAVE_OUT = "or leave its prompt out (prompts.leave_out), and the others go on"
_REMEDY = "pack or copy the file again"


def check(
    folder: str | Path, levels: Sequence[Level], plan: Plan, samples: int, left_out: Collection[int] = ()
) -> None:
    """Raise UserError where ``folder`` lacks a level, or has other prompts or samples than configured. Opens no file.

    Of the prompts that are ``left_out`` clips may be missing.
    """
    folder = Path(folder)
    if _is_original(folder):
        for level in levels:
            _check_original(folder, level, plan.prompts, samples, left_out)
        return
    expected = {f"shard_{shard:04d}.tar" for shard in plan.shards()}
    for level in levels:
        place = core_levels.path(folder, level)
        if not place.is_dir():
            raise UserError(
                f"{folder} has neither {place.relative_to(folder)} with tar shards nor diff_step_{level[1]} with WAV files: "
                "set trajectory.signals and trajectory.keep to what it has."
            )
        found = {file.name for file in place.glob("shard_*.tar")}
        if found != expected:
            raise UserError(
                f"{place} has {len(found)} shards, but {plan.prompts} prompts (prompts.count), {plan.prompts_per_shard} a "
                f"shard (audio.prompts_per_shard), are {len(expected)} (for one, {min(found ^ expected)}): set both as they "
                "were when the shards were made."
            )


def _is_original(folder: Path) -> bool:
    return any(_STEP.fullmatch(place.name) for place in folder.iterdir())


def _check_original(folder: Path, level: Level, prompts: int, samples: int, left_out: Collection[int]) -> None:
    signal, step = level
    if signal != "denoised":
        raise UserError(
            f"{folder} holds x0 estimates (diff_step_N), but trajectory.signals asks for {signal}: set "
            "trajectory.signals: [denoised]."
        )
    place = folder / f"diff_step_{step}"
    if not place.is_dir():
        steps = sorted(int(match[1]) for other in folder.iterdir() if (match := _STEP.fullmatch(other.name)))
        raise UserError(
            f"{folder} has no diff_step_{step}, which trajectory.keep asks for; it has "
            + (
                f"one whose number is written in another way: rename it to diff_step_{step}."
                if step in steps
                else f"the steps {', '.join(map(str, steps))}: keep those, or add the folder."
            )
        )
    found = {(int(match[1]), int(match[2])) for file in place.iterdir() if (match := _WAV.fullmatch(file.name))}
    for file in place.iterdir():
        if (match := _WAV.fullmatch(file.name)) and file.name != _name(int(match[1]), int(match[2])):
            raise UserError(f"{file}: expected the name {_name(int(match[1]), int(match[2]))}: rename such files.")
    expected = {(prompt, sample) for prompt in range(prompts) for sample in range(samples)}
    if differing := {pair for pair in found ^ expected if not (pair in expected and pair[0] in left_out)}:
        prompt, sample = min(differing)
        what = "missing" if (prompt, sample) in expected else "too much"
        raise UserError(
            f"{place} has {len(found)} files prompt_P_sample_S.wav, but prompts.count {prompts} and audio.samples {samples} "
            f"ask for {len(expected)}: {_name(prompt, sample)} is {what} ({len(differing)} such)"
            + "".join(
                f"; there is {file.name}, and only .wav is looked for"
                for file in place.iterdir()
                if what == "missing" and file.stem == Path(_name(prompt, sample)).stem
            )
            + (f"; {_LEAVE_OUT}." if what == "missing" else ".")
        )


def _name(prompt: int, sample: int) -> str:
    return f"prompt_{prompt}_sample_{sample}.wav"


def files(folder: str | Path, level: Level, shard: int, prompts: Iterable[int], samples: int) -> list[Path]:
    """The files that hold one level of a shard, which is made of these prompts."""
    folder = Path(folder)
    if not _is_original(folder):
        return [core_levels.path(folder, level) / f"shard_{shard:04d}.tar"]
    place = folder / f"diff_step_{level[1]}"
    return [place / _name(prompt, sample) for prompt in prompts for sample in range(samples)]


def rate(folder: str | Path, level: Level, prompts: int, left_out: Collection[int] = ()) -> tuple[Path, int]:
    """The first file of a level that is not left out, and its sample rate in Hz, which all others must have."""
    from musicologist.core import shards

    first = next(prompt for prompt in (*sorted({*range(prompts)} - {*left_out}), 0))
    (file,) = files(folder, level, 0, [first], 1)
    return file, read_sound(file)[1] if file.suffix == ".wav" else next(shards.read(file, _REMEDY)).sample_rate


def fingerprint(paths: Sequence[Path]) -> str:
    """16 hexadecimal digits over names, sizes and times of files, too large to be read whenever the workflow is parsed."""
    lines = [f"{path} {(known := path.stat()).st_size} {known.st_mtime_ns}" for path in paths if path.exists()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def clips(
    path: Path,
    level: Level,
    sigma: float,
    wanted: Collection[tuple[int, int]],
    left_out: Collection[int] = (),
    rate: int = 16_000,
) -> Iterator["Clip"]:
    """The clips of one file, a WAV file or a shard, with records as generated audio has them.

    ``wanted`` are the (prompt, sample) pairs that a shard must hold, once each, no others. What has no noise level gets
    ``sigma``, the configured schedule's, and says so in ``sigma_from``.

    Of the prompts that are ``left_out`` a clip that is missing or unusable becomes a second of silence at ``rate``, and its
    record says so (``left_out``).

    Raises UserError where a file is unreadable, holds other clips, or a clip is too short or not finite.
    """

    import numpy as np

    def whole(identity: Mapping[str, Any], place: str, read: Callable[[], tuple[Any, int]]) -> "Clip":
        try:
            return _clip(place, *read(), dict(identity), level, sigma)
        except UserError:
            if identity["prompt_id"] not in left_out:
                raise
        silence = np.zeros((1, rate), np.float32)
        return _clip(place, silence, rate, {**identity, "left_out": True}, level, sigma)

    if path.suffix == ".wav":
        yield whole(_identity(path), str(path), lambda: read_sound(path))
        return
    from musicologist.core import shards

    seen: set[tuple[Any, Any]] = set()
    for clip in shards.read(path, _REMEDY):
        place, identity = f"{path}, clip {clip.key}", (clip.record.get("prompt_id"), clip.record.get("sample"))
        if identity not in wanted or identity in seen:
            what = "stands twice" if identity in seen else "does not belong here"
            raise UserError(
                f"{place} (prompt {identity[0]}, sample {identity[1]}) {what}: expected {len(wanted)} clips of the prompts "
                f"{min(wanted)[0]} to {max(wanted)[0]}; set prompts.count, audio.samples and audio.prompts_per_shard as they "
                "were when the shard was made."
            )
        seen.add(identity)
        if (clip.record.get("signal", level[0]), clip.record.get("step", level[1])) != level:
            raise UserError(
                f"{place} says {clip.record.get('signal')} at step {clip.record.get('step')}: expected {level[0]} at step "
                f"{level[1]}, as the folder says."
            )
        yield whole(clip.record, place, partial(_given, clip))
    lacking = sorted(set(wanted) - seen)
    for prompt, sample in (pair for pair in lacking if pair[0] in left_out):
        yield whole({"prompt_id": prompt, "sample": sample}, str(path), lambda: _missing(path))
    if lacking := [pair for pair in lacking if pair[0] not in left_out]:
        raise UserError(
            f"{path} lacks {len(lacking)} of {len(wanted)} clips (for one, prompt {lacking[0][0]}, sample {lacking[0][1]}): "
            "set prompts.count and audio.samples as they were when the shard was made."
        )


def _given(clip: "Clip") -> tuple["np.ndarray", int]:
    return clip.audio, clip.sample_rate


def _missing(path: Path) -> NoReturn:
    raise UserError(f"{path} has no such clip.")


def _identity(path: Path) -> dict[str, Any]:
    match = _WAV.fullmatch(path.name)
    assert match, "only files of this name are looked for"
    return {"prompt_id": int(match[1]), "sample": int(match[2]), "source": f"{path.parent.name}/{path.name}"}


def _clip(
    place: str, audio: "np.ndarray", sample_rate: int, known: dict[str, Any], level: Level, sigma: float
) -> "Clip":
    from dataclasses import replace

    from musicologist.audio import manifests
    from musicologist.core import noise_levels
    from musicologist.core.shards import mono

    try:
        mono(audio, sample_rate, place)
    except UserError as error:
        raise UserError(f"{str(error).rstrip('.')}; {_LEAVE_OUT}.") from None
    record = {**known, "signal": level[0], "step": level[1]}
    if not {"sigma", "log_snr_db"} <= known.keys():
        record |= {
            "sigma": sigma,
            "log_snr_db": noise_levels.log_snr_db(sigma),
            "sigma_from": "the configured schedule",
        }
    clip = manifests.clip(audio, sample_rate, record)
    return replace(
        clip, record={**clip.record, **record}
    )  # what the model's own output peaked at, where it is recorded


def read_sound(path: Path) -> tuple["np.ndarray", int]:
    """A WAV file's audio, float32 (channels, samples), and its rate in Hz; UserError where it is missing, broken or cut off."""
    from musicologist.core import shards
    from musicologist.core.containers import content

    try:
        return shards.decode(content(path))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is no readable WAV file ({error}): copy or make the file again; {_LEAVE_OUT}."
        ) from None
