"""Several annotations of one prompt: their majority, and how far passes agree beyond chance."""

from collections.abc import Iterable, Sequence

from musicologist.prompts.tables import Annotation
from musicologist.statistics import agreement
from musicologist.vocabulary.aspects import ASPECTS


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


def table(passes: Sequence[Sequence[Sequence[str]]], resamples: int, seed: int) -> list[dict[str, object]]:
    """A row for each aspect out of ``passes[number][prompt]``, the aspects of each prompt: counts and kappa with its interval.

    The interval is the 95 % percentile interval of a bootstrap that draws prompts; resamples without a kappa do not count.
    """
    import numpy as np

    from musicologist.statistics import bootstrap

    rng = np.random.default_rng(seed)
    prompts = len(passes[0])
    drawn = rng.multinomial(prompts, np.full(prompts, 1 / prompts), size=resamples)
    weights = np.vstack([np.ones(prompts), drawn])
    rows: list[dict[str, object]] = []
    for aspect in ASPECTS:
        votes = np.array([[aspect in found for found in one_pass] for one_pass in passes], float).T
        value, *resampled = agreement.kappa(votes, weights)
        low, high = bootstrap.interval(np.array(resampled))
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
