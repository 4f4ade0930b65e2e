"""Does sigma, and not the step, say when a concept emerges? The same prompts and noise under three schedules, paired.

Needs a finished run (its probes, prompts and annotations): python benchmarks/compare_schedules.py results/demo
Fails where, of the curves (a concept, a probe, a signal) that emerged under two schedules, less than 90 % have 0 in the
interval of their difference in log half-excess, or where the step of emergence does not move. About ten minutes on an idle core
for the demo.
"""

import argparse
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.audio.sampler import Sampler, clip_seed
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.concepts import definitions, prompt_labels
from musicologist.core import noise_levels, parquet, shards
from musicologist.embedders import clap
from musicologist.emergence import curve
from musicologist.generators import stable_audio_tools
from musicologist.probes import classifiers, registry
from musicologist.prompts.tables import ANNOTATIONS, PROMPTS
from musicologist.statistics import bootstrap, metrics, nulls, outcomes
from musicologist.statistics import landmarks as statistics_landmarks
from musicologist.workflow import configuration

DEMO = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))["trajectory"]
GUIDED = {name: DEMO[name] for name in ("sampler", "guidance", "guidance_sigma_min")}
BASE = SamplingSettings(**GUIDED, steps=50, sigma_min=0.01, sigma_max=100.0, seconds_total=4.0, seconds_kept=4.0)
SCHEDULES = {
    "50 steps, 100 to 0.01": BASE,
    "50 steps, 500 to 0.3": replace(BASE, sigma_max=500.0, sigma_min=0.3),
    "100 steps, 100 to 0.01": replace(BASE, steps=100),
}
LEVELS = {"levels": 8, "from_sigma": 100, "to_sigma": 0.5}
SIGNALS = ("denoised", "noisy")
RESAMPLES, PERMUTATIONS, SEED, BATCH = 2000, 1000, 1, 32
ENOUGH = 0.9


def embed(settings: SamplingSettings, texts: dict[int, str], samples: int, listener: clap.Clap) -> dict:
    """Embeddings (levels, clips, 512) by signal of every prompt's clips at LEVELS, and the levels' sigmas."""
    sampler = Sampler.load(stable_audio_tools, ROOT / "resources/models/diffusion", settings)
    sigmas = noise_levels.sigmas(settings.steps, settings.sigma_min, settings.sigma_max)
    steps = configuration.kept_steps(LEVELS, sigmas)
    found = {(signal, step): [] for signal in SIGNALS for step in steps}
    clips = [(number, sample) for number in texts for sample in range(samples)]
    for start in range(0, len(clips), BATCH):
        batch = clips[start : start + BATCH]
        seeds = [clip_seed(SEED, *clip) for clip in batch]
        prompts = [texts[number] for number, _ in batch]
        for level, latents in sampler.sample(prompts, seeds, steps):
            heard = [
                shards.mono_at(np.clip(sound, -1, 1), sampler.sample_rate, listener.sample_rate, "a clip")
                for sound in sampler.decode(latents).numpy()
            ]
            found[level].append(listener.embed_audio(heard, BATCH))
        print(f"  {start + len(batch)} of {len(clips)} clips", flush=True)
    curves = {signal: np.stack([np.concatenate(found[signal, step]) for step in steps]) for signal in SIGNALS}
    return curves | {"sigma": np.array([sigmas[step] for step in steps])}


def landmarks(
    decision: np.ndarray, prompts: np.ndarray, labels: np.ndarray, sigma: np.ndarray
) -> tuple[statistics_landmarks.Landmarks, str]:
    """The landmarks of decisions (levels, clips), and the answer of one concept's curve, uncorrected for other concepts."""
    drawn = np.concatenate([np.ones((len(labels), 1)), bootstrap.draws(len(labels), RESAMPLES, SEED)], axis=1)
    area = np.stack([metrics.metrics(level, {}, prompts, labels, drawn)["roc_auc"] for level in decision], axis=1)
    verdict = nulls.max_t(area[0], nulls.permuted_labels(decision, prompts, labels, PERMUTATIONS, SEED))
    fewest = min(int((labels == label).sum()) for label in (0, 1))
    found = statistics_landmarks.landmarks(np.log(sigma), area, verdict.critical, fewest)
    return found, outcomes.answer(curve.described(verdict, found), verdict.p)


