"""Check the statistics on simulated experiments whose truth is known: make check-statistics

Intervals must cover the truth as often as they say, and concepts that mean nothing must not be found. Beside them runs a
bootstrap that takes clips for independent: it must fail, or else these checks could not fail. Leaves with 1 where a line
falls short.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from musicologist.statistics import auc, bootstrap, curves, landmarks, metrics, nulls, simulation
from musicologist.statistics.simulation import Experiment

COVERAGE, COVERAGE_SIGMA50, FALSE_DISCOVERIES = (0.92, 0.98), (0.90, 0.99), 0.07
POSITIVES = (5, 20, 100)
CONCEPTS, REAL = 28, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=500)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    check = Checks()
    with ProcessPoolExecutor(arguments.processes) as pool:
        each = partial(pool.map, chunksize=5)
        seeds = range(arguments.experiments)
        for positives in POSITIVES:
            covered = np.array(list(each(partial(areas, Experiment(positives=positives)), seeds)))
            check.within(f"AUC, {positives:3} positive prompts, clustered DeLong", covered[:, 0], *COVERAGE)
            check.fails(f"AUC, {positives:3} positive prompts, bootstrap of clips", covered[:, 1], *COVERAGE)
        for name, experiment in SIGMA50.items():
            covered = np.array(list(each(partial(sigma50, experiment), seeds)))
            check.within(f"sigma50, {name}", covered[:, 0], *COVERAGE_SIGMA50)
            check.within(f"midpoint of a logistic, {name}", covered[:, 1], *COVERAGE_SIGMA50)
        for real in (0, REAL):
            found = np.array(list(each(partial(discoveries, real), seeds)))
            check.below(
                f"false discoveries, {CONCEPTS} concepts, {real:2} of them real", found[:, 0], FALSE_DISCOVERIES
            )
            if real:
                print(f"       {found[:, 1].mean():.3f} of the real ones are found")
    sys.exit(check.failed)


SIGMA50 = {
    "40 positive prompts": Experiment(),
    "40 positive prompts, late and steep": Experiment(onset=4, width=0.25),
    "100 positive prompts, weak": Experiment(positives=100, effect=0.9),
}


class Checks:
    """Prints each line with its margin of error and remembers whether one fell short."""

    failed = False

    def within(self, what: str, covered: np.ndarray, low: float, high: float) -> None:
        """Say how often an interval covers, which must lie between two bounds."""
        self._say(what, covered, low <= covered.mean() <= high, f"{low:.2f} to {high:.2f}")

    def fails(self, what: str, covered: np.ndarray, low: float, high: float) -> None:
        """Say how often an interval covers that is known to be wrong."""
        self._say(what, covered, not low <= covered.mean() <= high, f"outside {low:.2f} to {high:.2f}")

    def below(self, what: str, share: np.ndarray, most: float) -> None:
        """Say a share that must not be larger."""
        self._say(what, share, share.mean() <= most, f"at most {most:.2f}")

    def _say(self, what: str, values: np.ndarray, good: bool, wanted: str) -> None:
        self.failed |= not good
        error = values.std() / np.sqrt(len(values))
        print(f"{'good' if good else 'BAD '}   {what}: {values.mean():.3f} ± {error:.3f} ({wanted})", flush=True)


def scores(experiment: Experiment, sigma: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Decision values (levels, clips) of a probe learnt on notes, prompts, labels, and the probe's weights."""
    weights = simulation.probe(*simulation.notes(experiment, rng))
    embeddings, prompts, labels = simulation.clips(experiment, sigma, rng)
    return embeddings @ weights, prompts, labels, weights


def areas(experiment: Experiment, seed: int) -> tuple[float, float]:
    """Over 8 levels: how often the interval of the AUC covers the truth, and how often that of independent clips does."""
    rng = np.random.default_rng([seed, experiment.positives])
    sigma = simulation.levels(8)
    decision, prompts, labels, weights = scores(experiment, sigma, rng)
    truth = simulation.true_auc(experiment, sigma, weights)
    clips = np.arange(len(prompts))
    drawn = bootstrap.draws(len(clips), 300, seed)
    covered = np.zeros((2, len(sigma)))
    for level, values in enumerate(decision):
        low, high = auc.interval(auc.clustered(values, labels[prompts], prompts))
        covered[0, level] = low <= truth[level] <= high
        low, high = bootstrap.interval(metrics.metrics(values, {}, clips, labels[prompts], drawn)["roc_auc"])
        covered[1, level] = low <= truth[level] <= high
    return tuple(covered.mean(1))


def sigma50(experiment: Experiment, seed: int) -> tuple[bool, bool]:
    """Whether the intervals of sigma50 and of the logistic's midpoint cover the truth."""
    rng = np.random.default_rng([seed, 50])
    sigma = simulation.levels(12)
    decision, prompts, labels, weights = scores(experiment, sigma, rng)
    drawn = np.hstack([np.ones((len(labels), 1), np.float32), bootstrap.draws(len(labels), 1000, seed)])
    measured = np.stack([metrics.metrics(values, {}, prompts, labels, drawn)["roc_auc"] for values in decision], axis=1)
    found = landmarks.landmarks(np.log(sigma), measured, np.full(len(sigma), 0.5))
    true_curve = simulation.true_auc(experiment, sigma, weights)[None]
    truths = curves.half_rise(np.log(sigma), true_curve)[0], curves.fit_logistic(np.log(sigma), true_curve).midpoint[0]
    covered = []
    for values, truth in zip((found.half_rise, found.logistic), truths, strict=True):
        low, high = bootstrap.interval(values[1:])
        covered.append(low <= truth <= high)
    return tuple(covered)


def discoveries(real: int, seed: int) -> tuple[float, float]:
    """The share of what is found at q = 0.05 that means nothing, and the share of the real that is found."""
    rng = np.random.default_rng([seed, 7, real])
    sigma = simulation.levels(8)
    p = []
    for concept in range(CONCEPTS):
        onset = 10.0 if concept < real else None
        experiment = Experiment(
            prompts=100, positives=int(rng.integers(5, 40)), samples=3, effect=1.2, onset=onset, size=4
        )
        decision, prompts, labels, _ = scores(experiment, sigma, rng)
        observed = np.array(
            [auc.placements(values, labels[prompts])[labels[prompts] == 1].mean() for values in decision]
        )
        null = nulls.permuted_labels(decision, prompts, labels, 1000, seed)
        p.append(nulls.max_t(observed, null).p)
    called = nulls.benjamini_hochberg(np.array(p)) <= 0.05
    return called[real:].sum() / max(called.sum(), 1), called[:real].mean() if real else 0.0


if __name__ == "__main__":
    main()
