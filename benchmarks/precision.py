"""What half precision changes: one small run in float32 and one in another precision, on the bundled models, compared.

    python benchmarks/precision.py                        # bfloat16, some four minutes on one idle core
    python benchmarks/precision.py --precision float16

Both runs generate, hear and learn everything themselves, from the same prompts, seeds and notes. Compared are the embeddings of
the same clips, and the AUC of each concept's probe, paired by prompt (``statistics.paired``).
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.core import parquet
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
from musicologist.emergence.tables import SCORES
from musicologist.models.devices import PRECISIONS
from musicologist.statistics import auc, paired

CONCEPTS = [
    f"is_{name}" for name in ("brass", "flute", "mallet", "string", "vocal", "percussion", "electronic", "warm")
]

ENOUGH = 5  # prompts on each side


def main() -> None:
    """Print two tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", choices=PRECISIONS[1:], default="bfloat16")
    parser.add_argument("--prompts", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="to work in, and to leave both runs in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        full, other = (run(folder, precision, arguments.prompts) for precision in ("float32", arguments.precision))
        print("| sigma | signal | cosine of a clip's two embeddings, median | least | with another clip's, median |")
        print("| --: | --- | --: | --: | --: |")
        for level in sorted((full / "embeddings").glob("*/step_*.parquet")):
            print_cosines(level, other / level.relative_to(full))
        print(f"\n| sigma | signal | AUC in float32 | in {arguments.precision} | difference | 95 % interval |")
        print("| --: | --- | --: | --: | --: | --- |")
        print_differences(full, other, arguments.prompts)


def run(folder: Path, precision: str, prompts: int) -> Path:
    """The results of ``config/quick.yaml`` with more prompts and concepts, in this precision, as far as scores."""
    config = yaml.safe_load((ROOT / "config/quick.yaml").read_text(encoding="utf-8"))
    config |= {"run": precision, "concepts": CONCEPTS, "device": "auto"}
    config["models"]["precision"] = precision
    config["prompts"]["count"] = prompts
    config["audio"]["prompts_per_shard"] = prompts
    path = folder / f"{precision}.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    results = Path("results") / precision
    targets = [f"{results}/concepts/{concept}/scores_logistic.parquet" for concept in CONCEPTS]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    done = subprocess.run([*command, "--cores", "1", "--configfile", str(path), "--", *targets])
    if done.returncode:
        sys.exit(f"The run in {precision} failed.")
    return folder / results


def print_cosines(first: Path, second: Path) -> None:
    """A row: how near each clip's embedding is to itself in the other precision, beside how near to another clip's."""
    a, b = (parquet.read(path, AUDIO_EMBEDDINGS) for path in (first, second))
    assert a.select(["prompt_id", "sample"]).equals(b.select(["prompt_id", "sample"])), "both runs have the same clips"
    mine, theirs = (tables.embeddings(table["embedding"]) for table in (a, b))
    same, others = (mine * theirs).sum(1), (mine * np.roll(mine, len(mine) // 2, axis=0)).sum(1)
    level = f"{a['sigma'][0].as_py():.3g} | {a['signal'][0].as_py()}"
    print(f"| {level} | {np.median(same):.4f} | {same.min():.4f} | {np.median(others):.2f} |")


def print_differences(full: Path, other: Path, prompts: int) -> None:
    """A row a level: the mean AUC of the concepts in both runs, and their paired difference."""
    found: dict[tuple[float, str], list[tuple[float, float, paired.Difference]]] = {}
    for concept in CONCEPTS:
        a, b = (parquet.read(run / f"concepts/{concept}/scores_logistic.parquet", SCORES) for run in (full, other))
        heard = ["decision", "predicted"]
        assert a.drop(heard).equals(b.drop(heard)), "both runs have the same clips and labels"
        for signal, sigma in dict.fromkeys(zip(a["signal"].to_pylist(), a["sigma"].to_pylist(), strict=True)):
            level = (pc.field("signal") == signal) & (pc.field("sigma") == sigma) & pc.field("prompt_label").is_valid()
            mine, theirs = a.filter(level), b.filter(level)
            labels, clusters = mine["prompt_label"].to_numpy(), mine["prompt_id"].to_numpy()
            if min(len(set(clusters[labels == label])) for label in (0, 1)) >= ENOUGH:
                first, second = mine["decision"].to_numpy(), theirs["decision"].to_numpy()
                difference = paired.difference(second, first, labels, clusters, prompts)
                areas = auc.area(first, labels), auc.area(second, labels)
                found.setdefault((sigma, signal), []).append((*areas, difference))
    for (sigma, signal), rows in sorted(found.items(), reverse=True):
        before, after, differences = zip(*rows, strict=True)
        mean = paired.mean(differences)
        low, high = paired.interval(mean)
        print(
            f"| {sigma:.3g} | {signal} | {np.mean(before):.3f} | {np.mean(after):.3f} | {mean.value:+.4f} |"
            f" {low:+.4f} to {high:+.4f} |"
        )


if __name__ == "__main__":
    main()
