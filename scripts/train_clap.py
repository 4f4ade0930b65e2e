"""Train the small bundled CLAP on captioned clips; a stand-in, not LAION's CLAP."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write a model directory as transformers does, and training.json with what was reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", nargs="+", required=True, help="tar files of captioned clips")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after so many minutes at the latest")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rate", type=float, default=8e-4, help="learning rate")
    parser.add_argument("--start", default="", help="a model directory whose weights to go on from")
    parser.add_argument("--filtered", type=float, default=0.0, help="share of clips heard through a random filter")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--compile", action="store_true", help="faster; needs a C++ compiler")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="directory")
    arguments = parser.parse_args()

    from musicologist.core.files import write_text
    from musicologist.models import devices
    from musicologist.training.clap import Training, train

    schedule = Training(
        arguments.steps,
        arguments.minutes,
        arguments.batch_size,
        learning_rate=arguments.rate,
        start=arguments.start,
        filtered=arguments.filtered,
        device=devices.resolve(arguments.device),
        precision=arguments.precision,
        compiled=arguments.compile,
    )
    reached = train(arguments.shards, schedule, arguments.seed, arguments.output)
    write_text(arguments.output / "training.json", json.dumps(reached, indent=2) + "\n")


if __name__ == "__main__":
    programs.run(main)
