"""Train the small bundled diffusion model on captioned clips; a stand-in, not Stable Audio Open."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write a model directory: model_config.json, tokenizer, weights, and training.json with what was reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", nargs="+", required=True, help="tar files of captioned clips")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after so many minutes at the latest")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate")
    parser.add_argument("--start", default="", help="a model directory whose weights to go on from")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--compile", action="store_true", help="a fifth faster; needs a C++ compiler")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="directory")
    arguments = parser.parse_args()

    from musicologist.core.files import write_text
    from musicologist.models import devices
    from musicologist.training.diffusion import Training, train

    schedule = Training(
        arguments.steps,
        arguments.minutes,
        arguments.batch_size,
        learning_rate=arguments.rate,
        start=arguments.start,
        device=devices.resolve(arguments.device),
        precision=arguments.precision,
        compiled=arguments.compile,
    )
    reached = train(arguments.shards, schedule, arguments.seed, arguments.output)
    write_text(arguments.output / "training.json", json.dumps(reached, indent=2) + "\n")


if __name__ == "__main__":
    programs.run(main)
