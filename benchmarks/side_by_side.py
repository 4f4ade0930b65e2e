"""The naive way beside ours, on the same data on this machine: seconds, peak memory and their ratio.

    python benchmarks/side_by_side.py                    # all tasks: some ten minutes on one core
    python benchmarks/side_by_side.py --tasks labels gif

The naive way is what a first implementation does: file by file, concept by concept, a figure a step. Each way runs in a process
of its own, on data that a third process made before; what it found is compared, and a difference beyond the stated tolerance
ends the program with an error. Seconds are those of the whole process, interpreter and imports included; the ratio stands there
twice, of whole processes and of the work alone, once the modules are imported.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.core import programs

SIZE = 512  # numbers in an embedding


def some_notes(count: int) -> list[dict[str, Any]]:
    """What NSynth says about so many notes."""
    from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

    dice = np.random.default_rng(0)
    present = dice.random((count, len(QUALITIES))) < 0.12
    return [
        {
            "note_id": f"note_{number:06d}",
            "instrument": f"instrument_{number % 953:03d}",
            "family": str(dice.choice(FAMILIES)),
            "source": str(dice.choice(SOURCES)),
            "qualities": [QUALITIES[index] for index in np.flatnonzero(present[number])],
            "pitch": int(dice.integers(21, 109)),
            "velocity": int(dice.integers(25, 128)),
            "split": "train",
        }
        for number in range(count)
    ]


def some_embeddings(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (count, SIZE) of unit norm, and which of them have a concept that is neither easy nor hard to hear."""
    dice = np.random.default_rng(seed)
    labels = dice.integers(0, 2, count)
    scale = np.arange(1, SIZE + 1) ** -0.6
    rows = dice.normal(size=(count, SIZE)) * scale
    rows += labels[:, None] * np.random.default_rng(99).normal(size=SIZE) * scale * 0.35
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


# Labels: what a note has of each concept.


def prepare_labels(folder: Path, notes: int = 4096) -> None:
    import pyarrow as pa
    from musicologist.core import parquet
    from musicologist.notes.tables import NOTES

    parquet.write(folder / "notes.parquet", NOTES, pa.Table.from_pylist(some_notes(notes), schema=NOTES))


def labels_note_by_note(folder: Path) -> np.ndarray:
    """A frame of one row for each note and concept, filtered twice, as the original study's code does."""
    import pandas as pd
    from musicologist.concepts import definitions

    def matches(frame: Any, terms: Any, match: str) -> Any:
        found = []
        if terms.families:
            found.append(frame["family"].isin(terms.families))
        if terms.qualities:
            found.append(frame["qualities"].apply(lambda have: any(term in terms.qualities for term in have)))
        if terms.sources:
            found.append(frame["source"].isin(terms.sources))
        if not found:
            return frame.iloc[:0]
        kept = found[0]
        for other in found[1:]:
            kept = kept | other if match == "any" else kept & other
        return frame[kept]

    notes = pd.read_parquet(folder / "notes.parquet").to_dict("records")
    labels = []
    for concept in definitions.load(ROOT / "config/concepts.yaml").values():
        for note in notes:
            frame = pd.DataFrame([note])
            positive = len(matches(frame, concept.positive, concept.match))
            near = len(matches(frame, concept.near, concept.match))
            labels.append(1 if positive else -1 if near else 0)
    return np.array(labels).reshape(-1, len(notes))


def labels_at_once(folder: Path) -> np.ndarray:
    from musicologist.concepts import datasets, definitions
    from musicologist.core import parquet
    from musicologist.notes.tables import NOTES

    coded = datasets.NoteLabels(parquet.read(folder / "notes.parquet", NOTES, ["family", "source", "qualities"]))
    concepts = definitions.load(ROOT / "config/concepts.yaml").values()
    return np.stack([coded.labels(concept) for concept in concepts])


# Embedding: clips of ten seconds in a full-size HTSAT with random weights.


