"""Make annotations out of a language model's raw answers: one row a prompt and pass, and the majority of the passes."""

import argparse
import json
import sys

from musicologist import cli
from musicologist.errors import UserError


def main() -> None:
    """Write the annotations of all passes and of their majority; tags outside the vocabulary are reported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", required=True, help="prompts.parquet")
    parser.add_argument("--answers", required=True, help="raw answers, JSON Lines")
    parser.add_argument("--passes", type=int, required=True)
    parser.add_argument("--output", required=True, help="the majority's annotations")
    parser.add_argument("--by-pass", required=True, help="the annotations pass by pass")
    arguments = parser.parse_args()

    from musicologist import agreement, annotations, annotator_openai, tables
    from musicologist.annotations_given import resolve
    from musicologist.vocabulary import ASPECTS

    prompts = tables.read(arguments.prompts, "prompts", ["prompt_id", "text"]).to_pydict()
    with open(arguments.answers, encoding="utf-8") as stream:
        records = [json.loads(line) for line in stream]
    states = annotator_openai.states(records)
    passes = range(1, arguments.passes + 1)
    rows, majority = [], []
    for prompt_id, text in zip(prompts["prompt_id"], prompts["text"], strict=True):
        found = [states[number, text].annotation if (number, text) in states else None for number in passes]
        if None in found:
            raise UserError(f"{arguments.answers} has no answer about {text[:60]!r}: delete it and run again.")
        rows += [(prompt_id, annotation, number) for number, annotation in zip(passes, found, strict=True)]
        majority.append((prompt_id, agreement.majority(found), 1 if len(found) == 1 else 0))
        for number, annotation in zip(passes, found, strict=True):
            if strange := [tag for tag in annotation.raw if tag not in ASPECTS]:
                print(
                    f"Prompt {prompt_id}, pass {number}: tags outside the vocabulary {strange}, of which no table knows "
                    f"{list(resolve(strange)[1])}; all stay in aspects_raw.",
                    file=sys.stderr,
                )
    made_by = {"annotator": "openai", "passes": str(arguments.passes), **annotator_openai.made_by(records)}
    for path, annotated in ((arguments.by_pass, rows), (arguments.output, majority)):
        tables.write(path, "annotations", annotations.table(annotated, "openai"), made_by)


if __name__ == "__main__":
    cli.run(main)
