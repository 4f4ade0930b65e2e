"""Count the prompts on each side of every concept: before anything is generated, and no model is needed for it."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write a CSV table, a row a concept: how many prompts ask for it, do not, and count on neither side.

    And, of prompts that the lexicon annotates and our grammar did not write, which aspects it is not known to read.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", required=True)
    parser.add_argument(
        "--prompts", nargs="*", default=[], help="their table, where concepts have aspects of the user's own"
    )
    parser.add_argument("--concepts-file", required=True)
    parser.add_argument("--concepts", nargs="+", required=True, help="their names")
    parser.add_argument("--labels", required=True, choices=["corrected", "original"])
    parser.add_argument("--original-labels", required=True, help="the original study's terms")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="prompts that are on no side")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.concepts import definitions, prompt_labels
    from musicologist.core import parquet
    from musicologist.core.files import write_text
    from musicologist.prompts import lexicon_agreement, own_aspects
    from musicologist.prompts.tables import ANNOTATIONS, PROMPTS

    annotations = parquet.read(arguments.annotations, ANNOTATIONS).to_pylist()
    prompts = [row for path in arguments.prompts for row in parquet.read(path, PROMPTS).to_pylist()]
    texts = {row["prompt_id"]: row["text"] for row in prompts}
    concepts = definitions.load(arguments.concepts_file, arguments.concepts)
    original = arguments.labels == "original"
    terms = prompt_labels.load_original(arguments.original_labels, concepts) if original else {}
    ours = {row["prompt_id"] for row in prompts if row["writer"] == "template"}
    by_lexicon = any(row["annotator"] == "lexicon" and row["prompt_id"] not in ours for row in annotations)
    lines = ["concept,group,asked_for,not_asked_for,on_neither_side,read_badly"]
    for name, concept in concepts.items():
        aspects = own_aspects.by_prompt(annotations, texts, concept.words)
        sides = {
            row["prompt_id"]: prompt_labels.original_sides(prompt_labels.tags(row), terms[name])
            if original
            else prompt_labels.corrected_sides(aspects[row["prompt_id"]], concept)
            for row in annotations
        } | dict.fromkeys(arguments.leave_out, ())
        counts = [sum(side in one for one in sides.values()) for side in (1, 0)]
        weak = lexicon_agreement.weak_aspects(concept.positive_aspects) if by_lexicon else {}
        cells = [name, concept.group, *counts, sum(not one for one in sides.values())]
        lines.append(",".join(map(str, [*cells, "; ".join(lexicon_agreement.told(weak))])))
    write_text(arguments.output, "\n".join(lines) + "\n")


if __name__ == "__main__":
    programs.run(main)
