"""At which noise levels the bundled generator loses its instruments: python benchmarks/where_lost.py (needs FluidR3)

Rendered scenes of one instrument that no training heard go through the latent; are noised to a level and denoised from there,
with their captions, by the demo's sampler on a schedule that goes down to LOWEST; and are generated from noise alone, on that
schedule and on the demo's. All are judged beside the scene as it was: mean ROC-AUC of eleven families, with the paired
difference to the row above (95 %, over scenes), and how far the mean cepstrum of each clip has moved.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import channel
import generated
import judges
from musicologist.audio import acoustics, renoising
from musicologist.audio.sampler import Sampler, clip_seed
from musicologist.vocabulary.terms import FAMILIES

import torch  # isort: skip

SEED = 42_001  # used nowhere else
LEVELS = (0.3, 0.7, 2.0, 5.0, 10.0, 27.0)
LOWEST = 0.2  # sigma, as low as the generator was trained
WATCHED = "guitar"


def denoised_from(sampler: Sampler, latents: torch.Tensor, step: int, captions: list[str]) -> np.ndarray:
    """Audio (clips, samples) of clean latents that were noised to the level of ``step`` and denoised from there."""
    seeds = [clip_seed(SEED, number, 0) for number in range(len(captions))]
    pieces = []
    for start in range(0, len(captions), judges.BATCH):
        part = slice(start, start + judges.BATCH)
        noisy = renoising.renoised(latents[part], float(sampler.sigmas[step]), seeds[part])
        finished = sampler.continue_from(noisy, step, captions[part], seeds[part])
        pieces.append(sampler.decode(finished)[:, 0].clamp(-1, 1))
    return torch.cat(pieces).numpy()


def from_noise(sampler: Sampler, captions: list[str]) -> np.ndarray:
    """Audio (clips, samples) generated from noise alone."""
    seeds, last, pieces = (
        [clip_seed(SEED, number, 0) for number in range(len(captions))],
        sampler.settings.steps - 1,
        [],
    )
    for start in range(0, len(captions), judges.BATCH):
        part = slice(start, start + judges.BATCH)
        for _, latents in sampler.sample(captions[part], seeds[part], [last], ["denoised"]):
            pieces.append(sampler.decode(latents)[:, 0].clamp(-1, 1))
    return torch.cat(pieces).numpy()


def cepstra(audio: np.ndarray) -> np.ndarray:
    """Mean cepstra without the loudness (clips, COEFFICIENTS - 1), in dB."""
    found = [np.asarray(acoustics.measure(clip, judges.RATE)["mfcc"]) for clip in audio]
    return np.stack(found)[:, 1 : acoustics.COEFFICIENTS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=176)
    parser.add_argument("--soundfont", default="FluidR3", help="TimGM6mb, FluidR3 or the path of an .sf2 file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    audio, labels = judges.held_out(arguments.scenes, SEED, arguments.soundfont)
    captions = [label["caption"] for label in labels]
    taught = {name: judges.of_demo_notes(name) for name in judges.EARS}
    sampler = generated.sampler(replace(generated.SETTINGS, sigma_min=LOWEST))
    model = sampler.generator.model
    latents, untouched, above = channel.latents(model, audio), cepstra(audio), {}

    print(f"{arguments.scenes} scenes of {arguments.soundfont}; change: to the row above", flush=True)
    heads = " | ".join(f"{name} | change | {WATCHED}" for name in taught)
    print(f"| | {heads} | cepstra, dB |\n{'| --- ' * (2 + 3 * len(taught))}|", flush=True)

    def row(what: str, sound: np.ndarray) -> None:
        cells = []
        for name, judge in taught.items():
            area = judges.areas(judge.decisions(judges.ear(name)(sound)), labels, range(len(labels)), SEED)
            mean = area.mean(0)
            change = judges.told(mean - above[name], "+") if name in above else ""
            cells += [f"{mean[0]:.3f}", change, f"{area[FAMILIES.index(WATCHED)][0]:.2f}"]
            above[name] = mean
        moved = np.sqrt(((cepstra(sound) - untouched) ** 2).mean(1)).mean()
        print(f"| {what} | {' | '.join(cells)} | {moved:.1f} |", flush=True)

    row("rendered", audio)
    row("through the autoencoder", channel.through_autoencoder(model, audio))
    for sigma in LEVELS:
        step = generated.nearest_step(sampler, sigma)
        row(f"denoised from sigma {float(sampler.sigmas[step]):.2g}", denoised_from(sampler, latents, step, captions))
    for schedule in (sampler, generated.sampler()):
        row(f"generated down to sigma {schedule.settings.sigma_min:g}", from_noise(schedule, captions))


if __name__ == "__main__":
    main()
