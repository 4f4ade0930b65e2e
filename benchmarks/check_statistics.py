"""Check the statistics on simulated experiments whose truth is known: make check-statistics

Intervals must cover the truth as often as they say, concepts that mean nothing must not be found, and nothing may be called
emerged that was there all the time. Beside them stands what was done before, or what is known to be wrong: that must fail, or
else these checks could not fail. Leaves with 1 where a line falls short.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from musicologist.emergence import answers, run_comparison
from musicologist.emergence import curve as emergence_curve
from musicologist.emergence.run_comparison import Key, Side
from musicologist.emergence.scored_clips import ScoredClips
from musicologist.statistics import (
    agreement,
    auc,
    bootstrap,
    curves,
    landmarks,
    metrics,
    nulls,
    outcomes,
    random_effects,
    simulation,
)
from musicologist.statistics.simulation import Experiment

COVERAGE, COVERAGE_SIGMA50, FALSE_DISCOVERIES = (0.92, 0.98), (0.90, 0.99), 0.07
CALLED_EMERGED, CALLED_CONDITIONALLY = 0.06, 0.10
RESAMPLES, PERMUTATIONS = 800, 400
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
        covered = np.array(list(each(high_area, seeds)))
        check.within("AUC .98,  10 positive prompts", covered[:, 0], COVERAGE[0], 1)
        check.fails("AUC .98,  10 positive prompts, clustered DeLong on the logit alone", covered[:, 1], COVERAGE[0], 1)
        for positives in FLAT:
            called = np.array(list(each(partial(flat, positives), seeds)))
            check.below(f"flat AUC .70, {positives:2} positive prompts, called emerged", called[:, 0], CALLED_EMERGED)
            if positives < 40:  # with which the onset at the first level is hardly ever missed
                check.above(
                    f"flat AUC .70, {positives:2} positive prompts, the onset alone", called[:, 1], CALLED_EMERGED
                )
        for name, experiment in HALF_EXCESS.items():
            covered = np.array(list(each(partial(half_excess, experiment), seeds)))
            check.within(f"half of the excess, {name}", covered, *COVERAGE_SIGMA50)
        covered = np.array(list(each(first_place, seeds)))
        check.within("what is there from the start and rises is first", covered[:, 0], COVERAGE_SIGMA50[0], 1)
        check.fails("the same by sigma50 of its rise", covered[:, 1], COVERAGE_SIGMA50[0], 1)
        for positives in (10, 40):
            lags = np.array(list(each(partial(lag, positives), seeds)))
            for what, number in (("", 0), (", by sigma50 of the rise", 1)):
                mine = lags[:, number][~np.isnan(lags[:, number])]
                say = check.fails if number else check.within
                say(
                    f"lag, {positives} positive prompts, in {len(mine) / len(lags):.2f} reported{what}", mine, *COVERAGE
                )
        covered = np.array(list(each(intraclass, seeds)))
        check.within("intraclass correlation, 8 prompts", covered[:, 0], COVERAGE[0], 1)
        check.fails("intraclass correlation, 8 prompts, bootstrap of prompts", covered[:, 1], COVERAGE[0], 1)
        for spread in (0.0, 0.5):
            covered = np.array(list(each(partial(shifted, spread), seeds[:300])))
            what = f"mean shift between two runs, concepts differing by {spread}"
            check.within(what, covered[:, 0], *COVERAGE)
            if spread:
                check.fails(f"{what}, errors of the clips alone", covered[:, 1], *COVERAGE)
        called = np.array(list(each(named_together, seeds)))
        check.below("heard through one named with it alone, conditional curve", called[:, 0], CALLED_CONDITIONALLY)
        check.above("the same, the curve as it is", called[:, 1], CALLED_CONDITIONALLY)
        print(f"       {called[:, 2].mean():.3f} of concepts of AUC .80 that are heard themselves keep theirs")
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


FLAT = (5, 10, 40)
_TO_80 = 1.19  # a shift with a ROC-AUC of .80
_SMALL = {"prompts": 96, "samples": 2, "size": 4}
HALF_EXCESS = {
    "10 positive prompts": Experiment(positives=10, effect=_TO_80, **_SMALL),
    "40 positive prompts": Experiment(positives=40, effect=_TO_80, **_SMALL),
    "10 positive prompts, early": Experiment(positives=10, effect=_TO_80, onset=60, **_SMALL),
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

    def above(self, what: str, share: np.ndarray, least: float) -> None:
        """Say a share that is known to be too large."""
        self._say(what, share, share.mean() > least, f"more than {least:.2f}")

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
    found = landmarks.landmarks(np.log(sigma), measured, np.full(len(sigma), 0.5), experiment.positives)
    true_curve = simulation.true_auc(experiment, sigma, weights)[None]
    truths = curves.half_rise(np.log(sigma), true_curve)[0], curves.fit_logistic(np.log(sigma), true_curve).midpoint[0]
    covered = []
    for values, truth in zip((found.half_rise, found.logistic), truths, strict=True):
        low, high = bootstrap.interval(values[1:])
        covered.append(low <= truth <= high)
    return tuple(covered)


def scored(experiment: Experiment, seed: int, stream: int) -> tuple[ScoredClips, np.ndarray]:
    """Scored clips at the seven levels of the demo, and the true ROC-AUC (levels,)."""
    rng = np.random.default_rng([seed, stream])
    sigma = simulation.levels(7, 100, 0.2)
    decision, prompts, labels, weights = scores(experiment, sigma, rng)
    return ScoredClips.from_arrays(decision, labels, prompts, sigma), simulation.true_auc(experiment, sigma, weights)


def outlined(clips: ScoredClips, seed: int) -> tuple[nulls.Verdict, landmarks.Landmarks]:
    """The null's verdict and the landmarks of a curve, as the workflow has them."""
    return emergence_curve.outline(clips, emergence_curve.Settings(RESAMPLES, PERMUTATIONS, seed))


