"""Import one batch of the prompts that are given, as JSON Lines."""

import argparse

from musicologist.core import programs
from musicologist.inputs import clips as inputs_clips
from musicologist.inputs import prompts as inputs_prompts
from musicologist.prompts import batches


def main() -> None:
    """Write the prompts FIRST to LAST, or as many of them as FILE has."""
    parser = argparse.ArgumentParser(description=__doc__)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--file", help="the given prompts")
    given.add_argument("--clips", help="the CSV file of given clips, which names their prompts")
    parser.add_argument("--first", type=int, required=True, help="first prompt id")
    parser.add_argument("--last", type=int, required=True, help="last prompt id")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    texts = inputs_clips.read(arguments.clips).texts if arguments.clips else inputs_prompts.read_given(arguments.file)
    texts = texts[arguments.first : arguments.last + 1]
    prompts = (batches.Prompt(number, text, "given") for number, text in enumerate(texts, arguments.first))
    batches.write_batch(arguments.output, prompts)


if __name__ == "__main__":
    programs.run(main)
