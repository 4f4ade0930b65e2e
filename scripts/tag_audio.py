"""Read the tags of generated audio off its embeddings, of an embedder that has names for what it hears."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs, progress


def main() -> None:
    """Write one row a clip and level, with the probability of every tag."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", required=True, help="module of the embedder, for the record")
    parser.add_argument("--tagger", required=True, help="module that reads tags off embeddings, or a file NAME.py")
    parser.add_argument("--model", required=True, help="of the embedder")
    parser.add_argument("--digest", required=True, help="digest of the model that made the parts")
    parser.add_argument("--parts", nargs="+", required=True, help="one table for each shard, as the embedder made it")
    parser.add_argument(
        "--embeddings", nargs="+", type=Path, required=True, help=".../SIGNAL/step_XX.parquet of the levels wanted"
    )
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import levels, parquet
    from musicologist.embeddings import tagged
    from musicologist.models import devices

    module = devices.family(arguments.tagger)
    read = module.tagger(arguments.model)
    wanted = set(levels.of_tables(arguments.embeddings))
    metadata = {
        tagged.NAMES: json.dumps(list(module.TAGS)),
        "embedder": arguments.family.removeprefix("musicologist.embedders."),
        "model": arguments.model,
        "digest": arguments.digest,
    }
    parts = progress.shown(arguments.parts, len(arguments.parts), "tables of embeddings read")
    with parquet.writer(arguments.output, tagged.TAGS, metadata) as append:
        for table in tagged.tagged(parts, wanted, read, len(module.TAGS), arguments.digest):
            append(table)


if __name__ == "__main__":
    programs.run(main)
