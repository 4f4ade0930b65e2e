"""What else is named where a concept is: its curve without the other aspects, and against near prompts too."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from musicologist.concepts.definitions import Concept
from musicologist.emergence.controls import CurveKey
from musicologist.emergence.scored_clips import FEWEST, ScoredClips
from musicologist.statistics import nulls

PROMPTS_PER_ASPECT = 2
"""Prompts with a side for each aspect that is taken out, at least: with fewer, too little of a curve is left to judge."""

Aspects = Mapping[int, Collection[str]]
"""The aspects that each prompt names, by prompt id."""


def others(concept: Concept, scored: ScoredClips, aspects: Aspects) -> np.ndarray:
    """Which of the aspects that are not the concept's own each prompt names: (prompts, aspects) of 0 and 1.

    Aspects count that some of the prompts with a side name and some do not, FEWEST at least. An aspect near the concept is
    another one, too: prompts that ask for both are among the positives.
    """
    named = [set(aspects[int(number)]) - set(concept.positive_aspects) for number in scored.prompt_ids]
    columns = [[float(aspect in mine) for mine in named] for aspect in sorted(set().union(*named))]
    found = np.array(columns).reshape(-1, len(named)).T
    sided = found[scored.labels >= 0]
    return found[:, (sided.sum(0) >= FEWEST) & ((1 - sided).sum(0) >= FEWEST)]


def conditional(
    concept: Concept, scores: Mapping[str, Mapping[str, ScoredClips]], aspects: Aspects
) -> dict[CurveKey, np.ndarray]:
    """Decisions (levels, clips) of each probe with the other named aspects taken out.

    None where there are fewer than PROMPTS_PER_ASPECT prompts for each aspect. Clips whose prompt takes no side keep theirs.
    """
    found = {}
    for classifier, scored in scores.items():
        for signal, mine in scored.items():
            named = others(concept, mine, aspects)
            if not named.shape[1] or (mine.labels >= 0).sum() < PROMPTS_PER_ASPECT * (1 + named.shape[1]):
                continue
            decision = mine.decision.copy()
            decision[:, mine.known] = nulls.conditional(mine.decision[:, mine.known], named[mine.prompts[mine.known]])
            found["conditional", classifier, signal] = decision
    return found


def explained(concept: Concept, scored: ScoredClips, aspects: Aspects) -> float:
    """How much of the label the other named aspects tell, R squared over the prompts with a side: 1 cannot be told apart."""
    sided = scored.labels >= 0
    label, named = scored.labels[sided].astype(float), others(concept, scored, aspects)[sided]
    total = ((label - label.mean()) ** 2).sum() if len(label) else 0.0
    return float(1 - (nulls.conditional(label[None], named) ** 2).sum() / total) if total else float("nan")


def near(scores: Mapping[str, Mapping[str, ScoredClips]]) -> dict[CurveKey, np.ndarray]:
    """Each probe's own decisions (levels, clips), to be judged ``with_near_prompts``."""
    return {("near", name, signal): mine.decision for name, scored in scores.items() for signal, mine in scored.items()}


def with_near_prompts(scored: Mapping[str, ScoredClips]) -> dict[str, ScoredClips]:
    """The clips with near prompts among the negatives: a harder comparison, against the same prompts for every concept."""
    return {signal: replace(mine, labels=(mine.labels == 1).astype(int)) for signal, mine in scored.items()}