def prepare_embedding(folder: Path, clips: int = 100) -> None:
    import torch
    from musicologist.core import shard_writing
    from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)
    from transformers import ClapAudioConfig, ClapConfig, ClapFeatureExtractor, ClapModel, ClapTextConfig

    torch.manual_seed(0)
    audio = ClapAudioConfig(
        depths=[2, 2, 12, 2], patch_embeds_hidden_size=128, num_attention_heads=[4, 8, 16, 32], hidden_size=1024
    )
    text = ClapTextConfig(
        num_hidden_layers=1, hidden_size=64, num_attention_heads=2, intermediate_size=64, vocab_size=99
    )
    ClapModel(ClapConfig(audio_config=audio.to_dict(), text_config=text.to_dict())).save_pretrained(folder / "clap")
    ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad").save_pretrained(folder / "clap")
    dice, seconds = np.random.default_rng(0), np.arange(10 * 44_100) / 44_100
    made = [
        shard_writing.Clip(
            f"clip_{number:03d}",
            (0.3 * np.sin(2 * np.pi * dice.uniform(100, 2000, (2, 1)) * seconds)).astype(np.float32),
            44_100,
            {},
        )
        for number in range(clips)
    ]
    shard_writing.write(folder / "clips.tar", made)
    (folder / "files").mkdir()
    for clip in made:
        (folder / "files" / f"{clip.key}.flac").write_bytes(shard_writing.encode(clip.audio, clip.sample_rate))


def _features(folder: Path) -> Any:
    import torch
    from musicologist.embedders import clap

    torch.set_num_threads(1)
    clap.quiet()
    from transformers import ClapFeatureExtractor

    return ClapFeatureExtractor.from_pretrained(folder / "clap")


def embedding_file_by_file(folder: Path) -> np.ndarray:
    """The feature extractor and the model on one clip at a time."""
    import soundfile
    import torch
    from scipy.signal import resample_poly

    extractor = _features(folder)
    from transformers import ClapModel

    model, found = ClapModel.from_pretrained(folder / "clap").eval(), []
    for file in sorted((folder / "files").iterdir()):
        audio, rate = soundfile.read(file, dtype="float32")
        mono = resample_poly(audio.mean(axis=1), 160, 147) if rate == 44_100 else audio.mean(axis=1)
        features = extractor(mono, sampling_rate=48_000, return_tensors="pt")
        with torch.no_grad():
            out = model.get_audio_features(**features)
        embedding = getattr(out, "pooler_output", out)[0].numpy()
        found.append(embedding / np.linalg.norm(embedding))
    return np.stack(found)


def embedding_in_batches(folder: Path, at_once: int = 1) -> np.ndarray:
    """In float32 a processor is no faster with more clips at once, and they need memory."""
    from embed_audio import batches
    from musicologist.embedders import clap
    from musicologist.models import weights

    extractor = _features(folder)
    from transformers import ClapConfig

    network, _, _ = clap.fitted(
        ClapConfig.from_pretrained(folder / "clap"), weights.load(folder / "clap" / clap.WEIGHTS[0])
    )
    model = clap.Clap(network.eval(), extractor, lambda: None, "cpu", longest_text=8)
    stream = batches(model, folder / "clips.tar", at_once, threads=1)
    return np.concatenate([model.embed_audio([audio for _, _, audio in batch], at_once) for batch in stream])


def embedding_in_half(folder: Path) -> np.ndarray:
    from musicologist.models import devices

    with devices.half("cpu", "bfloat16"):
        return embedding_in_batches(folder, at_once=2)


# Scores: one concept's probe on all clips of a run of the paper's size.


def prepare_scores(folder: Path, clips: int = 70_000, notes: int = 8000) -> None:
    import pyarrow as pa
    from musicologist.core import parquet
    from musicologist.embeddings import tables
    from musicologist.probes import classifiers, logistic, svm

    rows, labels = some_embeddings(notes, 1)
    for name, classifier in (("logistic", logistic.Logistic()), ("svm", svm.SupportVectors())):
        probe = classifier.fit(rows, labels, {"C": 10.0, "gamma": 1.0}, 0)
        classifiers.save(probe, folder / f"{name}.skops", classifier.decision(probe))
    heard, _ = some_embeddings(clips, 2)
    levels = 10
    (folder / "files").mkdir()
    for number, row in enumerate(heard):
        np.save(folder / "files" / f"{number:05d}.npy", row)
    for level, part in enumerate(np.split(heard, levels)):
        columns: dict[str, Any] = {"prompt_id": np.arange(len(part)), "sample": np.zeros(len(part), np.int16)}
        columns |= {"signal": ["denoised"] * len(part), "step": [level] * len(part), "sigma": [1.0] * len(part)}
        columns |= {"log_snr_db": [0.0] * len(part), "embedding": tables.embedding_column(part)}
        parquet.write(folder / f"step_{level:02d}.parquet", tables.AUDIO_EMBEDDINGS, pa.table(columns))


