"""Import embeddings of generated audio, a file a signal and step: tensors, arrays or tables."""

import argparse
from pathlib import Path

from musicologist.core import programs, progress
from musicologist.core.errors import UserError


def main() -> None:
    """Write each of the outputs .../SIGNAL/step_XX.parquet from the file that stands in its place among the inputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", nargs="+", type=Path, required=True, help="the given embeddings, a file an output")
    parser.add_argument("--prompts", type=int, required=True, help="how many")
    parser.add_argument("--samples", type=int, required=True, help="clips a prompt")
    parser.add_argument("--steps", type=int, required=True, help="of the schedule, for what records no noise level")
    parser.add_argument("--sigma-max", type=float, required=True)
    parser.add_argument("--sigma-min", type=float, required=True)
    parser.add_argument(
        "--digest", nargs="?", const="", help="of the CLAP that embeds the notes; none where they are given"
    )
    parser.add_argument("--outputs", nargs="+", type=Path, required=True)
    arguments = parser.parse_args()

    from musicologist.core import levels, noise_levels, parquet
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
    from musicologist.inputs import embeddings

    sigmas = noise_levels.sigmas(arguments.steps, arguments.sigma_min, arguments.sigma_max)
    wanted = list(zip(arguments.files, levels.of_tables(arguments.outputs).items(), strict=True))
    for file, (level, output) in progress.shown(wanted, len(wanted), "levels imported"):
        sigma = sigmas[level[1]]
        table, metadata = embeddings.read(file, level, sigma, arguments.prompts, arguments.samples)
        if arguments.digest and metadata.get("digest", arguments.digest) != arguments.digest:
            raise UserError(
                f"{file} was embedded by {metadata.get('model')} ({metadata['digest']}), but models.clap, which embeds the "
                f"notes, is another ({arguments.digest}): name the same CLAP, or give inputs.note_embeddings too."
            )
        parquet.write(output, AUDIO_EMBEDDINGS, table, metadata)


if __name__ == "__main__":
    programs.run(main)
