"""Apply one concept's probe to every generated clip, level by level."""

import argparse
import json

from musicologist.core import programs
from musicologist.core.errors import UserError


def main() -> None:
    """Write one row a clip and level: decision value, predicted label, and the label of the clip's prompt.

    A prompt that the original's rule puts on both sides has two rows, one with each label, as the original counted it.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--classifier", required=True, metavar="ADDRESS", help="that the probe is of")
    parser.add_argument("--name", required=True, help="of the classifier")
    parser.add_argument("--embeddings", nargs="+", required=True, help="one table a signal and step")
    parser.add_argument("--annotations", required=True)
    parser.add_argument(
        "--prompts", nargs="*", default=[], help="their table, of a concept with aspects of the user's own"
    )
    parser.add_argument("--concepts", required=True, help="concepts.yaml")
    parser.add_argument("--concept", required=True)
    parser.add_argument("--labels", required=True, choices=["corrected", "original"])
    parser.add_argument("--original-labels", required=True, help="the original study's terms")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="prompts that are on no side")
    parser.add_argument(
        "--equal", nargs="*", default=[], metavar="ID=FIRST", help="prompts of the text of an earlier one"
    )
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import numpy as np
    import pyarrow as pa
    from musicologist.concepts import definitions, prompt_labels
    from musicologist.core import parquet
    from musicologist.embeddings import tables
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
    from musicologist.emergence.scored_clips import EQUAL_PROMPTS
    from musicologist.emergence.tables import SCORES
    from musicologist.probes import classifiers
    from musicologist.prompts import own_aspects
    from musicologist.prompts.tables import ANNOTATIONS, PROMPTS

    concept = definitions.load(arguments.concepts, [arguments.concept])[arguments.concept]
    annotations = parquet.read(arguments.annotations, ANNOTATIONS).to_pylist()
    if lacking := [row["prompt_id"] for row in annotations if row["aspects"] is None or row["prompt_id"] is None]:
        raise UserError(
            f"{arguments.annotations}: the aspects of prompt {lacking[0]} are missing: expected a list of them."
        )
    if arguments.labels == "original":
        terms = prompt_labels.load_original(arguments.original_labels, [concept.name])[concept.name]
        sides = {row["prompt_id"]: prompt_labels.original_sides(prompt_labels.tags(row), terms) for row in annotations}
    else:
        prompts = [row for path in arguments.prompts for row in parquet.read(path, PROMPTS).to_pylist()]
        texts = {row["prompt_id"]: row["text"] for row in prompts}
        aspects = own_aspects.by_prompt(annotations, texts, concept.words)
        sides = {prompt: prompt_labels.corrected_sides(found, concept) for prompt, found in aspects.items()}
    sides |= dict.fromkeys(arguments.leave_out, ())
    probe = classifiers.load(arguments.probe, classifiers.at(arguments.classifier))
    kept = ["prompt_id", "sample", "signal", "step", "sigma", "log_snr_db"]
    made_by = {"concept": concept.name, "concept_digest": concept.digest, "labels": arguments.labels}
    if arguments.equal:
        made_by[EQUAL_PROMPTS] = json.dumps(
            {own: int(first) for own, first in (one.split("=") for one in arguments.equal)}
        )
    with parquet.writer(arguments.output, SCORES, made_by) as append:
        for path in arguments.embeddings:
            table = parquet.read(path, AUDIO_EMBEDDINGS)
            embedding = tables.embeddings(table["embedding"])
            taught = getattr(probe, "n_features_in_", embedding.shape[1])
            if embedding.shape[1] != taught:
                raise UserError(
                    f"{path} has embeddings of {embedding.shape[1]} numbers, and {arguments.probe} knows {taught}: give "
                    "notes and clips that one embedder heard."
                )
            if strangers := sorted(set(table["prompt_id"].to_pylist()) - set(sides)):
                raise UserError(
                    f"{arguments.annotations} has no annotation of prompt {strangers[0]} ({len(strangers)} such), with "
                    f"clips in {path}: annotate all prompts of the run."
                )
            decision = probe.decision_function(embedding).astype("float64")
            labelled = [
                (row, side)
                for row, number in enumerate(table["prompt_id"].to_pylist())
                for side in sides[number] or (None,)
            ]
            rows = np.array([row for row, _ in labelled], dtype=int)
            named = {"concept": concept.name, "classifier": arguments.name}
            columns = {name: pa.array([value] * len(rows), pa.string()) for name, value in named.items()}
            columns |= {name: table[name].take(rows) for name in kept}
            columns["decision"] = decision[rows]
            columns["predicted"] = (decision[rows] > 0).astype("int8")
            columns["prompt_label"] = pa.array([side for _, side in labelled], pa.int8())
            append(pa.table(columns))


if __name__ == "__main__":
    programs.run(main)
