"""Collect the batches of prompts in one table."""

import argparse

from musicologist.core import programs
from musicologist.core.errors import UserError
from musicologist.prompts import batches


def main() -> None:
    """Write the first COUNT prompts of all batches, in the order of their numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", nargs="+", required=True, help="JSON Lines files")
    parser.add_argument("--count", type=int, required=True, help="how many prompts the run has")
    parser.add_argument("--model", nargs="?", help="the diffusion model's folder, whose vocabulary is looked at")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import pyarrow as pa
    from musicologist.core import parquet
    from musicologist.inputs import known_words
    from musicologist.prompts.tables import PROMPTS

    prompts = sorted((p for path in arguments.batches for p in batches.read_batch(path)), key=lambda p: p.prompt_id)
    prompts = prompts[: arguments.count]
    if [prompt.prompt_id for prompt in prompts] != list(range(arguments.count)):
        raise UserError(
            f"The batches of prompts do not hold the prompt ids 0 to {arguments.count - 1} once each: delete the "
            "prompts folder of this run and let the workflow write it again."
        )
    columns = {name: [getattr(prompt, name) for prompt in prompts] for name in ("prompt_id", "text", "writer")}
    vocabulary = known_words.of_model(arguments.model) if arguments.model else None
    columns["unknown_words"] = [vocabulary.unknown(prompt.text) if vocabulary else None for prompt in prompts]
    parquet.write(arguments.output, PROMPTS, pa.table(columns, schema=PROMPTS))


if __name__ == "__main__":
    programs.run(main)
