"""Draw the atlas: all concepts by all kept levels, ordered by when they emerge."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--atlas", required=True)
    parser.add_argument("--order", required=True, type=Path, help="order.json: which concept comes first")
    parser.add_argument("--metric", required=True)
    parser.add_argument("--outside", nargs="*", type=Path, default=[], help="comparison with other embedders")
    canvas.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import results
    from musicologist.figures import atlas

    summaries = [json.loads(path.read_text(encoding="utf-8"))["summary"] for path in arguments.outside]
    note = " ".join([*summaries, arguments.note])
    ranked = json.loads(arguments.order.read_text(encoding="utf-8"))["ranked"]
    figure = atlas.atlas(results.read(arguments.atlas), ranked, arguments.metric, note, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


if __name__ == "__main__":
    programs.run(main)
