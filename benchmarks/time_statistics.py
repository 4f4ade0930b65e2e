"""Time all statistics at the paper's scale, on simulated embeddings: wall time and memory of the workflow's own scripts.

    python benchmarks/time_statistics.py

28 concepts x 20 levels x 7,000 clips of 1,000 prompts, 512 dimensions, 15,000 + 15,000 notes a concept, two probes, 2,000
bootstrap resamples, 1,000 label permutations, 500 random concepts, on two processes. Embeddings and scores are made first and
not timed, nor is fitting probes: that is timed apart, with --fits, on one concept. Leaves with 1 where all of it took longer
than 15 minutes or more than 4 GiB.
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
CONCEPTS = ROOT / "config/concepts.yaml"
sys.path.insert(0, str(SCRIPTS))

import numpy as np
import pyarrow as pa
from musicologist.concepts import definitions
from musicologist.concepts.datasets import DATASET
from musicologist.core import noise_levels, parquet
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, NOTE_EMBEDDINGS
from musicologist.emergence.tables import SCORES
from musicologist.notes.tables import NOTES
from musicologist.prompts.tables import ANNOTATIONS
from musicologist.statistics import simulation

SIZE = 512  # of an embedding

LIMIT_S, LIMIT_GIB = 15 * 60, 4.0
CLASSIFIERS = ("logistic", "svm")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("concepts", 28), ("levels", 20), ("prompts", 1000), ("samples", 7), ("notes", 15_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in (("resamples", 2000), ("permutations", 1000), ("random-concepts", 500), ("processes", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--fits", action="store_true", help="time the fits of one concept's probes too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        concepts = list(definitions.load(CONCEPTS))[: arguments.concepts]
        simulate(place, concepts, arguments)
        started = time.monotonic()
        run(factorise(place))
        factorised = time.monotonic() - started
        with ThreadPoolExecutor(arguments.processes) as pool:
            list(pool.map(run, (measure(place, concept, arguments) for concept in concepts)))
            measured = time.monotonic() - started - factorised
            list(pool.map(run, (control(place, concept, arguments) for concept in concepts)))
            controlled = time.monotonic() - started - factorised - measured
        run(collect(place, concepts))
        took = time.monotonic() - started
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20 * arguments.processes
        print(f"factors of all notes {factorised:6.1f} s")
        print(
            f"measure_emergence    {measured:6.1f} s, {arguments.concepts} concepts on {arguments.processes} processes"
        )
        print(f"measure_controls     {controlled:6.1f} s, likewise, those that need no audio")
        print(f"collect_atlas        {took - controlled - measured - factorised:6.1f} s")
        print(f"all statistics       {took:6.1f} s (at most {LIMIT_S}), {memory:.2f} GiB (at most {LIMIT_GIB:.0f})")
        if arguments.fits:
            for classifier in CLASSIFIERS:
                before = time.monotonic()
                run(fit(place, concepts[0], classifier))
                print(f"train_probe {classifier:8} {time.monotonic() - before:6.1f} s, one concept")
    sys.exit(took > LIMIT_S or memory > LIMIT_GIB)


def simulate(place: Path, concepts: list[str], sizes: argparse.Namespace) -> None:
    """Notes, clips and scores: concept k lies along dimension k and is heard from its own sigma on."""
    rng = np.random.default_rng(1)
    sigma = simulation.levels(sizes.levels)
    note_labels = write_notes(place, concepts, sizes.notes, rng)
    labels = rng.random((len(concepts), sizes.prompts)) < 0.2
    prompts = np.repeat(np.arange(sizes.prompts), sizes.samples)
    ids = {"prompt_id": prompts, "sample": np.tile(np.arange(sizes.samples), sizes.prompts)}
    shared = rng.normal(size=(sizes.prompts, SIZE)).astype(np.float32)[prompts]
    onsets = np.geomspace(60, 2, len(concepts))
    decisions = []
    for step, level in enumerate(sigma):
        audio = shared + rng.normal(size=shared.shape).astype(np.float32)
        for number, onset in enumerate(onsets):
            experiment = simulation.Experiment(onset=float(onset), effect=2.0)
            audio[:, number] += simulation.shifts(experiment, np.array([level]))[0] * labels[number, prompts]
        decisions.append(audio[:, : len(concepts)].astype(np.float64))
        columns = {**ids, **level_columns(len(prompts), step, level), "embedding": tables.embedding_column(audio)}
        parquet.write(place / "noisy" / f"step_{step:02d}.parquet", AUDIO_EMBEDDINGS, pa.table(columns))
    write_annotations(place, concepts, labels)
    for number, concept in enumerate(concepts):
        write_scores(place, concept, number, ids, sigma, [level[:, number] for level in decisions], labels[number])
        write_dataset(place, concept, note_labels[number], sizes.notes)
        write_reports(place, concept)


def level_columns(size: int, step: int, sigma: float) -> dict:
    return {"signal": ["noisy"] * size, "step": [step] * size, "sigma": [sigma] * size} | {
        "log_snr_db": [noise_levels.log_snr_db(sigma)] * size
    }


def write_notes(place: Path, concepts: list[str], notes: int, rng: np.random.Generator) -> np.ndarray:
    """A pool of 300 notes an instrument, large enough for a concept with so many on each side; returns labels by concept."""
    pool, each = 4 * notes, min(300, max(1, notes // 10))
    instrument = np.arange(pool) // each
    labels = (rng.random((len(concepts), instrument.max() + 1)) < 0.5)[:, instrument]
    embeddings = rng.normal(size=(pool, SIZE)).astype(np.float32)
    embeddings[:, : len(concepts)] += 2 * labels.T
    note_id = [f"n{number:06d}" for number in range(pool)]
    names = [f"i{number:04d}" for number in instrument]
    plain = {"family": ["brass"] * pool, "source": ["acoustic"] * pool, "qualities": [[]] * pool}
    plain |= {"pitch": [60] * pool, "velocity": [100] * pool, "split": ["train"] * pool}
    parquet.write(place / "notes.parquet", NOTES, pa.table({"note_id": note_id, "instrument": names, **plain}))
    with parquet.writer(place / "note_embeddings.parquet", NOTE_EMBEDDINGS) as append:
        for start in range(0, pool, 10_000):
            part = slice(start, start + 10_000)
            append(pa.table({"note_id": note_id[part], "embedding": tables.embedding_column(embeddings[part])}))
    return labels


def write_annotations(place: Path, concepts: list[str], labels: np.ndarray) -> None:
    """Each prompt names the aspects of the concepts that it asks for."""
    named = [sorted(set(definition.positive_aspects)) for definition in definitions.load(CONCEPTS, concepts).values()]
    aspects = [
        sorted({a for asked, mine in zip(prompt, named, strict=True) if asked for a in mine}) for prompt in labels.T
    ]
    columns = {"prompt_id": range(len(aspects)), "aspects": aspects, "aspects_raw": aspects}
    columns |= {"bpm": [None] * len(aspects), "annotator": ["lexicon"] * len(aspects), "pass": [1] * len(aspects)}
    parquet.write(place / "annotations.parquet", ANNOTATIONS, pa.table(columns, schema=ANNOTATIONS))


def write_scores(
    place: Path, concept: str, number: int, ids: dict, sigma: np.ndarray, decisions: list, labels: np.ndarray
) -> None:
    for classifier in CLASSIFIERS:
        rng = np.random.default_rng([len(classifier), number])
        with parquet.writer(place / f"{concept}.{classifier}.parquet", SCORES, {"concept": concept}) as append:
            for step, (level, decision) in enumerate(zip(sigma, decisions, strict=True)):
                seen = decision + 0.3 * rng.normal(size=len(decision)) - 1
                columns = {**ids, **level_columns(len(seen), step, level), "decision": seen}
                columns |= {"predicted": (seen > 0).astype("int8")}
                columns |= {"concept": [concept] * len(seen), "classifier": [classifier] * len(seen)}
                append(pa.table(columns | {"prompt_label": labels[ids["prompt_id"]].astype("int8")}))


def write_dataset(place: Path, concept: str, labels: np.ndarray, notes: int) -> None:
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == side)[:notes] for side in (0, 1)]))
    each = min(300, max(1, notes // 10))
    columns = {"note_id": [f"n{number:06d}" for number in chosen], "label": labels[chosen].astype("int8")}
    columns |= {"instrument": [f"i{number // each:04d}" for number in chosen]}
    columns |= {"split": np.where(chosen // each % 5 == 0, "test", "train")}
    parquet.write(place / f"{concept}.dataset.parquet", DATASET, pa.table(columns))


def factorise(place: Path) -> list[str]:
    inputs = [f"--notes={place}/notes.parquet", f"--embeddings={place}/note_embeddings.parquet"]
    outputs = [f"--instruments={place}/instruments.parquet", f"--components={place}/components.parquet"]
    return ["factorise_notes", *inputs, *outputs]


def measure(place: Path, concept: str, sizes: argparse.Namespace) -> list[str]:
    scores = [f"{classifier}={place}/{concept}.{classifier}.parquet" for classifier in CLASSIFIERS]
    levels = sorted(map(str, place.glob("noisy/step_*.parquet")))
    options = {"concept": concept, "dataset": f"{place}/{concept}.dataset.parquet", "seed": 1}
    options |= {"note-embeddings": f"{place}/note_embeddings.parquet", "instruments": f"{place}/instruments.parquet"}
    options |= {"components": f"{place}/components.parquet", "resamples": sizes.resamples}
    options |= {"permutations": sizes.permutations, "random-concepts": sizes.random_concepts}
    options |= {"output": f"{place}/{concept}.csv", "summary": f"{place}/{concept}.json"}
    options |= {"landmarks": f"{place}/{concept}.landmarks.parquet"}
    given = itertools.chain.from_iterable((f"--{name}", str(value)) for name, value in options.items())
    return ["measure_emergence", *given, "--scores", *scores, "--embeddings", *levels]


def control(place: Path, concept: str, sizes: argparse.Namespace) -> list[str]:
    options = {
        "concepts": str(CONCEPTS),
        "concept": concept,
        "dataset": f"{place}/{concept}.dataset.parquet",
        "seed": 1,
    }
    options |= {"annotations": f"{place}/annotations.parquet", "resamples": sizes.resamples}
    options |= {"permutations": sizes.permutations, "controls": f"{place}/{concept}.controls.parquet"}
    options |= {"content": f"{place}/{concept}.content.parquet", "summary": f"{place}/{concept}.controls.json"}
    given = itertools.chain.from_iterable((f"--{name}", str(value)) for name, value in options.items())
    scores = [f"{classifier}={place}/{concept}.{classifier}.parquet" for classifier in CLASSIFIERS]
    parts = {"scores": scores, "embeddings": sorted(map(str, place.glob("noisy/step_*.parquet")))}
    parts |= {
        "probes": [f"{name}.skops" for name in CLASSIFIERS],
        "classifiers": [f"{name}=unused" for name in CLASSIFIERS],
    }
    return ["measure_controls", *given, *(word for name, values in parts.items() for word in (f"--{name}", *values))]


def collect(place: Path, concepts: list[str]) -> list[str]:
    kinds = {"emergence": "csv", "summaries": "json", "landmarks": "landmarks.parquet"}
    given = [
        word
        for name, ending in kinds.items()
        for word in (f"--{name}", *(f"{place}/{concept}.{ending}" for concept in concepts))
    ]
    given += ["--scores", *(f"{place}/{concept}.{CLASSIFIERS[0]}.parquet" for concept in concepts)]
    outputs = {"output": "atlas.csv", "parquet": "emergence.parquet", "order": "order.json", "co-labels": "co.csv"}
    given += ["--reports", *(f"{place}/reports/{concept}/{name}.json" for concept in concepts for name in CLASSIFIERS)]
    return ["collect_atlas", *given, *(f"--{name}={place}/{file}" for name, file in outputs.items())]


def write_reports(place: Path, concept: str) -> None:
    """What stands in a probe's report about the notes that it learnt from and was checked on."""
    part = {"n_pos": 9000, "n_neg": 9000, "instruments_pos": 90, "instruments_neg": 90}
    area = {"roc_auc": 0.9, "roc_auc_low": 0.8, "roc_auc_high": 0.95}
    (place / "reports" / concept).mkdir(parents=True)
    for classifier in CLASSIFIERS:
        text = json.dumps({"train": part, "held_out": part | area})
        (place / "reports" / concept / f"{classifier}.json").write_text(text, encoding="utf-8")


def fit(place: Path, concept: str, classifier: str) -> list[str]:
    files = {"dataset": f"{concept}.dataset.parquet", "embeddings": "note_embeddings.parquet"}
    files |= {"output": "probe.skops", "report": "probe.json"}
    grid = ["--grid", "C", "0.1", "1", "10"] if classifier == "logistic" else ["--grid", "C", "1", "10"]
    grid += [] if classifier == "logistic" else ["--grid", "gamma", "0.5", "1", "2"]
    given = [f"--{name}={place}/{file}" for name, file in files.items()]
    given.append(f"--classifier={classifier}=musicologist.probes.{classifier}")
    return ["train_probe", *given, *grid, "--validation-notes=3000", "--memory-mb=4000", "--seed=1"]


def run(command: list[str]) -> None:
    script, *arguments = command
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, SCRIPTS / f"{script}.py", *arguments], check=True, env=environment)


if __name__ == "__main__":
    main()
