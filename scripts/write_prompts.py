"""Write one batch of prompts as JSON Lines.

The text of a prompt depends on the seed and its number alone, so a batch is the same however many prompts there are.
"""

import argparse

from musicologist.core import programs
from musicologist.prompts import batches


def main() -> None:
    """Write the prompts FIRST to LAST."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writer", required=True, choices=["template"])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, required=True, help="first prompt id")
    parser.add_argument("--last", type=int, required=True, help="last prompt id")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.prompts import template_writer

    texts = template_writer.write(arguments.seed, arguments.first, arguments.last - arguments.first + 1)
    batches.write_batch(
        arguments.output,
        (batches.Prompt(number, text, arguments.writer) for number, text in enumerate(texts, arguments.first)),
    )


if __name__ == "__main__":
    programs.run(main)
