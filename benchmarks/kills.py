"""Kill -9 at random moments of every writing script of a small run, and of Snakemake itself: is anything left, or changed?

    python benchmarks/kills.py                                     # 2 kills of each script, 10 of Snakemake
    python benchmarks/kills.py --each 10 --of pack_notes embed_audio --snakemake 0

A line a script: kills that met it alive, how many of them while it had a temporary file, its seconds. Ends with 1 where a
product is half, missing or other than before, or a temporary file is left.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "scripts")]

from tests.support import kills
from tests.workflow.conftest import Checkout
from tests.workflow.products import differences


def main() -> int:
    """Print what was found; how many scripts did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=2, help="kills of each script")
    parser.add_argument("--of", nargs="*", default=[], help="rules; without it, all of a small run")
    parser.add_argument("--snakemake", type=int, default=10, help="kills of Snakemake itself")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    dice = random.Random(arguments.seed)
    totals, faults = {"kills": 0, "met": 0}, 0
    with tempfile.TemporaryDirectory() as scratch:
        whole = Checkout(Path(scratch) / "whole")
        whole.run()
        if arguments.snakemake:
            other = Checkout(Path(scratch) / "other")
            met = kills.kill_snakemake(other, arguments.snakemake, dice)
            unlike = differences(whole / "results/small", other / "results/small")
            left = kills.leftovers(other / "results")
            print(
                f"snakemake: {met} kills; products that differ: {unlike or 'none'}; left over: {left or 'none'}",
                flush=True,
            )
            totals["kills"] += met
            faults += bool(unlike or left)
        for name, job in kills.jobs(whole).items():
            if arguments.of and name not in arguments.of:
                continue
            try:
                found = kills.kill_script(whole, job, arguments.each, dice)
            except AssertionError as error:
                faults += 1
                print(f"{name}: FAILED, {error}", flush=True)
                continue
            print(
                f"{name}: {found['kills']} kills, {found['met']} met a temporary file, {found['seconds']:.1f} s",
                flush=True,
            )
            totals = {key: totals[key] + found[key] for key in totals}
    print(f"{totals['kills']} kills, {totals['met']} of scripts met a temporary file; {faults} faults.")
    return faults


if __name__ == "__main__":
    sys.exit(min(main(), 1))
