"""Generated audio that a user has: the original study's WAV files, or tar shards as this workflow writes them.

The original: ``diff_step_5/prompt_0_sample_0.wav``, x0 estimates. Shards: ``denoised/step_05/shard_0000.tar``.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.core import levels as core_levels
from musicologist.core.errors import UserError
from musicologist.core.levels import Level
from musicologist.prompts.plan import Plan

if TYPE_CHECKING:
    import numpy as np

    from musicologist.core.shards import Clip

_WAV = re.compile(r"prompt_(\d+)_sample_(\d+)\.wav")
_STEP = re.compile(r"diff_step_(\d+)")


def check(folder: str | Path, levels: Sequence[Level], plan: Plan, samples: int) -> None:
    """Raise UserError where ``folder`` lacks a level, or has other prompts or samples than configured. Opens no file."""
    folder = Path(folder)
    if _is_original(folder):
        for level in levels:
            _check_original(folder, level, plan.prompts, samples)
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


def _check_original(folder: Path, level: Level, prompts: int, samples: int) -> None:
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
            f"{folder} has no diff_step_{step}, which trajectory.keep asks for; it has the steps "
            f"{', '.join(map(str, steps))}: keep those, or add the folder."
        )
    found = {(int(match[1]), int(match[2])) for file in place.iterdir() if (match := _WAV.fullmatch(file.name))}
    expected = {(prompt, sample) for prompt in range(prompts) for sample in range(samples)}
    if found != expected:
        prompt, sample = min(found ^ expected)
        what = "missing" if (prompt, sample) in expected else "too much"
        raise UserError(
            f"{place} has {len(found)} files prompt_P_sample_S.wav, but prompts.count {prompts} and audio.samples {samples} "
            f"ask for {len(expected)}: prompt_{prompt}_sample_{sample}.wav is {what} ({len(found ^ expected)} such)."
        )


def files(folder: str | Path, level: Level, shard: int, prompts: Iterable[int], samples: int) -> list[Path]:
    """The files that hold one level of a shard, which is made of these prompts."""
    folder = Path(folder)
    if not _is_original(folder):
        return [core_levels.path(folder, level) / f"shard_{shard:04d}.tar"]
    place = folder / f"diff_step_{level[1]}"
    return [place / f"prompt_{prompt}_sample_{sample}.wav" for prompt in prompts for sample in range(samples)]


def rate(folder: str | Path, level: Level) -> tuple[Path, int]:
    """The first file of a level, and its sample rate in Hz, which all others must have."""
    from musicologist.core import shards

    (first,) = files(folder, level, 0, [0], 1)
    return first, read_sound(first)[1] if first.suffix == ".wav" else next(shards.read(first)).sample_rate


def fingerprint(paths: Sequence[Path]) -> str:
    """16 hexadecimal digits over names, sizes and times of files, too large to be read whenever the workflow is parsed."""
    lines = [f"{path} {(known := path.stat()).st_size} {known.st_mtime_ns}" for path in paths]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def clips(path: Path, level: Level, sigma: float, wanted: Collection[tuple[int, int]]) -> Iterator["Clip"]:
    """The clips of one file, a WAV file or a shard, with records as generated audio has them.

    ``wanted`` are the (prompt, sample) pairs that a shard must hold, once each, no others. What has no noise level gets
    ``sigma``, the configured schedule's, and says so in ``sigma_from``.

    Raises UserError where a file is unreadable, holds other clips, or a clip is silent, too short or not finite.
    """
    if path.suffix == ".wav":
        yield _clip(str(path), *read_sound(path), _identity(path), level, sigma)
        return
    from musicologist.core import shards

    seen: set[tuple[Any, Any]] = set()
    for clip in shards.read(path):
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
        yield _clip(place, clip.audio, clip.sample_rate, clip.record, level, sigma)
    if lacking := sorted(set(wanted) - seen):
        raise UserError(
            f"{path} lacks {len(lacking)} of {len(wanted)} clips (for one, prompt {lacking[0][0]}, sample {lacking[0][1]}): "
            "set prompts.count and audio.samples as they were when the shard was made."
        )


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

    mono(audio, sample_rate, place)
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
    import soundfile

    from musicologist.core import shards

    try:
        content = path.read_bytes()
        length = int.from_bytes(content[4:8], "little")
        if content[:4] == b"RIFF" and length != 0xFFFFFFFF and length + 8 > len(content):
            raise UserError(
                f"{path} breaks off after {len(content)} of {length + 8} bytes: copy or make the file again."
            )
        if soundfile.info(path).subtype == "PCM_16":
            return shards.decode(content)
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (FileNotFoundError, soundfile.LibsndfileError) as error:
        raise UserError(f"{path} is no readable WAV file ({error}): copy or make the file again.") from None
    return audio.T, rate
