"""Render an archive of single notes in NSynth's layout from a sound font: all families, sources and qualities."""

import argparse
from collections.abc import Iterator
from typing import Any

from musicologist.core import programs, progress


def main() -> None:
    """Write COUNT notes of four seconds at 16 kHz, each held for three, as NSynth's are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soundfont", required=True, help="TimGM6mb, FluidR3 or the path of an .sf2 file")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--split", required=True, help="train, valid or test")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.notes import nsynth

    rendered = render(arguments.soundfont, arguments.count, arguments.seed)
    nsynth.write_archive(arguments.output, arguments.split, progress.shown(rendered, arguments.count, "notes rendered"))


def render(soundfont: str, count: int, seed: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield entries and audio; families take turns, and in a family its instruments, so that all have alike many."""
    import numpy as np
    from musicologist.notes import nsynth, synthesizer
    from musicologist.vocabulary.terms import FAMILIES

    player = synthesizer.Player(soundfont)
    by_family = {family: [i for i in player.instruments() if i.family == family] for family in FAMILIES}
    made: set[str] = set()
    for number in range(count):
        family = FAMILIES[number % len(FAMILIES)]
        instrument = by_family[family][number // len(FAMILIES) % len(by_family[family])]
        rng = np.random.default_rng([seed, number])
        audio = None
        while audio is None:
            low, high = synthesizer.KEYS[family]
            event = synthesizer.Event(0.0, 3.0, int(rng.integers(low, high + 1)), int(rng.integers(40, 128)))
            qualities = synthesizer.sample_qualities(rng, 0.12)
            entry = nsynth.entry(number, instrument.group, event.key, event.velocity, qualities)
            if entry["note_str"] in made:
                continue
            bpm = float(rng.choice([80, 100, 120, 140, 160]))
            part = synthesizer.render(player, instrument, [event], qualities, bpm)
            audio = synthesizer.finish(synthesizer.effects(part, qualities, rng), float(rng.uniform(0.3, 0.9)))
        made.add(entry["note_str"])
        yield entry, audio


if __name__ == "__main__":
    programs.run(main)
