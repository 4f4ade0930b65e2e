"""Plan an experiment from a pilot: which concepts it will be able to speak of.

    python benchmarks/power.py --pilot results/demo --prompts 1000 --samples 7

For each concept, by the pilot's prevalence and intraclass correlation: how many prompts will ask for it, the smallest final
ROC-AUC that is found in 80 % of such experiments, and by which factor the noise level of half of the excess can be off (95 %)
for a rise to the pilot's own final ROC-AUC. Beside it the same number of clips on more prompts, two of each: clips of a prompt
repeat one another. Significance is that of the atlas: over the levels as in the pilot, over concepts as where half of them are
found. No simulation; tests hold it against some.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import numpy as np
from musicologist.core import parquet, results
from musicologist.core.errors import UserError
from musicologist.prompts.tables import PROMPTS
from musicologist.statistics import power
from musicologist.statistics.power import Plan

ALPHA = 0.05 / 2
"""Benjamini and Hochberg's threshold where half of the concepts are found."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pilot", type=Path, required=True, help="results of a finished run")
    parser.add_argument("--prompts", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True, help="clips of each prompt")
    parser.add_argument("--signal", default="noisy")
    parser.add_argument("--width", type=float, default=0.5, help="of a rise, in natural logarithms of sigma")
    arguments = parser.parse_args()
    try:
        found = planned(arguments.pilot, arguments.signal, arguments.prompts, arguments.samples, arguments.width)
    except UserError as error:
        sys.exit(str(error))
    more = arguments.prompts * arguments.samples // 2
    print(f"{arguments.prompts} prompts x {arguments.samples} clips; in brackets {more} prompts x 2 clips")
    heads = {
        "concept": -18,
        "prompts with it": 16,
        "icc": 5,
        "smallest AUC found": 19,
        "AUC of pilot": 13,
        "sigma off by": 16,
    }
    print(" ".join(f"{head:{'<' if width < 0 else '>'}{abs(width)}}" for head, width in heads.items()))
    for row in found:
        print(
            f"{row['concept']:18} {row['positives']:6.0f} [{row['positives_more']:6.0f}] {row['icc']:6.2f} "
            f"{row['smallest']:10.3f} [{row['smallest_more']:.3f}] {row['pilot_auc']:13.2f} "
            f"{row['factor']:8.2f} [{row['factor_more']:.2f}]"
        )


def planned(pilot: Path, signal: str, prompts: int, samples: int, width: float) -> list[dict]:
    """A row for each concept of the pilot, the rarest first.

    Raises UserError where the pilot is not finished, has no such signal, or one clip a prompt, which tells no correlation.
    """
    rows = [row for row in results.read(pilot / "atlas.csv") if row["signal"] == signal]
    if not rows:
        raise UserError(f"{pilot}/atlas.csv has no signal {signal}: name one of its signals with --signal.")
    total = parquet.read(pilot / "prompts/prompts.parquet", PROMPTS, ["prompt_id"]).num_rows
    last = max(row["step"] for row in rows)
    ends: dict[str, list[dict]] = {}
    for row in rows:
        if row["step"] == last:
            ends.setdefault(row["concept"], []).append(row)
    found = []
    for concept, mine in ends.items():
        icc = float(np.clip(np.mean([row["icc"] for row in mine]), 0, 0.99))
        if np.isnan(icc):
            if mine[0]["n_pos"] == mine[0]["n_pos_prompts"]:
                raise UserError(
                    f"{pilot} has one clip a prompt, which tells no correlation: give a pilot with two or more."
                )
            continue  # too few prompts in the pilot to say anything
        sides = [mine[0][name] for name in ("n_pos_prompts", "n_neg_prompts")]
        here = Plan(*sides, mine[0]["n_pos"] // sides[0], icc)
        looks = power.looks(here, float(np.mean([row["critical_auc"] for row in mine])))
        auc = float(np.mean([row["roc_auc"] for row in mine]))
        row = {"concept": concept, "icc": icc, "pilot_auc": auc}
        for name, (count, clips) in {"": (prompts, samples), "_more": (prompts * samples // 2, 2)}.items():
            plan = Plan(*(side * count / total for side in sides), clips, icc)
            row[f"positives{name}"] = plan.positives
            row[f"smallest{name}"] = power.smallest(plan, looks, ALPHA)
            row[f"factor{name}"] = power.half_excess_factor(plan, auc, width) if auc > 0.5 else float("nan")
        found.append(row)
    return sorted(found, key=lambda row: row["positives"])


if __name__ == "__main__":
    main()
