"""Make annotations out of a language model's raw answers: one row a prompt and pass, and the majority of the passes."""

import argparse
import sys

from musicologist.core import programs
from musicologist.core.errors import UserError


def main() -> None:
    """Write the annotations of all passes and of their majority; tags outside the vocabulary are reported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", required=True, help="prompts.parquet")
    parser.add_argument("--answers", required=True, help="raw answers, JSON Lines")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="prompts that were not asked about")
    parser.add_argument("--passes", type=int, required=True)
    parser.add_argument("--output", required=True, help="the majority's annotations")
    parser.add_argument("--by-pass", required=True, help="the annotations pass by pass")
    arguments = parser.parse_args()

    from musicologist.core import documents, parquet
    from musicologist.prompts import agreement, openai_annotator, tables
    from musicologist.prompts.tables import ANNOTATIONS, PROMPTS, Annotation
    from musicologist.vocabulary.aspects import ASPECTS
    from musicologist.vocabulary.lexicon import resolve

    prompts = parquet.read(arguments.prompts, PROMPTS, ["prompt_id", "text"]).to_pydict()
    with open(arguments.answers, encoding="utf-8") as stream:
        records = [documents.from_json(line) for line in stream]
    states = openai_annotator.states(records)
    passes = range(1, arguments.passes + 1)
    rows, majority = [], []
    for prompt_id, text in zip(prompts["prompt_id"], prompts["text"], strict=True):
        found = [states[number, text].annotation if (number, text) in states else None for number in passes]
        if prompt_id in arguments.leave_out:
            found = [one or Annotation((), (), None) for one in found]
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
    made_by = {"annotator": "openai", "passes": str(arguments.passes), **openai_annotator.made_by(records)}
    for path, annotated in ((arguments.by_pass, rows), (arguments.output, majority)):
        parquet.write(path, ANNOTATIONS, tables.annotation_table(annotated, "openai"), made_by)


if __name__ == "__main__":
    programs.run(main)
