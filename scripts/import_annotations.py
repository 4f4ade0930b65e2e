"""Import annotations: the original study's JSON records, or a table of annotations."""

import argparse
import json
import sys
from pathlib import Path

from musicologist.core import programs
from musicologist.core.errors import UserError, suggest
from musicologist.vocabulary.aspects import ASPECTS

REMEDY = "give a table of annotations as this workflow writes it"


def main() -> None:
    """Write one row for each of the first COUNT prompts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, required=True, help=".json or .parquet")
    parser.add_argument("--count", type=int, required=True, help="how many prompts the run has")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import parquet
    from musicologist.prompts.tables import ANNOTATIONS

    table, metadata = (_table if arguments.file.suffix == ".parquet" else _original)(arguments.file, arguments.count)
    parquet.write(arguments.output, ANNOTATIONS, table, {"source": str(arguments.file), **metadata})


def _original(path, count):
    """The original study's records, in the order of its prompts; tags that no table knows are reported."""
    from musicologist.inputs import annotations
    from musicologist.prompts import tables

    given = annotations.read_original(path)
    if len(given.texts) < count:
        raise UserError(
            f"{path} holds {len(given.texts)} annotations, but prompts.count asks for {count}: lower it or add annotations."
        )
    for tag, number in sorted(given.unknown.items()):
        print(f"The tag {tag!r} ({number} times) means no aspect; it is kept in aspects_raw.", file=sys.stderr)
    rows = [(number, annotation, 1) for number, annotation in enumerate(given.annotations[:count])]
    table = tables.annotation_table(rows, "given")
    return table, {"annotator": "given", "unknown_tags": json.dumps(dict(sorted(given.unknown.items())))}


def _table(path, count):
    """A table of annotations, sorted by prompt."""
    import pyarrow.compute as pc
    from musicologist.core import parquet
    from musicologist.prompts.tables import ANNOTATIONS

    table = parquet.read(path, ANNOTATIONS, remedy=REMEDY).sort_by("prompt_id")
    table = table.filter(pc.less(table["prompt_id"], count))
    numbers = table["prompt_id"].to_pylist()
    if None in numbers:
        raise UserError(f"{path}: a prompt_id is missing: {REMEDY}.")
    if numbers != list(range(count)):
        twice = len(set(numbers)) < len(numbers)
        raise UserError(
            f"{path} has {len(numbers)} annotations of the {count} prompts of prompts.count"
            + (", some of a prompt twice" if twice else "")
            + f": expected the prompt ids 0 to {count - 1} once each."
        )
    for number, aspects, raw in zip(numbers, *(table[c].to_pylist() for c in ("aspects", "aspects_raw")), strict=True):
        if aspects is None or raw is None or None in aspects or None in raw:
            raise UserError(
                f"{path}, prompt {number}: aspects or aspects_raw is missing: expected a list, be it empty."
            )
        for aspect in aspects:
            if aspect not in ASPECTS:
                raise UserError(f"{path}, prompt {number}: unknown aspect {aspect!r}; {suggest(aspect, ASPECTS)}.")
    return table, {"annotator": parquet.metadata(path).get("annotator", "given")}


if __name__ == "__main__":
    programs.run(main)
