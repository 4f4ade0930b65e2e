"""The order of concepts: which comes before which, how sure that is, and whether two probes agree on it.

``times`` are (resamples, concepts): log sigma of a landmark, resampled jointly, so that concepts are compared on the same
prompts. A larger log sigma is earlier. NaN are resamples in which a concept has no landmark.
"""

import numpy as np


def precedence(times: np.ndarray) -> np.ndarray:
    """P(row's concept before column's) (concepts, concepts) over the resamples, ties as a half; NaN on the diagonal."""
    concepts = times.shape[1]
    found = np.full((concepts, concepts), np.nan)
    for one in range(concepts):
        mine = times[:, [one]]
        known = ~np.isnan(mine) & ~np.isnan(times)
        share = ((mine > times).sum(0) + 0.5 * (mine == times).sum(0)) / np.maximum(known.sum(0), 1)
        found[one] = np.where(known.any(0), share, np.nan)
    np.fill_diagonal(found, np.nan)
    return found


def ranks(times: np.ndarray) -> np.ndarray:
    """Ranks from 1, the earliest, in each resample (resamples, concepts); equal times share their mean rank, NaN stays NaN."""
    earlier = (times[:, :, None] < times[:, None, :]).sum(2)
    equal = (times[:, :, None] == times[:, None, :]).sum(2)
    return np.where(np.isnan(times), np.nan, 1 + earlier + (equal - 1) / 2)


def kendall_tau_b(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Kendall's tau-b (resamples,) between the rows of two (resamples, concepts) arrays (Kendall 1945).

    Concepts that are NaN on either side are left out; NaN where fewer than two are left or one side is all ties.
    """
    one, two = np.triu_indices(first.shape[1], 1)
    known = ~np.logical_or.reduce([np.isnan(side[:, pair]) for side in (first, second) for pair in (one, two)])
    a, b = (
        np.where(known, (side[:, one] > side[:, two]).astype(int) - (side[:, one] < side[:, two]), 0)
        for side in (first, second)
    )
    scale = np.sqrt((a != 0).sum(1) * (b != 0).sum(1))
    return np.divide((a * b).sum(1), scale, out=np.full(len(first), np.nan), where=scale > 0)