def high_area(seed: int) -> tuple[float, float]:
    """Over 7 levels with an AUC of .98: how often its interval covers, and that on the logit alone."""
    clips, truth = scored(Experiment(positives=10, effect=0, floor=2.92, **_SMALL), seed, 98)
    covered = []
    for decision, true in zip(clips.decision, truth, strict=True):
        area = auc.clustered(decision, clips.clip_labels, clips.clip_prompt_ids)
        low, high = auc.interval(area)
        alone = auc.of_logit(area) if area.value < 1 else (low, high)
        covered.append([low <= true <= high, alone[0] <= true <= alone[1]])
    return tuple(np.mean(covered, axis=0))


def flat(positives: int, seed: int) -> tuple[bool, bool]:
    """Whether a curve that is .70 at all levels is called emerged, and whether it was where its onset alone decided."""
    clips, _ = scored(Experiment(positives=positives, effect=0, floor=0.75, **_SMALL), seed, 70)
    verdict, found = outlined(clips, seed)
    answer = answers.answer(emergence_curve.described(verdict, found), verdict.p)
    onset = found.onset[0]
    return answer == outcomes.EMERGED, bool(verdict.p <= 0.05 and np.isfinite(onset) and onset < found.first_level)


def half_excess(experiment: Experiment, seed: int) -> bool:
    """Whether the interval of where half of the excess has come covers it."""
    clips, truth = scored(experiment, seed, 11)
    verdict, found = outlined(clips, seed)
    place = np.exp(curves.half_excess(clips.log_sigma, truth[None])[0])
    ends = emergence_curve.described(verdict, found)["half_excess"]
    return ends["low"] * (1 - 1e-9) <= place <= ends["high"] * (1 + 1e-9)


def first_place(seed: int) -> tuple[bool, bool]:
    """Whether a curve from .80 to .95 may be as early as can be, by half of its excess and by half of its rise."""
    clips, _ = scored(Experiment(positives=20, effect=1.14, floor=1.19, onset=5, **_SMALL), seed, 12)
    _, found = outlined(clips, seed)
    return tuple(bootstrap.interval(one[1:])[1] >= found.first_level for one in (found.half_excess, found.half_rise))


