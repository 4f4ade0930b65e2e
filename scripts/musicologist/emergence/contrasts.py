"""Two signals of the same clips against each other: how much better a concept is told in one than in the other."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from musicologist.emergence import scored_clips
from musicologist.emergence.scored_clips import FEWEST, ScoredClips
from musicologist.statistics import auc, paired

PAIRS = (("denoised", "unguided"), ("noisy", "renoised"))
"""What guidance does to the estimate; what the noisy state tells beyond its null."""

IN_MEAN = 5
"""Prompts that a concept needs on each side to count in the mean over concepts."""

Scores = Mapping[tuple[str, str], Mapping[str, ScoredClips]]
"""Scored clips by (concept, classifier) and signal."""


def rows(scores: Scores) -> list[dict[str, Any]]:
    """The long table: for each concept, classifier, pair of signals and level both areas and their difference, with interval.

    The concept ``all`` is the mean over those with IN_MEAN prompts on each side, its interval over prompts: the concepts share
    their prompts, and so their errors. ``concepts`` counts them, and its counts of prompts are the smallest of theirs.
    """
    found: list[dict[str, Any]] = []
    for pair in PAIRS:
        for classifier in dict.fromkeys(classifier for _, classifier in scores):
            mine = {
                concept: (signals[pair[0]], signals[pair[1]])
                for (concept, other), signals in scores.items()
                if other == classifier and set(pair) <= set(signals)
            }
            if mine:
                found += _of_pair(mine, {"classifier": classifier, "first": pair[0], "second": pair[1]})
    return found


def _of_pair(mine: Mapping[str, tuple[ScoredClips, ScoredClips]], named: Mapping[str, str]) -> list[dict[str, Any]]:
    found = []
    one = next(iter(mine.values()))[0]
    ids = np.unique(np.concatenate([first.prompt_ids for first, _ in mine.values()]))
    for level in range(len(one.step)):
        usable: list[tuple[paired.Difference, float, float]] = []
        smallest: list[dict[str, int]] = []
        for concept, (first, second) in mine.items():
            known = first.known
            labels, prompts = first.clip_labels[known], first.clip_prompt_ids[known]
            counts = {name: n for name, n in scored_clips.counts(labels, prompts).items() if name.endswith("_prompts")}
            fewest = min(counts.values())
            if fewest < FEWEST:
                continue
            mine_first, mine_second = (clips.decision[level][known] for clips in (first, second))
            measured = paired.difference(mine_first, mine_second, labels, np.searchsorted(ids, prompts), len(ids))
            areas = auc.area(mine_first, labels), auc.area(mine_second, labels)
            found.append({"concept": concept, **named, **one.place(level), **counts, **_described(measured, *areas)})
            if fewest >= IN_MEAN:
                usable.append((measured, *areas))
                smallest.append(counts)
        if usable:
            counts = {name: min(one[name] for one in smallest) for name in smallest[0]}
            first_mean, second_mean = (
                float(np.mean(side)) for side in ([u[1] for u in usable], [u[2] for u in usable])
            )
            overall = _described(paired.mean([measured for measured, *_ in usable]), first_mean, second_mean)
            found.append({"concept": "all", **named, **one.place(level), **counts, **overall, "concepts": len(usable)})
    return found


def _described(measured: paired.Difference, first: float, second: float) -> dict[str, Any]:
    low, high = paired.interval(measured)
    return {
        "first_auc": first,
        "second_auc": second,
        "difference": measured.value,
        "difference_low": low,
        "difference_high": high,
        "concepts": 1,
    }
