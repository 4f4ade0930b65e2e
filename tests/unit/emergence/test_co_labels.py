"""What the labels of several concepts share."""

import numpy as np
import pytest
from musicologist.emergence import co_labels


def test_labels_of_concepts_that_go_together_amount_to_fewer():
    half = np.arange(40) % 2
    quarter = np.arange(40) // 2 % 2
    labels = {"a": half, "b": quarter, "c": np.where(half, 1, -1), "never": np.zeros(40, int)}
    assert co_labels.effective_number({name: labels[name] for name in ("a", "b")}) == pytest.approx(2)
    assert co_labels.effective_number({name: labels[name] for name in ("a", "c")}) == pytest.approx(1)
    assert co_labels.effective_number(labels) == pytest.approx(9 / 5)
    assert np.isnan(co_labels.effective_number({"never": labels["never"]}))
    rows = {(row["first"], row["second"]): row for row in co_labels.rows(labels)}
    assert len(rows) == 6
    counts = {"both": 10, "first_only": 10, "second_only": 10}
    assert rows["a", "b"] == {"first": "a", "second": "b", **counts, "phi": pytest.approx(0)}
    assert rows["a", "c"]["phi"] == pytest.approx(1)
    assert np.isnan(rows["a", "never"]["phi"])
