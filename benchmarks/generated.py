"""Clips of the bundled generator whose prompts ask for one instrument each, as the ears of ``judges`` hear them."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import judges
from musicologist.audio.sampler import Sampler, clip_seed
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.generators import stable_audio_tools
from musicologist.notes import synthesizer
from musicologist.vocabulary import grammar, instruments
from musicologist.vocabulary.terms import FAMILIES

FIELDS = {field.name for field in dataclasses.fields(SamplingSettings)}
SETTINGS = SamplingSettings(**{name: value for name, value in judges.DEMO["trajectory"].items() if name in FIELDS})
"""How the demo samples."""


class Asked(NamedTuple):
    """Clips to generate, a row each: prompt, labels (family, qualities, and what is said and how), its number, and seed."""

    texts: list[str]
    labels: list[dict]
    numbers: list[int]
    seeds: list[int]


def family_prompts(seed: int, prompts: int, samples: int) -> Asked:
    """So many prompts a family, families in turn, and clips a prompt."""
    asked = Asked([], [], [], [])
    for number in range(len(FAMILIES) * prompts):
        rng = np.random.default_rng([seed, number])
        family = FAMILIES[number % len(FAMILIES)]
        nouns = sorted({i.noun for i in instruments.INSTRUMENTS if i.family == family})
        noun = family.replace("_", " ") if rng.random() < 0.5 else str(rng.choice(nouns))
        qualities = synthesizer.sample_qualities(rng, 0.11)
        kind = str(rng.choice(["note", "phrase", "chord"], p=[0.45, 0.4, 0.15]))
        text = grammar.sentence(rng, kind, [grammar.Voice(noun)], qualities, None)
        for sample in range(samples):
            asked.texts.append(text)
            asked.labels.append({"family": family, "qualities": qualities, "noun": noun, "kind": kind})
            asked.numbers.append(number)
            asked.seeds.append(clip_seed(seed, number, sample))
    return asked


def sampler(settings: SamplingSettings = SETTINGS, iterations: int | None = None) -> Sampler:
    """The bundled generator; ``iterations`` are the decoder's Griffin-Lim's, None as it ships."""
    found = Sampler.load(stable_audio_tools, judges.MODELS / "diffusion", settings)
    if iterations is not None:
        found.generator.model.pretransform.iterations = iterations
    return found


def nearest_step(sampler: Sampler, sigma: float) -> int:
    """The step of the schedule whose noise level is nearest, in the logarithm; the 0 at its end is none."""
    return int((sampler.sigmas[:-1].log() - np.log(sigma)).abs().argmin())


def heard(
    sampler: Sampler,
    texts: Sequence[str],
    seeds: Sequence[int],
    steps: Sequence[int],
    signals: Sequence[str],
    ears: Sequence[str],
) -> dict[tuple[str, str, int], np.ndarray]:
    """Features (clips, size) by (ear, signal, step) of clips generated for these prompts and seeds."""
    found: dict[tuple[str, str, int], list[np.ndarray]] = {}
    for start in range(0, len(texts), judges.BATCH):
        part = slice(start, start + judges.BATCH)
        for level, latents in sampler.sample(texts[part], seeds[part], steps, signals):
            audio = sampler.decode(latents).clamp(-1, 1)[:, 0].numpy()
            for ear in ears:
                found.setdefault((ear, *level), []).append(judges.ear(ear)(audio))
    return {key: np.concatenate(pieces) for key, pieces in found.items()}
