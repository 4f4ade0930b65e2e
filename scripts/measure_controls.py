"""Measure one concept's baselines and controls along the trajectory, and label what the finished clips hold."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write the long table of controls, the content labels beside the prompts', and a summary of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", required=True, help="concepts.yaml")
    parser.add_argument("--concept", required=True)
    parser.add_argument("--scores", nargs="+", required=True, metavar="CLASSIFIER=PATH")
    parser.add_argument("--embeddings", nargs="+", type=Path, required=True, help=".../SIGNAL/step_XX.parquet")
    parser.add_argument("--texts", nargs="*", default=[], help="embeddings of text queries, if any")
    parser.add_argument("--annotations", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--acoustics", nargs="*", default=[], help="of generated audio, if it was measured")
    parser.add_argument("--note-acoustics", nargs="*", default=[], help="of notes, if they were measured")
    parser.add_argument("--probes", nargs="+", type=Path, required=True, help=".../CLASSIFIER.skops")
    parser.add_argument(
        "--classifiers", nargs="+", required=True, metavar="NAME=ADDRESS", help="that the probes are of"
    )
    parser.add_argument("--unconditional", nargs="*", default=[], help="embeddings of clips without prompts")
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--permutations", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--controls", required=True, help="parquet to write")
    parser.add_argument("--content", required=True, help="parquet to write")
    parser.add_argument("--summary", required=True, help="JSON to write")
    arguments = parser.parse_args()

    import pyarrow as pa
    from musicologist.concepts import definitions
    from musicologist.core import parquet, results_writing
    from musicologist.core.files import write_text
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
    from musicologist.emergence import controls, curve, naming, scored_clips
    from musicologist.emergence.tables import CONTENT, CONTROLS, SCORES
    from musicologist.probes import classifiers
    from musicologist.prompts.tables import ANNOTATIONS

    concept = definitions.load(arguments.concepts, [arguments.concept])[arguments.concept]
    paths = dict(item.split("=", 1) for item in arguments.scores)
    scores = {name: scored_clips.arrange(parquet.read(path, SCORES), path) for name, path in paths.items()}
    scored = next(iter(scores.values()))  # the clips, the same for every classifier
    decisions = controls.from_embeddings(concept, arguments.embeddings, scored, arguments.seed, arguments.texts)
    annotations = parquet.read(arguments.annotations, ANNOTATIONS, ["prompt_id", "aspects"])
    aspects = dict(zip(*(annotations[name].to_pylist() for name in ("prompt_id", "aspects")), strict=True))
    decisions |= naming.conditional(concept, scores, aspects)
    for path in arguments.acoustics:
        measured = controls.arrange_acoustics(path, scored)
        decisions |= controls.from_scores(scores, measured)
        for notes in arguments.note_acoustics:
            decisions |= controls.from_cepstra(arguments.dataset, notes, measured)
    content = controls.content(decisions, scored)
    rows = [
        *controls.rows(concept.name, decisions, scored),
        *controls.rows(concept.name, naming.near(scores), naming.with_near_prompts(scored)),
        *controls.content_rows(concept.name, scores, content),
        *controls.mismatched_rows(concept.name, scores, arguments.seed),
    ]
    for path in arguments.unconditional:
        addresses = dict(item.split("=", 1) for item in arguments.classifiers)
        probe_of = {p.stem: classifiers.load(p, classifiers.at(addresses[p.stem])) for p in arguments.probes}
        table = parquet.read(path, AUDIO_EMBEDDINGS)
        rows += controls.unconditional_rows(concept.name, scores, probe_of, table)
    table = pa.Table.from_pylist([{"called_share": None, **row} for row in rows])
    parquet.write(arguments.controls, CONTROLS, table, {"concept": concept.name})
    parquet.write(arguments.content, CONTENT, content, {"concept": concept.name})
    settings = curve.Settings(arguments.resamples, arguments.permutations, arguments.seed)
    found = {
        "concept": concept.name,
        "last_level": controls.summary(rows),
        "content": controls.agreement(content, scored),
        "explained_by_other_aspects": naming.explained(concept, controls.finished(scored)[1], aspects),
        "curves": curve.of_controls(decisions, scores, settings),
    }
    write_text(arguments.summary, json.dumps(results_writing.without_nan(found), indent=2) + "\n")


if __name__ == "__main__":
    programs.run(main)