def steps_at(log_sigma: float, settings: SamplingSettings) -> float:
    """The fractional step of a schedule at this noise level."""
    ratio = np.log(settings.sigma_min / settings.sigma_max) / (settings.steps - 1)
    return (log_sigma - np.log(settings.sigma_max)) / ratio


def main() -> None:
    """Print the table and fail where the claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="folder of a finished run of the bundled models")
    parser.add_argument("--samples", type=int, default=1, help="clips a prompt")
    arguments = parser.parse_args()

    texts = parquet.read(arguments.results / "prompts/prompts.parquet", PROMPTS).to_pydict()
    texts = dict(zip(texts["prompt_id"], texts["text"], strict=True))
    notes = parquet.read(arguments.results / "prompts/annotations.parquet", ANNOTATIONS, ["prompt_id", "aspects"])
    aspects = dict(zip(*notes.to_pydict().values(), strict=True))
    listener = clap.load(ROOT / "resources/models/clap")
    heard = {}
    for name, settings in SCHEDULES.items():
        print(name, flush=True)
        heard[name] = embed(settings, texts, arguments.samples, listener)

    pairs = {pair: [] for pair in combinations(SCHEDULES, 2)}
    for classifier, signal in [(c, s) for c in ("logistic", "svm") for s in SIGNALS]:
        found = {name: {} for name in SCHEDULES}
        for concept in definitions.load(ROOT / "config/concepts.yaml").values():
            fitted = arguments.results / "concepts" / concept.name / f"{classifier}.skops"
            if not fitted.exists():  # a run of some concepts
                continue
            probe = classifiers.load(fitted, classifiers.at(registry.ADDRESSES[classifier]))
            label = [prompt_labels.prompt_label(aspects[number], concept) for number in texts]
            known = np.array([side is not None for side in label])
            labels = np.array([side for side in label if side is not None])
            if min((labels == 1).sum(), (labels == 0).sum()) < 5:
                continue
            clips = np.repeat(known, arguments.samples)
            prompts = np.repeat(np.arange(len(labels)), arguments.samples)
            for name, levels in heard.items():
                decision = np.stack([probe.decision_function(level[clips]) for level in levels[signal]])
                found[name][concept.name] = landmarks(decision, prompts, labels, levels["sigma"])
        for pair, differences in pairs.items():
            mine = compare(*pair, found)
            report(f"{classifier}, {signal}: {pair[0]} against {pair[1]}", mine)
            differences += mine
    held = [
        report(f"all curves: {first} against {second}", differences) for (first, second), differences in pairs.items()
    ]
    if not all(held):
        sys.exit("The noise level of emergence depends on the schedule, or the step does not: see above.")


def compare(first: str, second: str, found: dict) -> list[tuple[bool, float, float]]:
    """Of every concept that emerged under both: whether its half-excess may be the same, and how it and its step differ."""
    differences = []
    for concept, (one, answer) in found[first].items():
        other, answer_too = found[second][concept]
        if {answer, answer_too} != {outcomes.EMERGED}:
            continue
        difference = one.half_excess - other.half_excess
        low, high = bootstrap.interval(difference[1:])
        moved = steps_at(other.half_excess[0], SCHEDULES[second]) - steps_at(one.half_excess[0], SCHEDULES[first])
        differences.append((low <= 0 <= high, difference[0], moved))
    return differences


def report(what: str, differences: list[tuple[bool, float, float]]) -> bool:
    """Print how many curves have the same half-excess; whether they are enough and their step moves."""
    if not differences:
        print(f"{what}: no concept emerged under both")
        return False
    same, shift, moved = (np.array(values) for values in zip(*differences, strict=True))
    print(
        f"{what}: {len(same)} emerged; 0 in the interval of the difference in log half-excess for {same.mean():.0%}; median "
        f"difference {np.median(shift):+.2f}; the step moves by {np.median(moved):+.1f} (median)"
    )
    return bool(same.mean() >= ENOUGH and abs(np.median(moved)) >= 1)


if __name__ == "__main__":
    main()
