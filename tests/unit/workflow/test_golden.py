import csv
import io

import pytest
from musicologist.core import results_writing

from tests.workflow import golden

MADE = {path.name: path.read_text(encoding="utf-8") for path in golden.GOLDEN.iterdir()}


def changed(column, change, row=-1, table="atlas.csv"):
    """The golden tables with one value of a table changed."""
    rows = list(csv.DictReader(io.StringIO(MADE[table])))
    rows[row][column] = change(rows[row][column])
    return {**MADE, table: results_writing.as_csv(rows)}


def test_the_golden_tables_are_near_themselves():
    assert golden.differences(MADE) == []


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("roc_auc", lambda text: str(float(text) - 0.04)),
        ("linear_auc", lambda text: "nan"),
        ("sigma", lambda text: str(float(text) * 1.02)),
        ("n_pos", lambda text: str(int(text) + 1)),
        ("answer", lambda text: "emerged" if text != "emerged" else "not emerged"),
    ],
)
def test_a_change_that_matters_is_named(column, change):
    (found,) = golden.differences(changed(column, change))
    assert found.startswith(f"atlas.csv, /35/{column}: ")


def test_a_clip_that_a_probe_hears_otherwise_is_named():
    (found,) = golden.differences(changed("decision", lambda text: str(float(text) + 0.03), table="decisions.csv"))
    assert found.startswith("decisions.csv, ")


def test_the_last_digits_do_not_matter():
    assert golden.differences(changed("roc_auc", lambda text: str(float(text) + 0.001))) == []
    assert golden.differences(changed("sigma", lambda text: str(float(text) * 1.001))) == []


def test_a_table_that_is_missing_is_named():
    assert golden.differences({name: MADE[name] for name in MADE if name != "order.json"}) == [
        "order.json is on one side only"
    ]
