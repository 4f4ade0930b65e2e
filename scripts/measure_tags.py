"""Measure what an embedder's own tags say of the concepts that have one: ROC-AUC by level, and an answer."""

import argparse
import json

from musicologist.core import programs


def main() -> None:
    """Write the long table, and as JSON what holds for whole curves and which concepts have no tag."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embedder", required=True, help="its name")
    parser.add_argument("--tags", required=True, help="probabilities of tags of all clips")
    parser.add_argument("--asked", required=True, type=json.loads, help="JSON: the tags of each concept, [] for none")
    parser.add_argument("--scores", nargs="+", required=True, metavar="CONCEPT=PATH", help="of those with tags")
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--permutations", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, help="long table to write, CSV")
    parser.add_argument("--summary", required=True, help="JSON to write")
    arguments = parser.parse_args()

    from musicologist.core import parquet, results_writing
    from musicologist.core.files import write_text
    from musicologist.emergence import curve, scored_clips, tag_curves
    from musicologist.emergence.tables import SCORES

    asked = {concept: tags for concept, tags in arguments.asked.items() if tags}
    table = tag_curves.strongest(arguments.tags, asked)
    measured, rows = {}, []
    for concept, path in (item.split("=", 1) for item in arguments.scores):
        scored = scored_clips.arrange(parquet.read(path, SCORES), path)
        decided = tag_curves.decisions(table, concept, scored, arguments.tags)
        measured[concept] = decided, scored
        rows += tag_curves.rows(concept, asked[concept], decided, scored)
    results_writing.write(arguments.output, rows, tag_curves.COLUMNS)
    settings = curve.Settings(arguments.resamples, arguments.permutations, arguments.seed)
    found = [
        {"embedder": arguments.embedder, **row, "sentence": tag_curves.sentence(row, arguments.embedder)}
        for row in tag_curves.summaries(measured, rows, settings)
    ]
    summary = {"curves": found, "without_tags": [concept for concept, tags in arguments.asked.items() if not tags]}
    write_text(arguments.summary, json.dumps(results_writing.without_nan(summary), indent=1) + "\n")


if __name__ == "__main__":
    programs.run(main)
