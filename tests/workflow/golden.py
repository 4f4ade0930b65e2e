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
ORDER = "order.json"

ABSOLUTE = 0.005
"""Areas, shares, correlations and p values; one pair of the small run's clips that changes places moves an area by 0.01."""
TIED = 0.03
"""P values of a level against random concepts. Areas of 22 clips lie on a coarse grid: 14 of the 500 random concepts share one
value, and two levels' largest scores differ by 0.0004, so that one random concept that moves takes 14 / 501 with it."""
RELATIVE = 0.01
"""Noise levels, design effects and all else that is no share, by the ends of the column's name."""
_DIGITS = re.compile(r"\d+(\.\d+)?")
BY_RATIO = ("sigma", "sigma_low", "sigma_high", "log_snr_db", "design_effect", "ap_over_prevalence")


def texts(run: Path) -> dict[str, str]:
    """The golden files by name, of a finished run."""
    found = {name.removesuffix(".parquet").removesuffix(".csv").replace("/", ".") + ".csv": name for name in TABLES}
    made = {file: _csv(run / name) for file, name in found.items()}
    order = json.loads((run / ORDER).read_text(encoding="utf-8"))
    return {**made, ORDER: json.dumps(order, indent=1) + "\n"}


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
    if column.endswith(BY_RATIO):
        return math.isclose(first, second, rel_tol=RELATIVE)
    return abs(first - second) <= (TIED if column == "p_random_level" else ABSOLUTE)


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, text in texts(Path(sys.argv[1])).items():
        (GOLDEN / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
