"""Compare what other embedders say of the same clips with what the run's own says: answers, and ROC-AUC at the last level."""

import argparse
import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from musicologist.core import programs


def main() -> None:
    """Write, as JSON, a row a curve and embedder, a sentence a concept and one for all of them.

    The sentences are about the first classifier, and the denoised signal where there is one.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embedders", nargs="+", required=True, help="names, the run's own first")
    parser.add_argument("--concepts", nargs="+", required=True)
    parser.add_argument("--classifiers", nargs="+", required=True)
    parser.add_argument("--atlases", nargs="+", required=True, help="atlas.csv of each embedder")
    parser.add_argument(
        "--scores", nargs="+", required=True, help="of each embedder, concept and classifier, in that order"
    )
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import results_writing
    from musicologist.core.files import write_text
    from musicologist.emergence import comparison

    own, *others = arguments.embedders
    atlases = dict(zip(arguments.embedders, map(_ends, arguments.atlases), strict=True))
    names = product(arguments.embedders, arguments.concepts, arguments.classifiers)
    paths = dict(zip(names, arguments.scores, strict=True))
    rows = []
    for other in others:
        differences = {}
        for concept, classifier in product(arguments.concepts, arguments.classifiers):
            mine, theirs = (_last_level(paths[name, concept, classifier]) for name in (own, other))
            for signal in mine:
                differences[concept, classifier, signal] = comparison.difference(mine[signal], theirs[signal])
        rows += comparison.rows(other, atlases[own], atlases[other], differences)
    signal = "denoised" if any(row["signal"] == "denoised" for row in rows) else rows[0]["signal"]
    chosen = [row for row in rows if (row["classifier"], row["signal"]) == (arguments.classifiers[0], signal)]
    found = {
        "own": own,
        "summary": " ".join(
            comparison.summary([row for row in chosen if row["embedder"] == other], own) for other in others
        ),
        "sentences": {
            concept: " ".join(comparison.sentence(row, own) for row in chosen if row["concept"] == concept)
            for concept in arguments.concepts
        },
        "disagree": {
            concept: [row["embedder"] for row in chosen if row["concept"] == concept and row["agrees"] is False]
            for concept in arguments.concepts
        },
        "curves": rows,
    }
    write_text(arguments.output, json.dumps(results_writing.without_nan(found), indent=1) + "\n")


def _ends(path: str | Path) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    """The rows of atlas.csv at the last level of each curve of a signal that was generated."""
    from musicologist.core import results

    rows = (row for row in results.read(path) if row["signal"] != "deformed")
    return {(row["concept"], row["classifier"], row["signal"]): row for row in rows}  # levels stand in their order


def _last_level(path: str) -> dict[str, Any]:
    """The scores of the last step by signal; memory holds one step."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from musicologist.core import parquet
    from musicologist.emergence import scored_clips
    from musicologist.emergence.tables import SCORES

    steps = parquet.read(path, SCORES, ["step"])["step"]
    last = pq.read_table(path, filters=[("step", "==", pc.max(steps).as_py()), ("signal", "!=", "deformed")])
    return scored_clips.arrange(last, path)


if __name__ == "__main__":
    programs.run(main)
