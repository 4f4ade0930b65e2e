"""How much the labels of several concepts share: which are asked for together, and how many independent ones they amount to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core import parquet
from musicologist.emergence.tables import SCORES

COLUMNS = ("first", "second", "both", "first_only", "second_only", "phi")


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


def rows(labels: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
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
