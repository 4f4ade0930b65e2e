"""The page's clips: where they lie, what they sound and look like, and how the page names them."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musicologist.listening import clips, contents, reading

Key = tuple[int, int]
"""Prompt and sample."""
Progress = Callable[[Iterable[Any], int], Iterable[Any]]
"""Yields the items of so many, and tells how far it is."""


@dataclass
class Heard:
    """A clip with all that can be heard of it: sounds by signal and step, and where its originals lie."""

    name: str
    about: dict[str, Any]
    sounds: dict[str, dict[int, clips.Sound]] = field(default_factory=dict)
    tars: dict[str, dict[int, str]] = field(default_factory=dict)
    member: str = ""

    @property
    def signals(self) -> list[str]:
        """Its signals in the page's order."""
        return reading.order_of_signals(self.sounds, list(contents.SIGNALS))

    @property
    def steps(self) -> list[int]:
        """Its levels' steps, noisiest first."""
        return sorted({step for by_step in self.sounds.values() for step in by_step})

    def entry(self, picture: str) -> dict[str, Any]:
        """What the page knows of it without its sound; ``picture`` is the address of its spectrograms."""
        steps = self.steps
        return {
            **self.about,
            "signals": self.signals,
            "steps": steps,
            "gain": {
                signal: [by_step[step].gain_db if step in by_step else None for step in steps]
                for signal, by_step in self.sounds.items()
            },
            "seconds": max(sound.seconds for by_step in self.sounds.values() for sound in by_step.values()),
            "tar": self.tars,
            "member": self.member,
            "picture": picture,
        }

    def payload(self) -> dict[str, list[str | None]]:
        """Its MP3s in base64 by signal, over its steps."""
        return {
            signal: [base64.b64encode(by_step[step].mp3).decode() if step in by_step else None for step in self.steps]
            for signal, by_step in ((signal, self.sounds[signal]) for signal in self.signals)
        }

    def sprite(self) -> bytes:
        """Its spectrograms as one PNG, a row a signal and a column a level."""
        rows = [self.sounds[signal] for signal in self.signals]
        return clips.sprite([[row[step].picture if step in row else None for step in self.steps] for row in rows])


def tars(folder: Path) -> dict[tuple[str, int], dict[str, Path]]:
    """Tar files below a folder, FOLDER/SIGNAL/step_XX/NAME.tar, by level and then by name."""
    found: dict[tuple[str, int], dict[str, Path]] = {}
    for path in sorted(folder.glob("*/step_*/*.tar")):
        step = path.parent.name.removeprefix("step_")
        if step.isdecimal():
            found.setdefault((path.parent.parent.name, int(step)), {})[path.name] = path
    return found


def where(levels: Mapping[tuple[str, int], Mapping[str, Path]]) -> dict[Key, str]:
    """Which tar file (its name, the same at all levels) holds each clip; one level's files are looked into."""
    found = {}
    for name, path in next(iter(levels.values()), {}).items():
        for key in clips.keys(path):
            prompt, _, sample = key.partition("_")
            found[int(prompt), int(sample)] = name
    return found


def key_of(clip: Key) -> str:
    """A clip's name in its tar file."""
    return f"{clip[0]:06d}_{clip[1]:02d}"


def of_clips(
    levels: Mapping[tuple[str, int], Mapping[str, Path]],
    wanted: Mapping[Key, Heard],
    places: Mapping[Key, str],
    kbit: int,
    root: Path,
    progress: Progress,
) -> None:
    """Fill each wanted clip with its sounds at all levels; ``root`` is what the named places of tar files are relative to."""
    names = {key_of(clip): heard for clip, heard in wanted.items()}
    files = sorted({places[clip] for clip in wanted})
    work = [(level, by_name[name]) for level, by_name in levels.items() for name in files if name in by_name]
    for (signal, step), path in progress(work, len(work)):
        for clip in clips.pick(path, names):
            heard = names[clip.key]
            hush = clips.hush_db(float(clip.record["sigma"])) if signal in contents.NOISE_SIGNALS else 0.0
            heard.sounds.setdefault(signal, {})[step] = clips.sound(clip.audio, clip.sample_rate, kbit, hush)
            heard.tars.setdefault(signal, {})[step] = path.relative_to(root).as_posix()
            heard.member = f"{clip.key}.flac"
            heard.about.setdefault("text", str(clip.record.get("prompt", "")))


def of_notes(shards: Sequence[Path], wanted: Mapping[str, Heard], seconds: float, kbit: int, root: Path) -> None:
    """Fill each wanted note with its sound, at most ``seconds`` of it."""
    left = set(wanted)
    for path in shards:
        for clip in clips.pick(path, left) if left else ():
            heard = wanted[clip.key]
            audio = clip.audio[:, : round(seconds * clip.sample_rate)]
            heard.sounds["note"] = {0: clips.sound(audio, clip.sample_rate, kbit)}
            heard.tars["note"] = {0: path.relative_to(root).as_posix()}
            heard.member = f"{clip.key}.flac"
            left.discard(clip.key)
