"""Exchanged prompts: up to which noise level a second prompt still gets its concept, and a first one's survives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.statistics import bootstrap, curves
from musicologist.statistics.distributions import normal, student_quantile

FEWEST_PAIRS = 4
"""With fewer pairs a bootstrap over them says nothing: no interval."""
SHARES = ("survives", "gets_in", "kept")


@dataclass(frozen=True)
class Effect:
    """One concept's decisions on the clips of its pairs, as sums by cluster of pairs; of several concepts their sum.

    ``leaves`` are clips whose first prompt has the concept and whose second has not, ``enters`` the other way round: of each
    what the switch left of the first prompt's decision (clusters, levels), and what lies between both prompts (clusters,).
    ``pairs`` (clusters,) counts the pairs, ``right`` those whose unswitched clips the probe puts in the right order.
    """

    leaves: tuple[np.ndarray, np.ndarray]
    enters: tuple[np.ndarray, np.ndarray]
    pairs: np.ndarray
    right: np.ndarray

    def __add__(self, other: "Effect") -> "Effect":
        """Of both concepts' clips together."""
        leaves, enters = (
            (mine[0] + yours[0], mine[1] + yours[1])
            for mine, yours in ((self.leaves, other.leaves), (self.enters, other.enters))
        )
        return Effect(leaves, enters, self.pairs + other.pairs, self.right + other.right)


def effect(
    stayed: np.ndarray, switched: np.ndarray, concepts: Sequence[str], clusters: Sequence[str], concept: str
) -> Effect:
    """The effect on one concept.

    ``stayed`` (clips,) are the probe's decisions on clips whose prompt stayed, ``switched`` (levels, clips) on those that began
    with that prompt and ended with the other of the pair: clips 2 n and 2 n + 1. ``concepts`` (clips,) is what sets each
    prompt apart, ``clusters`` (pairs,) which pairs are resampled together.
    """
    other = np.arange(len(stayed)) ^ 1
    asked = np.array([name == concept for name in concepts])
    names, places = np.unique([cluster for cluster in clusters for _ in range(2)], return_inverse=True)

    def side(begins: np.ndarray, sign: float) -> tuple[np.ndarray, np.ndarray]:
        left = np.zeros((len(names), len(switched)))
        np.add.at(left, places[begins], sign * (switched - stayed[other])[:, begins].T)
        return left, np.bincount(places[begins], sign * (stayed - stayed[other])[begins], minlength=len(names))

    leaves = asked & ~asked[other]
    return Effect(
        side(leaves, 1.0),
        side(~asked & asked[other], -1.0),
        np.bincount(places[leaves], minlength=len(names)),
        np.bincount(places[leaves], (stayed > stayed[other])[leaves], minlength=len(names)),
    )


def measured(found: Effect, sigmas: np.ndarray, resamples: int, seed: int) -> tuple[dict[str, float], list[dict]]:
    """What holds for the concept, and a row for each level, both with 95 % intervals over pairs.

    Shares are ratios of sums over clips: ``survives`` of the first prompt's concept after the switch, ``gets_in`` of the
    second's, ``kept`` of both together, 1 where the first prompt decides and 0 where the second does. ``sigma_switch`` is where
    the isotonic curve of ``kept`` passes a half, linear in log sigma: infinite where it is above that from the first level on,
    0 where it stays below. NaN where the probe does not tell the unswitched clips apart (the interval of the distance between
    them includes 0), and intervals with fewer than FEWEST_PAIRS.
    """
    there = found.pairs > 0
    pairs = int(there.sum())
    drawn = np.concatenate([np.ones((pairs, 1)), bootstrap.draws(pairs, resamples, seed)], axis=1).T
    (left, between), (entering, entered) = (
        [drawn @ part[there] for part in side] for side in (found.leaves, found.enters)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = {
            "survives": left / between[:, None],
            "gets_in": 1 - entering / entered[:, None],
            "kept": (left + entering) / (between + entered)[:, None],
        }
    told = np.percentile((between + entered)[1:], 2.5) > 0 if pairs >= FEWEST_PAIRS else (between + entered)[0] > 0
    switch = _crossing(sigmas, shares["kept"]) if told else np.full(len(drawn), np.nan)
    overall = {
        "pairs": pairs,
        "told_apart": float(found.right.sum() / found.pairs.sum()),
        **_described("sigma_switch", switch, pairs),
    }
    rows = [
        {key: value for name in SHARES for key, value in _described(name, shares[name][:, level], pairs).items()}
        for level in range(len(sigmas))
    ]
    return overall, rows


def _crossing(sigmas: np.ndarray, kept: np.ndarray) -> np.ndarray:
    rising = curves.isotonic(kept)
    found = np.exp(curves.crossing(np.log(sigmas), rising, np.full(len(rising), 0.5)))
    found = np.where(rising[:, 0] > 0.5, np.inf, found)
    return np.where(rising[:, -1] < 0.5, 0.0, np.where(np.isnan(rising[:, 0]), np.nan, found))


def _described(name: str, values: np.ndarray, pairs: int) -> dict[str, float]:
    """The measured value and its interval out of (1 + resamples,).

    The percentiles are spread for few pairs as a t interval is (Hesterberg 2015, The American Statistician 69: 371).
    """
    low = high = float("nan")
    if pairs >= FEWEST_PAIRS:
        spread = student_quantile(pairs - 1, 0.975) * np.sqrt(pairs / (pairs - 1))
        low, high = bootstrap.interval(values[1:], 2 * normal(spread) - 1)
    return {name: float(values[0]), f"{name}_low": low, f"{name}_high": high}


def rows(
    decisions: Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]],
    concepts: Sequence[str],
    clusters: Sequence[str],
    groups: Mapping[str, str],
    sigmas: Mapping[int, float],
    resamples: int,
    seed: int,
) -> list[dict[str, Any]]:
    """The long table: by (concept, classifier) a row for each level, and for each group of concepts as the concept ``all``.

    ``decisions`` are those of ``effect``, stayed and switched; ``groups`` name each concept's group; ``sigmas`` are by step.
    """
    steps = sorted(sigmas)
    levels = np.array([sigmas[step] for step in steps])
    effects = {
        place: effect(*decided, concepts, clusters, place[0])
        for place, decided in decisions.items()
        if place[0] in concepts
    }
    found: list[dict[str, Any]] = []
    for name, group, classifier, one in [
        *((concept, groups[concept], classifier, one) for (concept, classifier), one in effects.items()),
        *_together(effects, groups),
    ]:
        overall, by_level = measured(one, levels, resamples, seed)
        for step, sigma, row in zip(steps, levels, by_level, strict=True):
            place = {"step": step, "sigma": float(sigma), "log_snr_db": noise_levels.log_snr_db(float(sigma))}
            found.append({"concept": name, "group": group, "classifier": classifier, **place, **overall, **row})
    return found


def _together(
    effects: Mapping[tuple[str, str], Effect], groups: Mapping[str, str]
) -> Iterator[tuple[str, str, str, Effect]]:
    """The effects on all concepts of a group, by classifier."""
    for classifier in dict.fromkeys(classifier for _, classifier in effects):
        for group in dict.fromkeys(groups[concept] for concept, _ in effects):
            mine = [one for (concept, other), one in effects.items() if (groups[concept], other) == (group, classifier)]
            total = mine[0]
            for one in mine[1:]:
                total = total + one
            yield "all", group, classifier, total
