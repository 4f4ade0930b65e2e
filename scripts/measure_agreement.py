"""Measure how far the passes of an annotator agree, aspect by aspect."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write Cohen's (two passes) or Fleiss' kappa (more) of each aspect, with 95 % intervals over prompts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", required=True, help="annotations pass by pass")
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import parquet, results_writing
    from musicologist.prompts import agreement
    from musicologist.prompts.tables import ANNOTATIONS

    passes: dict[int, list[list[str]]] = {}
    columns = parquet.read(arguments.annotations, ANNOTATIONS, ["prompt_id", "pass", "aspects"]).to_pydict()
    for _, number, aspects in sorted(zip(*columns.values(), strict=True)):
        passes.setdefault(number, []).append(aspects)
    rows = agreement.table(list(passes.values()), arguments.resamples, arguments.seed)
    results_writing.write(arguments.output, rows)


if __name__ == "__main__":
    programs.run(main)
