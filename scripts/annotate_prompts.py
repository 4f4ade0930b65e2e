"""Annotate every prompt with the aspects that it asks for, out of one closed vocabulary."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write one row a prompt: aspects, the annotator's own words, and the tempo if one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", required=True, help="prompts.parquet")
    parser.add_argument("--annotator", required=True, choices=["lexicon"])
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import parquet
    from musicologist.prompts import lexicon_annotator, tables
    from musicologist.prompts.tables import ANNOTATIONS, PROMPTS

    prompts = parquet.read(arguments.prompts, PROMPTS, ["prompt_id", "text"]).to_pydict()
    found = lexicon_annotator.ANNOTATORS[arguments.annotator](prompts["text"])
    rows = [(prompt_id, annotation, 1) for prompt_id, annotation in zip(prompts["prompt_id"], found, strict=True)]
    parquet.write(
        arguments.output,
        ANNOTATIONS,
        tables.annotation_table(rows, arguments.annotator),
        {"annotator": arguments.annotator},
    )


if __name__ == "__main__":
    programs.run(main)