def scores_of_scikit_learn(folder: Path, name: str) -> np.ndarray:
    """The fitted object of scikit-learn on embeddings that lie in a file each."""
    from skops import io

    probe = io.load(folder / f"{name}.skops", trusted=["numpy.dtype"])
    rows = [np.load(file) for file in sorted((folder / "files").iterdir())]
    return probe.decision_function(np.stack(rows))


def scores_of_arrays(folder: Path, name: str) -> np.ndarray:
    from musicologist.core import parquet
    from musicologist.embeddings import tables
    from musicologist.probes import classifiers

    probe = classifiers.load(folder / f"{name}.skops", classifiers.at(f"musicologist.probes.{name}"))
    levels = sorted(folder.glob("step_*.parquet"))
    embeddings = (parquet.read(file, tables.AUDIO_EMBEDDINGS, ["embedding"])["embedding"] for file in levels)
    return np.concatenate([probe.decision_function(tables.embeddings(column)) for column in embeddings])


# The animation: notes, and clips that move among them.

_STEPS = 10


def prepare_gif(folder: Path, notes: int = 2000, clips: int = 600) -> None:
    from musicologist.probes import classifiers, svm

    rows, labels = some_embeddings(notes, 1)
    classifier = svm.SupportVectors()
    probe = classifier.fit(rows, labels, {"C": 1.0, "gamma": 1.0}, 0)
    classifiers.save(probe, folder / "svm.skops", classifier.decision(probe))
    np.savez(folder / "notes.npz", rows=rows, labels=labels)
    for step in range(_STEPS):
        heard, asked = some_embeddings(clips, 10 + step)
        np.savez(folder / f"step_{step:02d}.npz", rows=heard, labels=asked)


