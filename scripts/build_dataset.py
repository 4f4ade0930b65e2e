"""Choose the notes on which one concept is learnt: balanced, with whole instruments held out."""

import argparse

from musicologist.core import programs


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

    from musicologist.concepts import datasets, definitions
    from musicologist.concepts.datasets import DATASET
    from musicologist.core import parquet
    from musicologist.notes.tables import NOTES

    concept = definitions.load(arguments.concepts, [arguments.concept])[arguments.concept]
    notes = parquet.read(arguments.notes, NOTES)
    table = datasets.build(notes, concept, arguments.limit, arguments.test_share, arguments.seed, arguments.notes)
    parquet.write(arguments.output, DATASET, table, {"concept": concept.name, "concept_digest": concept.digest})


if __name__ == "__main__":
    programs.run(main)
