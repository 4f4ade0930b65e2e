"""Annotate every prompt with the aspects that it asks for, out of one closed vocabulary."""

import argparse

from musicologist import cli


def main() -> None:
    """Write one row a prompt: aspects, the annotator's own words, and the tempo if one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", required=True, help="prompts.parquet")
    parser.add_argument("--annotator", required=True, choices=["lexicon"])
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist import annotations, tables

    prompts = tables.read(arguments.prompts, "prompts", ["prompt_id", "text"]).to_pydict()
    found = annotations.ANNOTATORS[arguments.annotator](prompts["text"])
    rows = [(prompt_id, annotation, 1) for prompt_id, annotation in zip(prompts["prompt_id"], found, strict=True)]
    tables.write(
        arguments.output,
        "annotations",
        annotations.table(rows, arguments.annotator),
        {"annotator": arguments.annotator},
    )


if __name__ == "__main__":
    cli.run(main)