def gif_figure_by_figure(folder: Path) -> np.ndarray:
    """For each step a PCA, a boundary on a fine grid and a figure saved to a file; then the files are put together."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from PIL import Image
    from sklearn.decomposition import PCA
    from skops import io

    probe = io.load(folder / "svm.skops", trusted=["numpy.dtype"])
    notes = np.load(folder / "notes.npz")
    pictures = []
    for step in range(_STEPS):
        level = np.load(folder / f"step_{step:02d}.npz")
        pca = PCA(2, svd_solver="full").fit(notes["rows"])
        points, clips = pca.transform(notes["rows"]), pca.transform(level["rows"])
        figure, axis = plt.subplots(figsize=(6, 5))
        for side, colour in ((0, "#BBBBBB"), (1, "#56B4E9")):
            axis.scatter(*points[notes["labels"] == side].T, s=7, c=colour)
        for side, colour in ((0, "#555555"), (1, "#D55E00")):
            axis.scatter(*clips[level["labels"] == side].T, s=14, c=colour)
        (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
        x, y = np.meshgrid(np.linspace(left, right, 200), np.linspace(bottom, top, 200))
        plane = pca.inverse_transform(np.column_stack([x.ravel(), y.ravel()]))
        axis.contour(x, y, probe.decision_function(plane).reshape(x.shape), levels=[0])
        figure.savefig(folder / f"frame_{step:02d}.png", dpi=110)
        pictures.append(Image.open(folder / f"frame_{step:02d}.png"))
    pictures[0].save(folder / "naive.gif", save_all=True, append_images=pictures[1:], duration=700, loop=0)
    return np.array(Image.open(folder / "naive.gif").n_frames)  # type: ignore[attr-defined]


def gif_moving_points(folder: Path) -> np.ndarray:
    from musicologist.figures import pca
    from musicologist.probes import classifiers
    from PIL import Image

    probe = classifiers.load(folder / "svm.skops", classifiers.at("musicologist.probes.svm"))
    notes = np.load(folder / "notes.npz")
    frames = []
    for step in range(_STEPS):
        level = np.load(folder / f"step_{step:02d}.npz")
        sides = [level["rows"][level["labels"] == side] for side in (1, 0)]
        frames.append(pca.Frame("denoised", step, 1.0, 0.0, *sides))
    plane = pca.Plane(notes["rows"], notes["labels"], probe, frames)
    pca.animate("is_some", plane, frames, "random numbers", 700, folder / "ours.gif")
    return np.array(Image.open(folder / "ours.gif").n_frames)  # type: ignore[attr-defined]


# Packing: an archive in NSynth's layout.


def prepare_packing(folder: Path, notes: int = 2000) -> None:
    from musicologist.notes import nsynth

    from benchmarks.pack_notes import tones

    nsynth.write_archive(folder / "nsynth-train.tar.gz", "train", tones(notes))


def packing_unpacked(folder: Path) -> np.ndarray:
    """Unpack the archive, read and write the notes one by one, and put what is known of them into a frame."""
    import pandas as pd
    import soundfile

    with tarfile.open(folder / "nsynth-train.tar.gz") as archive:
        archive.extractall(folder / "unpacked", filter="data")
    unpacked, count = folder / "unpacked" / "nsynth-train", 0
    (folder / "flac").mkdir()
    entries = json.loads((unpacked / "examples.json").read_text())
    for name in sorted(entries):
        audio, rate = soundfile.read(unpacked / "audio" / f"{name}.wav", dtype="int16")
        soundfile.write(folder / "flac" / f"{name}.flac", audio, rate)
        count += 1
    pd.DataFrame(list(entries.values())).to_parquet(folder / "notes.parquet")
    return np.array(count)


def packing_streamed(folder: Path) -> np.ndarray:
    from musicologist.notes import packing

    targets = [folder / "packed" / f"shard_{number:04d}.tar" for number in range(4)]
    source = packing.Source(folder / "nsynth-train.tar.gz", "train")
    return np.array(packing.pack([source], 0, targets, folder / "packed" / "notes.parquet", threads=2))


Way = Callable[[Path], np.ndarray]


@dataclass(frozen=True)
class Task:
    """What is done in two ways: its data, the ways, the modules of each, and by how much what they find may differ."""

    what: str
    data: str
    prepare: Callable[[Path], None]
    naive: Way
    ours: Way
    naive_imports: str
    our_imports: str
    tolerance: float = 0.0
    """Largest difference, as a share of the spread of the naive way's values."""


_HTSAT = "musicologist.models.compat:torchaudio torch soundfile scipy.signal transformers.models.clap.modeling_clap"
_LEAN = "musicologist.models.lean_imports"
_OUR_HTSAT = f"{_LEAN}:transformers {_LEAN}:signal {_HTSAT} embed_audio musicologist.embedders.clap"
_NAIVE_PROBE = "sklearn.svm sklearn.linear_model sklearn.pipeline sklearn.preprocessing skops.io"
_OUR_PROBE = "musicologist.core.parquet musicologist.embeddings.tables musicologist.probes.classifiers"

