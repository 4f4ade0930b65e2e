"""Golden numbers: the tables of the small run as they were when somebody last looked at them, and how near a run must come.

    snakemake --configfile tests/workflow/small.yaml --cores all
    python tests/workflow/golden.py results/small

writes those of a finished run into tests/workflow/golden/. Look at the difference before you commit it: it is what your change,
or another version of a library, does to the results.
"""

import csv
import io
import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))  # where this file is run as a program

from musicologist.core import results_writing

GOLDEN = Path(__file__).with_name("golden")
TABLES = (
    "atlas.csv",
    *(f"concepts/{concept}/emergence.csv" for concept in ("is_brass", "is_warm")),
    *(f"concepts/{concept}/controls.parquet" for concept in ("is_brass", "is_warm")),
)
SCORES = tuple(f"concepts/{c}/scores_{k}.parquet" for c in ("is_brass", "is_warm") for k in ("logistic", "svm"))
DECISIONS = ("concept", "classifier", "signal", "step", "prompt_id", "sample", "decision")
ORDER = "order.json"

DECISION = 0.02
"""What a probe says of a clip. With the instructions of another processor it moves by up to 0.01, of a spread of 0.26 to 0.59:
with ``ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 OPENBLAS_CORETYPE=Nehalem`` before the command above. An unwanted
change shows here first; all below follows from it, on a coarse grid."""
ABSOLUTE = 0.03
"""Areas, shares and correlations: one pair of a concept's 2 x 19 clips that changes places moves an area by 1 / 38."""
CHANCE = 0.06
"""P values: those of two neighbours on that grid differ by as much."""
RELATIVE = 0.01
"""Noise levels and design effects, by the ends of the column's name."""
_DIGITS = re.compile(r"\d+(\.\d+)?")
BY_RATIO = ("sigma", "sigma_low", "sigma_high", "log_snr_db", "design_effect")


def texts(run: Path) -> dict[str, str]:
    """The golden files by name, of a finished run."""
    found = {name.removesuffix(".parquet").removesuffix(".csv").replace("/", ".") + ".csv": name for name in TABLES}
    made = {file: _csv(run / name) for file, name in found.items()}
    order = json.loads((run / ORDER).read_text(encoding="utf-8"))
    decisions = [row for name in SCORES for row in pq.read_table(run / name, columns=list(DECISIONS)).to_pylist()]
    return {**made, "decisions.csv": results_writing.as_csv(decisions), ORDER: json.dumps(order, indent=1) + "\n"}


def _csv(path: Path) -> str:
    """A table as CSV, numbers with six significant digits; a table that is CSV as it is."""
    if path.suffix == ".csv":
        return path.read_text(encoding="utf-8")
    return results_writing.as_csv(pq.read_table(path).to_pylist())


def differences(made: Mapping[str, str]) -> list[str]:
    """What the texts of a run have otherwise than the golden files, a line for each value."""
    golden = {path.name: path.read_text(encoding="utf-8") for path in sorted(GOLDEN.iterdir())}
    found = [f"{name} is on one side only" for name in sorted(set(made) ^ set(golden))]
    for name in sorted(set(made) & set(golden)):
        parse = json.loads if name == ORDER else lambda text: list(csv.DictReader(io.StringIO(text)))
        before, now = (dict(_leaves(parse(text))) for text in (golden[name], made[name]))
        for place in sorted(set(before) | set(now)):
            if not near(place.rsplit("/", 1)[-1], before.get(place), now.get(place)):
                found.append(f"{name}, {place}: {before.get(place)} before, {now.get(place)} now")
    return found


def _leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Every number and text of a nested value with its place in it."""
    if isinstance(value, Mapping | list):
        for name, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _leaves(item, f"{place}/{name}")
    else:
        yield place, value


def near(column: str, before: object, now: object) -> bool:
    """Whether two values of a column are the same within its tolerance; whole numbers, texts and NaN must be equal.

    The numbers in the words of a warning do not count: the columns have them.
    """
    if before == now or (column == "warning" and _DIGITS.sub("#", str(before)) == _DIGITS.sub("#", str(now))):
        return True
    try:
        first, second = float(str(before)), float(str(now))
    except ValueError:
        return False
    if not math.isfinite(first) or not math.isfinite(second) or column.startswith(("n_", "step")):
        return False
    if column.startswith("ap_over_prevalence"):
        return math.isclose(first, second, rel_tol=CHANCE)
    if column.endswith(BY_RATIO):
        return math.isclose(first, second, rel_tol=RELATIVE)
    allowed = DECISION if column == "decision" else CHANCE if column.startswith(("p_", "q_")) else ABSOLUTE
    return abs(first - second) <= allowed


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, text in texts(Path(sys.argv[1])).items():
        (GOLDEN / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
