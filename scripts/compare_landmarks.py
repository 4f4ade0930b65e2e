"""Compare when concepts emerge in several runs, or for several embedders of one run."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write a row for each curve and other side as CSV, and what holds for all concepts as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--names", nargs="+", required=True, help="of the runs or embedders, the first as the reference"
    )
    parser.add_argument("--folders", nargs="+", type=Path, required=True, help="with atlas.csv and concepts/, one each")
    parser.add_argument(
        "--prompts", nargs="*", type=Path, default=[], help="prompts.parquet of each run; none if one run"
    )
    parser.add_argument("--output", required=True, help="CSV to write")
    parser.add_argument("--summary", required=True, help="JSON to write")
    arguments = parser.parse_args()

    from musicologist.core import results_writing
    from musicologist.core.files import write_text
    from musicologist.emergence import run_comparison

    texts = [_texts(path) for path in arguments.prompts] or [{}] * len(arguments.names)
    sides = [run_comparison.read(*side) for side in zip(arguments.names, arguments.folders, texts, strict=True)]
    results_writing.write(arguments.output, list(run_comparison.rows(sides)), run_comparison.COLUMNS)
    found = run_comparison.summaries(sides)
    sentences = [run_comparison.sentence(summary) for summary in found]
    text = json.dumps(results_writing.without_nan({"sentences": sentences, "curves": found}), indent=1)
    write_text(arguments.summary, text + "\n")


def _texts(path: Path) -> dict[int, str] | None:
    """The prompts of a run by id; None where it kept none (given embeddings)."""
    from musicologist.core import parquet
    from musicologist.prompts.tables import PROMPTS

    if not path.is_file():
        return None
    table = parquet.read(path, PROMPTS, ["prompt_id", "text"])
    return dict(zip(table["prompt_id"].to_pylist(), table["text"].to_pylist(), strict=True))


if __name__ == "__main__":
    programs.run(main)