TASKS = {
    "labels": Task(
        "labels of 28 concepts, 4,096 notes",
        "labels",
        prepare_labels,
        labels_note_by_note,
        labels_at_once,
        "pandas pyarrow.parquet musicologist.concepts.definitions",
        "musicologist.concepts.datasets pyarrow.compute musicologist.concepts.definitions musicologist.notes.tables",
    ),
    "embedding": Task(
        "embedding 100 clips of 10 s, full-size HTSAT, float32",
        "embedding",
        prepare_embedding,
        embedding_file_by_file,
        embedding_in_batches,
        _HTSAT,
        _OUR_HTSAT,
        2e-2,
    ),
    "embedding-half": Task(
        "the same, ours in bfloat16",
        "embedding",
        prepare_embedding,
        embedding_file_by_file,
        embedding_in_half,
        _HTSAT,
        _OUR_HTSAT,
        0.1,
    ),
    "svm": Task(
        "scoring 70,000 embeddings, SVM",
        "scores",
        prepare_scores,
        lambda folder: scores_of_scikit_learn(folder, "svm"),
        lambda folder: scores_of_arrays(folder, "svm"),
        _NAIVE_PROBE,
        f"{_OUR_PROBE} musicologist.probes.svm",
        1e-3,
    ),
    "logistic": Task(
        "scoring 70,000 embeddings, logistic regression",
        "scores",
        prepare_scores,
        lambda folder: scores_of_scikit_learn(folder, "logistic"),
        lambda folder: scores_of_arrays(folder, "logistic"),
        _NAIVE_PROBE,
        f"{_OUR_PROBE} musicologist.probes.logistic",
        1e-3,
    ),
    "gif": Task(
        "point cloud of 10 steps, GIF",
        "gif",
        prepare_gif,
        gif_figure_by_figure,
        gif_moving_points,
        f"matplotlib.pyplot PIL.Image sklearn.decomposition {_NAIVE_PROBE}",
        "musicologist.figures.pca PIL.Image musicologist.probes.svm",
    ),
    "packing": Task(
        "packing 2,000 notes",
        "packing",
        prepare_packing,
        packing_unpacked,
        packing_streamed,
        "pandas soundfile pyarrow.parquet",
        "musicologist.notes.packing soundfile",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--step", choices=("prepare", "naive", "ours"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        work(TASKS[arguments.tasks[0]], arguments.step, arguments.folder)
        return
    print(processor())
    print("\n| task | naive | ours | ratio | of the work alone | peak memory, naive | ours | largest difference |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.tasks:
            print(compare(name, Path(folder)), flush=True)


def work(task: Task, step: str, folder: Path) -> None:
    """One step of a task in this process; what it found goes to a file, and the seconds without the imports to another."""
    if step == "prepare":
        task.prepare(folder)
        return
    way, modules = (task.naive, task.naive_imports) if step == "naive" else (task.ours, task.our_imports)
    for module, _, part in (name.partition(":") for name in modules.split()):
        named = importlib.import_module(module)
        if part and callable(function := getattr(named, part)):
            function()
    begin = time.perf_counter()
    found = way(folder)
    (folder / f"{step}.seconds").write_text(str(time.perf_counter() - begin))
    np.save(folder / f"{step}.npy", found)


def compare(name: str, folder: Path) -> str:
    """A row of the table; SystemExit where the two ways do not find the same."""
    task = TASKS[name]
    place = folder / task.data
    if not place.is_dir():
        place.mkdir()
        measured(name, "prepare", place)
    (naive, naive_peak), (ours, ours_peak) = (measured(name, step, place) for step in ("naive", "ours"))
    work_alone, our_work = (float((place / f"{step}.seconds").read_text()) for step in ("naive", "ours"))
    expected, found = (np.load(place / f"{step}.npy").astype(float) for step in ("naive", "ours"))
    apart = float(np.abs(expected - found).max()) if expected.shape == found.shape else float("inf")
    share = apart / (expected.std() or 1.0)
    if share > task.tolerance:
        raise SystemExit(f"{task.what}: the two ways differ by {share:.2g} of the spread: at most {task.tolerance}.")
    told = "none" if apart == 0 else f"{share:.1e} of the spread"
    if name in ("svm", "logistic"):
        told += f", {int(((expected > 0) != (found > 0)).sum())} signs"
    return (
        f"| {task.what} | {naive:.2f} s | {ours:.2f} s | {naive / ours:,.1f}× | {work_alone / our_work:,.1f}× "
        f"| {naive_peak:.0f} MB | {ours_peak:.0f} MB | {told} |"
    )


def measured(name: str, step: str, place: Path) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a process that does one step of a task, imports included."""
    command: Sequence[str] = [sys.executable, __file__, "--tasks", name, "--step", step, "--folder", str(place)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        raise SystemExit(f"{name}: the step {step} ended with {os.waitstatus_to_exitcode(status)}.")
    return seconds, used.ru_maxrss / 1024


def processor() -> str:
    """The machine, in a line, and whether it multiplies matrices in bfloat16 in hardware of its own."""
    told = Path("/proc/cpuinfo").read_text()
    names = [line.split(":", 1)[1].strip() for line in told.splitlines() if "model name" in line]
    name, amx = names[0] if names else "an unknown processor", "with" if "amx_bf16" in told else "without"
    return f"{name} {amx} AMX, {len(names)} cores; one run of each, one thread (packing: two, and one that unpacks)."


if __name__ == "__main__":
    programs.run(main)
