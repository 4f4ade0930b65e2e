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

    import pyarrow as pa
    from musicologist import tables
    from musicologist.annotations import ANNOTATORS

    prompts = tables.read(arguments.prompts, "prompts")
    annotations = ANNOTATORS[arguments.annotator](prompts["text"].to_pylist())
    columns = {
        "prompt_id": prompts["prompt_id"],
        "aspects": [annotation.aspects for annotation in annotations],
        "aspects_raw": [annotation.raw for annotation in annotations],
        "bpm": [annotation.bpm for annotation in annotations],
        "annotator": [arguments.annotator] * len(annotations),
        "pass": [1] * len(annotations),
    }
    table = pa.table(columns, schema=tables.SCHEMAS["annotations"])
    tables.write(arguments.output, "annotations", table, {"annotator": arguments.annotator})


if __name__ == "__main__":
    cli.run(main)
