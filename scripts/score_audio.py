"""Apply one concept's probe to every generated clip, level by level."""

import argparse

from musicologist import cli


def main() -> None:
    """Write one row a clip and level: decision value, predicted label, and the label of the clip's prompt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--embeddings", nargs="+", required=True, help="one table a signal and step")
    parser.add_argument("--annotations", required=True)
    parser.add_argument("--concepts", required=True, help="concepts.yaml")
    parser.add_argument("--concept", required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import pyarrow as pa
    from musicologist import concepts, probes, tables

    concept = concepts.load(arguments.concepts, [arguments.concept])[arguments.concept]
    annotations = tables.read(arguments.annotations, "annotations", ["prompt_id", "aspects"]).to_pydict()
    label = {
        number: concepts.prompt_label(aspects, concept)
        for number, aspects in zip(annotations["prompt_id"], annotations["aspects"], strict=True)
    }
    probe = probes.load(arguments.probe)
    kept = ["prompt_id", "sample", "signal", "step", "sigma", "log_snr_db"]
    with tables.writer(
        arguments.output, "scores", {"concept": concept.name, "concept_digest": concept.digest}
    ) as append:
        for path in arguments.embeddings:
            table = tables.read(path, "audio_embeddings")
            decision = probe.decision_function(tables.embeddings(table["embedding"])).astype("float64")
            columns = {name: table[name] for name in kept}
            columns["decision"] = decision
            columns["predicted"] = (decision > 0).astype("int8")
            columns["prompt_label"] = pa.array([label[number] for number in table["prompt_id"].to_pylist()], pa.int8())
            append(pa.table(columns))


if __name__ == "__main__":
    cli.run(main)
