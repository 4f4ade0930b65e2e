"""Import one batch of the prompts that are given, as JSON Lines."""

import argparse

from musicologist import cli, promptfiles


def main() -> None:
    """Write the prompts FIRST to LAST, or as many of them as FILE has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", required=True, help="the given prompts")
    parser.add_argument("--first", type=int, required=True, help="first prompt id")
    parser.add_argument("--last", type=int, required=True, help="last prompt id")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    texts = promptfiles.read_given(arguments.file)[arguments.first : arguments.last + 1]
    prompts = (promptfiles.Prompt(number, text, "given") for number, text in enumerate(texts, arguments.first))
    promptfiles.write_batch(arguments.output, prompts)


if __name__ == "__main__":
    cli.run(main)
