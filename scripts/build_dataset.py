"""Choose the notes on which one concept is learnt: balanced, with whole instruments held out."""

import argparse

from musicologist import cli


def main() -> None:
    """Write the dataset of CONCEPT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", required=True, help="notes.parquet")
    parser.add_argument("--concepts", required=True, help="concepts.yaml")
    parser.add_argument("--concept", required=True)
    parser.add_argument("--limit", type=int, required=True, help="at most so many notes of each class")
    parser.add_argument("--test-share", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist import concepts, datasets, tables

    concept = concepts.load(arguments.concepts, [arguments.concept])[arguments.concept]
    notes = tables.read(arguments.notes, "notes")
    table = datasets.build(notes, concept, arguments.limit, arguments.test_share, arguments.seed, arguments.notes)
    tables.write(arguments.output, "dataset", table, {"concept": concept.name, "concept_digest": concept.digest})


if __name__ == "__main__":
    cli.run(main)
