"""Write pairs of prompts that differ in one concept: by the grammar of the prompts, or as they are given."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write the pairs as CSV, and their prompts as a batch: those of pair n are 2 n and 2 n + 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--given", nargs="?", help="CSV file of pairs")
    parser.add_argument("--concepts-file", required=True, help="concepts.yaml")
    parser.add_argument("--concepts", nargs="+", required=True)
    parser.add_argument("--rounds", type=int, required=True, help="of pairs by the grammar")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pairs", required=True, help="CSV to write")
    parser.add_argument("--prompts", required=True, help="JSON Lines to write")
    arguments = parser.parse_args()

    from musicologist.concepts import definitions, nameable
    from musicologist.prompts import batches, pairs

    if arguments.given:
        found = pairs.read(arguments.given)
    else:
        chosen = definitions.load(arguments.concepts_file, arguments.concepts)
        near = nameable.near(definitions.load(arguments.concepts_file))
        subjects = pairs.Subjects(nameable.families(chosen), nameable.qualities(chosen), near)
        found = pairs.write(subjects, arguments.rounds, arguments.seed)
    pairs.save(arguments.pairs, found)
    texts = [text for pair in found for text in (pair.first, pair.second)]
    writer = "given" if arguments.given else "grammar"
    batches.write_batch(arguments.prompts, [batches.Prompt(n, text, writer) for n, text in enumerate(texts)])


if __name__ == "__main__":
    programs.run(main)
