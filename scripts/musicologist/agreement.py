"""Several annotations of one prompt: their majority, and how far passes agree beyond chance."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from musicologist.annotations import Annotation
from musicologist.vocabulary import ASPECTS

if TYPE_CHECKING:
    import numpy as np


def majority(annotations: Sequence[Annotation]) -> Annotation:
    """What more than half of the annotations say: aspects, raw tags (in the order of their first use) and tempo, or none."""

    def agreed(values: Iterable[Sequence]) -> list:
        lists = [list(dict.fromkeys(found)) for found in values]
        distinct = dict.fromkeys(value for found in lists for value in found)
        return [value for value in distinct if sum(value in found for found in lists) * 2 > len(lists)]

    aspects = set(agreed(annotation.aspects for annotation in annotations))
    tempi = agreed([annotation.bpm] for annotation in annotations)
    return Annotation(
        tuple(aspect for aspect in ASPECTS if aspect in aspects),
        tuple(agreed(annotation.raw for annotation in annotations)),
        tempi[0] if tempi else None,
    )


def kappa(votes: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
    """Agreement beyond chance (rows of weights,) of votes (prompts, passes) of 0 and 1, under weights (rows, prompts).

    Cohen's kappa (1960) for two passes, Fleiss' kappa (1971) for more; NaN where all votes are alike, so that chance explains
    any agreement.
    """
    import numpy as np

    total, passes = weights.sum(1), votes.shape[1]
    yes = votes.sum(1)
    if passes == 2:
        shares = (weights @ votes) / total[:, None]
        expected = shares.prod(1) + (1 - shares).prod(1)
    else:
        share = (weights @ yes) / (total * passes)
        expected = share**2 + (1 - share) ** 2
    pairs_alike = (yes * (yes - 1) + (passes - yes) * (passes - yes - 1)) / (passes * (passes - 1))
    observed = (weights @ pairs_alike) / total
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)


def table(passes: Sequence[Sequence[Sequence[str]]], resamples: int, seed: int) -> list[dict[str, object]]:
    """A row for each aspect out of ``passes[number][prompt]``, the aspects of each prompt: counts and kappa with its interval.

    The interval is the 95 % percentile interval of a bootstrap that draws prompts; resamples without a kappa do not count.
    """
    import numpy as np

    from musicologist import resampling

    rng = np.random.default_rng(seed)
    prompts = len(passes[0])
    drawn = rng.multinomial(prompts, np.full(prompts, 1 / prompts), size=resamples)
    weights = np.vstack([np.ones(prompts), drawn])
    rows = []
    for aspect in ASPECTS:
        votes = np.array([[aspect in found for found in one_pass] for one_pass in passes], float).T
        value, *resampled = kappa(votes, weights)
        low, high = resampling.interval(np.array(resampled))
        rows.append(
            {
                "aspect": aspect,
                "statistic": "Cohen's kappa" if len(passes) == 2 else "Fleiss' kappa",
                "passes": len(passes),
                "n_prompts": prompts,
                "n_majority": int((votes.mean(1) > 0.5).sum()),
                "n_any": int(votes.any(1).sum()),
                "n_all": int(votes.all(1).sum()),
                "kappa": float(value),
                "kappa_low": float(low),
                "kappa_high": float(high),
            }
        )
    return rows
