"""The figures that README and METHODS state about a finished run, one line each: python benchmarks/evidence.py results/demo

Mean curves, guidance (`signals.csv`), the noisy state against its null (with `controls.renoising`), switching (`snakemake
switching`), what is left of concepts without the aspects named beside them, and what another embedder and its own tags say.
Lines of what the run lacks are left out. All but the mean curves are of the first classifier.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from musicologist.core import parquet, results
from musicologist.emergence.tables import CONTROLS

LOST = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    run = parser.parse_args().run
    for folder in [run, *sorted(path for path in (run / "embedders").glob("*") if (path / "atlas.csv").is_file())]:
        print(*means(folder), sep="\n")
    for name, lines in (("signals.csv", signals), ("switching.csv", switching), ("atlas.csv", conditional)):
        if (run / name).is_file():
            print(*lines(run), sep="\n")
    if (run / "comparison/embedders.json").is_file():
        print(json.loads((run / "comparison/embedders.json").read_text(encoding="utf-8"))["summary"])
        print(*json.loads((run / "comparison/landmarks.json").read_text(encoding="utf-8"))["sentences"], sep="\n")
    for path in [run / "tags.json", *sorted((run / "embedders").glob("*/tags.json"))]:
        if path.is_file():
            print(*(row["sentence"] for row in denoised(path)), sep="\n")


def denoised(path: Path) -> list[dict]:
    """What tags say of the finished clips, of the denoised signal where there is one."""
    rows = json.loads(path.read_text(encoding="utf-8"))["curves"]
    found = [row for row in rows if row["signal"] == "denoised"]
    return found or [row for row in rows if row["signal"] == "noisy"]


def means(folder: Path) -> list[str]:
    """The mean ROC-AUC of concepts and classifiers at each level, by signal, of one embedder's products."""
    rows = results.read(folder / "atlas.csv")
    found: dict[str, dict[int, list[float]]] = {}
    for row in rows:
        found.setdefault(row["signal"], {}).setdefault(row["step"], []).append(row["roc_auc"])
    count = len({row["concept"] for row in rows})
    return [
        f"mean ROC-AUC of {count} concepts, {folder.name}, {signal}, by step: "
        + ", ".join(f"{sum(values) / len(values):.3f}" for values in by_step.values())
        for signal, by_step in found.items()
    ]


def signals(run: Path) -> list[str]:
    """The mean difference of ROC-AUC over concepts at each level, with its interval over prompts."""
    rows = [row for row in results.read(run / "signals.csv") if row["concept"] == "all"]
    chosen = [row for row in rows if row["classifier"] == rows[0]["classifier"]]
    return [
        f"{first} - {second}, {chosen[0]['classifier']}, by sigma: "
        + ", ".join(
            f"{_difference(row)} at {row['sigma']:.3g}"
            for row in chosen
            if (row["first"], row["second"]) == (first, second)
        )
        for first, second in dict.fromkeys((row["first"], row["second"]) for row in chosen)
    ]


def _difference(row: dict) -> str:
    """A difference with its interval; where no guidance is given the two estimates are one."""
    if row["difference"] == 0 and row["difference_low"] != row["difference_low"]:
        return "none"
    return f"{row['difference']:+.3f} [{row['difference_low']:+.3f}, {row['difference_high']:+.3f}]"


def switching(run: Path) -> list[str]:
    """Up to which noise level another prompt still gets its concept in, by group of concepts."""
    rows = [row for row in results.read(run / "switching.csv") if row["concept"] == "all"]
    found = {}
    for row in rows:
        if row["classifier"] == rows[0]["classifier"]:
            shares = found.setdefault(row["group"], (row, []))[1]
            shares.append(f"{row['survives']:.2f}")
    return [
        f"sigma_switch of {group}, {row['classifier']}: {row['sigma_switch']:.3g} [{row['sigma_switch_low']:.3g}, "
        f"{row['sigma_switch_high']:.3g}], {row['pairs']} pairs; the first prompt's concept survives in {', '.join(shares)} "
        "(first level to last)"
        for group, (row, shares) in found.items()
    ]


def conditional(run: Path) -> list[str]:
    """The concepts whose ROC-AUC falls most at the last level when the other named aspects are taken out."""
    atlas = results.read(run / "atlas.csv")
    signal = "denoised" if any(row["signal"] == "denoised" for row in atlas) else atlas[0]["signal"]
    last = {
        row["concept"]: row  # levels stand in order
        for row in atlas
        if (row["classifier"], row["signal"]) == (atlas[0]["classifier"], signal)
    }
    lost = []
    for concept, mine in last.items():
        folder = run / "concepts" / concept
        told = json.loads((folder / "controls.json").read_text(encoding="utf-8"))["explained_by_other_aspects"]
        for row in parquet.read(folder / "controls.parquet", CONTROLS).to_pylist():
            place = row["control"], row["classifier"], row["signal"], row["step"]
            if place == ("conditional", mine["classifier"], signal, mine["step"]):
                words = (
                    f"{concept.removeprefix('is_')} {mine['roc_auc']:.2f} to {row['roc_auc']:.2f} "
                    f"[{row['roc_auc_low']:.2f}, {row['roc_auc_high']:.2f}], label told by the others to {told or 0:.2f}"
                )
                lost.append((row["roc_auc"] - mine["roc_auc"], words))
    worst = [words for _, words in sorted(lost)[:LOST]]
    return [f"without the other named aspects ({signal}, last level): {'; '.join(worst)}"] if worst else []


if __name__ == "__main__":
    main()
