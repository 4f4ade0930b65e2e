"""Draw the atlas: all concepts by all kept levels, ordered by when they emerge."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--atlas", required=True)
    parser.add_argument("--metric", required=True)
    parser.add_argument("--dpi", type=int, required=True)
    parser.add_argument("--note", required=True, help="which models made the data")
    parser.add_argument("--outside", nargs="*", type=Path, default=[], help="comparison with other embedders")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import results
    from musicologist.figures import atlas, canvas

    summaries = [json.loads(path.read_text(encoding="utf-8"))["summary"] for path in arguments.outside]
    figure = atlas.atlas(results.read(arguments.atlas), arguments.metric, " ".join([*summaries, arguments.note]))
    canvas.save(figure, arguments.output, arguments.dpi)


if __name__ == "__main__":
    programs.run(main)
