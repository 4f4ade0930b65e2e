"""Render one shard of captioned training clips from a sound font."""

import argparse
from collections.abc import Iterator

from musicologist.core import programs, progress


def main() -> None:
    """Write COUNT clips; part PART of the same seed is the same clips, whatever other parts there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soundfont", required=True, help="TimGM6mb, FluidR3 or the path of an .sf2 file")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--part", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import shard_writing

    clips = render(arguments.soundfont, arguments.seed, arguments.part, arguments.count)
    shard_writing.write(arguments.output, progress.shown(clips, arguments.count, "clips rendered"))


def render(soundfont: str, seed: int, part: int, count: int) -> Iterator:
    """Yield ``count`` clips with their records, families in turn."""
    import numpy as np
    from musicologist.core.shard_writing import Clip
    from musicologist.notes.synthesizer import SAMPLE_RATE, Player
    from musicologist.training import scenes
    from musicologist.vocabulary.terms import FAMILIES

    player = Player(soundfont)
    by_family = {family: [i for i in player.instruments() if i.family == family] for family in FAMILIES}
    for number in range(count):
        rng = np.random.default_rng([seed, part, number])
        audio = None
        while audio is None:
            scene = scenes.sample_scene(rng, by_family, FAMILIES[number % len(FAMILIES)])
            audio = scenes.render_scene(player, rng, scene)
        record = {
            "caption": scenes.caption(rng, scene),
            "kind": scene.kind,
            "instruments": [instrument.group for instrument in scene.instruments],
            "families": [instrument.family for instrument in scene.instruments],
            "sources": sorted({instrument.source for instrument in scene.instruments}),
            "drums": scene.drums,
            "qualities": list(scene.qualities),
            "bpm": scene.bpm,
        }
        yield Clip(f"{part:03d}_{number:06d}", audio[None], SAMPLE_RATE, record)


if __name__ == "__main__":
    programs.run(main)