def lag(positives: int, seed: int) -> tuple[float, float]:
    """Whether the interval of a lag covers it, by half of the excess and by half of the rise; NaN where none is reported.

    The first curve goes from .75 to .82, and so is there from the start; the second comes up from chance.
    """
    pair = [
        Experiment(positives=positives, effect=0.35, floor=0.95, onset=30, **_SMALL),
        Experiment(positives=positives, effect=_TO_80, onset=5.5, **_SMALL),
    ]
    (first, truth), (second, later) = (scored(experiment, seed, 13) for experiment in pair)
    outlines = [outlined(clips, seed) for clips in (first, second)]
    places = [curves.half_excess(first.log_sigma, curve[None])[0] for curve in (truth, later)]
    found = [landmark for _, landmark in outlines]
    described = landmarks.lag(*found)
    told = all(verdict.p <= 0.05 for verdict, _ in outlines) and np.isfinite(described["value"])
    hit = described["low"] - 1e-9 <= places[0] - places[1] <= described["high"] + 1e-9
    low, high = bootstrap.interval(found[0].half_rise[1:] - found[1].half_rise[1:])
    rises = all(bootstrap.interval(one.rise[1:])[0] > 0 for one in found)
    return float(hit) if told else np.nan, float(low <= places[0] - places[1] <= high) if rises else np.nan


def intraclass(seed: int) -> tuple[bool, bool]:
    """Whether the exact interval of an intraclass correlation of .5 covers it, and whether that of a bootstrap does."""
    rng = np.random.default_rng([seed, 14])
    decision = np.sqrt(0.5) * (rng.normal(size=(8, 1)) + rng.normal(size=(8, 4)))
    drawn = agreement.icc_balanced(decision[rng.integers(8, size=(400, 8))])
    ends = (agreement.icc_interval(decision), bootstrap.interval(drawn))
    return tuple(low <= 0.5 <= high for low, high in ends)


def shifted(spread: float, seed: int) -> tuple[bool, bool]:
    """Whether the mean over 12 concepts of when they come up, from one run to another on the same prompts, is covered.

    The second run has them at 0.6 of the first one's noise, give or take ``spread`` in log sigma. Last: whether it is covered
    where concepts are thought to differ by the errors of the clips alone.
    """
    rng = np.random.default_rng([seed, 16, int(10 * spread)])
    sides: list[dict[Key, Any]] = [{}, {}]
    true = []
    for number in range(12):
        onset = float(np.exp(rng.uniform(np.log(3), np.log(30))))
        later = onset * float(np.exp(np.log(0.6) + spread * rng.normal()))
        places = []
        for side, sigma, stream in zip(sides, (onset, later), (20, 40), strict=True):
            experiment = Experiment(positives=30, effect=_TO_80, onset=sigma, **_SMALL)
            clips, truth = scored(experiment, seed, stream + number)
            _, found = emergence_curve.outline(clips, emergence_curve.Settings(RESAMPLES, 1, seed))
            places.append(curves.half_excess(clips.log_sigma, truth[None])[0])
            side[f"is_{number}", "svm", "noisy"] = found.half_excess
        true.append(places[1] - places[0])
    row = {"answer": outcomes.EMERGED, "half_excess_censored": 0}
    first, second = (Side(str(n), dict.fromkeys(times, row), times, {}) for n, times in enumerate(sides))
    shifts = np.stack(list(run_comparison.differences(first, second).values()), axis=1)
    mean = random_effects.mean(shifts, 30)
    low, high = bootstrap.interval(shifts[1:].mean(1))
    truth = np.log(0.6) if spread else float(np.mean(true))
    return mean.low <= truth <= mean.high, low <= truth <= high


def named_together(seed: int) -> tuple[bool, bool, bool]:
    """Whether a concept is found that is heard only through one named with it: without what else is named, and as it is.

    96 prompts name each of 24 aspects in one of ten; the concept is one of them, and four of five prompts that ask for it name
    a certain other, which is what is heard. Last: whether the concept is found without the others where it is heard itself.
    """
    rng = np.random.default_rng([seed, 15])
    named = rng.random((96, 24)) < 0.1
    named[:10, 0], named[10:, 0] = True, False
    named[:8, 1] = True
    prompts = np.repeat(np.arange(96), 2)
    noise = np.sqrt(0.5) * (rng.normal(size=96)[prompts] + rng.normal(size=192))
    found = []
    for heard, taken_out in ((1, True), (1, False), (0, True)):
        decision = (_TO_80 * named[prompts, heard] + noise)[None]
        if taken_out:
            decision = nulls.conditional(decision, named[prompts, 1:])
        null = nulls.permuted_labels(decision, prompts, named[:, 0].astype(int), PERMUTATIONS, seed)
        area = auc.areas(decision.T, named[prompts, 0])
        found.append(bool(nulls.max_t(area, null).p <= 0.05))
    return tuple(found)


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
