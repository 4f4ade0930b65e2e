"""What else is named where a concept is: its curve without the other aspects, and how much the concepts' labels share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.concepts.definitions import Concept
from musicologist.core import parquet
from musicologist.emergence.controls import CurveKey
from musicologist.emergence.scored_clips import FEWEST, ScoredClips
from musicologist.emergence.tables import SCORES
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


CO_LABELS = ("first", "second", "both", "first_only", "second_only", "phi")


def labels(path: str | Path) -> np.ndarray:
    """By prompt in the order of their ids (prompts,): 1 where a table of the schema ``scores`` has it ask for the concept.

    Else 0 or -1, as it stands there.
    """
    table = parquet.read(path, SCORES, ["prompt_id", "prompt_label"])
    ids, label = table["prompt_id"].to_numpy(), table["prompt_label"].fill_null(-1).to_numpy()
    place = np.unique(ids, return_inverse=True)[1]
    found = np.full(place.max() + 1, -1)
    np.maximum.at(found, place, label)
    return found


def co_labels(labels: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Rows for each pair of concepts: prompts that ask for both, for one of them, and phi, the correlation of the two labels.

    ``labels`` are (prompts,) by concept, 1 where the prompt asks for it, of the same prompts. phi is NaN for a constant label.
    """
    names = list(labels)
    asked = {name: labels[name] == 1 for name in names}
    phi = _phi([asked[name] for name in names])
    return [
        {
            "first": first,
            "second": second,
            "both": int((asked[first] & asked[second]).sum()),
            "first_only": int((asked[first] & ~asked[second]).sum()),
            "second_only": int((asked[second] & ~asked[first]).sum()),
            "phi": float(phi[i, i + 1 + j]),
        }
        for i, first in enumerate(names)
        for j, second in enumerate(names[i + 1 :])
    ]


def effective_number(labels: Mapping[str, np.ndarray]) -> float:
    """How many uncorrelated concepts these labels amount to: the participation ratio of their correlation matrix.

    (sum of its eigenvalues) squared over the sum of their squares (as in Gao et al. 2017, bioRxiv 214262). Constant labels do
    not count; NaN without any other.
    """
    varying = [mine for values in labels.values() if 0 < (mine := values == 1).sum() < len(mine)]
    if not varying:
        return float("nan")
    eigenvalues = np.linalg.eigvalsh(_phi(varying))
    return float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())


def _phi(asked: Sequence[np.ndarray]) -> np.ndarray:
    values = np.stack(asked).astype(float)
    centred = values - values.mean(1, keepdims=True)
    spread = np.sqrt((centred**2).sum(1))
    scaled = centred / np.where(spread > 0, spread, np.nan)[:, None]
    return np.atleast_2d(scaled @ scaled.T)
