"""Which notes should probes be trained on? Ablation on a finished run: python benchmarks/ablate_notes.py results/demo

Logistic probes of all concepts are trained on the run's notes as they are, on the same notes sent through the diffusion
model's autoencoder (the same band-limit, length and padding as the generated clips: the channel is matched), on notes with
mixtures of two notes beside them, and on both. Printed is the mean ROC-AUC over the concepts at each kept level, and the
difference from the notes as they are at the last level, with a 95 % interval over prompts (paired cluster bootstrap). About
five minutes on one core for the demo.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import channel
from musicologist.concepts import definitions, prompt_labels
from musicologist.concepts.datasets import DATASET
from musicologist.core import parquet, shards
from musicologist.embedders import clap
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
from musicologist.generators import stable_audio_tools
from musicologist.probes.logistic import Logistic
from musicologist.prompts.tables import ANNOTATIONS
from musicologist.statistics import bootstrap, metrics

import torch  # isort: skip

BATCH, RESAMPLES, SEED, FEWEST_PROMPTS = 32, 2000, 1, 5


def read_notes(results: Path) -> tuple[list[str], np.ndarray, int]:
    """Ids, audio (notes, samples) and sample rate of all notes of a run."""
    clips = [clip for tar in sorted((results / "notes").glob("shard_*.tar")) for clip in shards.read(tar)]
    return [clip.key for clip in clips], np.stack([clip.mono() for clip in clips]), clips[0].sample_rate


def mixed(audio: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """Each note with its partner, both at the same peak, the sum as loud as the first alone."""
    peak = np.abs(audio).max(axis=1, keepdims=True)
    total = audio / peak + (audio / peak)[partners]
    return (total * peak / np.abs(total).max(axis=1, keepdims=True)).astype(np.float32)


def embed(listener: clap.Clap, audio: np.ndarray, rate: int, what: str) -> np.ndarray:
    print(f"embedding {what}", file=sys.stderr, flush=True)
    return listener.embed_audio([shards.mono_at(a, rate, listener.sample_rate, what) for a in audio[:, None]], BATCH)


def note_labels(results: Path, concept: str, keys: list[str]) -> np.ndarray:
    """Labels (notes,) of a concept's dataset; -1 for notes that are not in it."""
    table = parquet.read(results / "concepts" / concept / "dataset.parquet", DATASET)
    known = dict(zip(table["note_id"].to_pylist(), table["label"].to_pylist(), strict=True))
    return np.array([known.get(key, -1) for key in keys])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a finished run")
    parser.add_argument("--diffusion", default=str(ROOT / "resources/models/diffusion"))
    parser.add_argument("--clap", default=str(ROOT / "resources/models/clap"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    listener, (generator, _) = clap.load(arguments.clap), stable_audio_tools.load_model(arguments.diffusion)
    keys, audio, rate = read_notes(arguments.results)
    partners = np.random.default_rng(SEED).permutation(len(keys))
    mixtures = mixed(audio, partners)
    heard = {
        "notes as they are": embed(listener, audio, rate, "notes"),
        "mixtures": embed(listener, mixtures, rate, "mixtures"),
        "channel": embed(listener, channel.through_autoencoder(generator, audio), rate, "notes through the channel"),
        "both": embed(listener, channel.through_autoencoder(generator, mixtures), rate, "mixtures through the channel"),
    }
    sets = {
        "notes as they are": ["notes as they are"],
        "channel matched": ["channel"],
        "with mixtures": ["notes as they are", "mixtures"],
        "with mixtures, channel matched": ["channel", "both"],
    }
    annotations = parquet.read(arguments.results / "prompts/annotations.parquet", ANNOTATIONS, ["prompt_id", "aspects"])
    prompts, aspects = annotations["prompt_id"].to_numpy(), annotations["aspects"].to_pylist()
    drawn = np.hstack([np.ones((len(prompts), 1), np.float32), bootstrap.draws(len(prompts), RESAMPLES, SEED)])
    levels = read_levels(arguments.results)
    found = {name: {level: [] for level in levels} for name in sets}
    for concept in definitions.load(ROOT / "config/concepts.yaml").values():
        if not (arguments.results / "concepts" / concept.name / "dataset.parquet").exists():
            continue
        sided = [prompt_labels.prompt_label(words, concept) for words in aspects]
        known = np.array([side is not None for side in sided])
        labels = np.array([side for side in sided if side is not None])
        if min((labels == 1).sum(), (labels == 0).sum()) < FEWEST_PROMPTS:
            continue
        single = note_labels(arguments.results, concept.name, keys)
        # A mixture has the concept if one of its notes has it, and is a negative if neither has.
        double = np.where((single < 0) | (single[partners] < 0), -1, np.maximum(single, single[partners]))
        report = json.loads((arguments.results / "concepts" / concept.name / "logistic.json").read_text())
        for name, parts in sets.items():
            target = np.concatenate([double if part in ("mixtures", "both") else single for part in parts])
            features = np.concatenate([heard[part] for part in parts])
            probe = Logistic().fit(features[target >= 0], target[target >= 0], {"C": report["C"]}, SEED)
            for level, (numbers, embeddings) in levels.items():
                mine = np.isin(numbers, prompts[known])
                rows = np.searchsorted(prompts[known], numbers[mine])
                decision = probe.decision_function(embeddings[mine])
                area = metrics.metrics(decision, {}, rows, labels, drawn[known])["roc_auc"]
                found[name][level].append(area)
    report_table(found)


def read_levels(results: Path) -> dict[tuple[str, int], tuple[np.ndarray, np.ndarray]]:
    """Prompt numbers (clips,) and embeddings (clips, 512) of every (signal, step)."""
    levels = {}
    for path in sorted((results / "embeddings").glob("*/step_*.parquet")):
        table = parquet.read(path, AUDIO_EMBEDDINGS)
        if table["signal"][0].as_py() in ("denoised", "noisy"):
            level = (table["signal"][0].as_py(), table["step"][0].as_py())
            levels[level] = table["prompt_id"].to_numpy(), tables.embeddings(table["embedding"])
    return levels


def report_table(found: dict[str, dict[tuple[str, int], list[np.ndarray]]]) -> None:
    """Print mean ROC-AUC by set and level, and each set's difference from the first at the last level."""
    plain = next(iter(found.values()))
    for signal in sorted({signal for signal, _ in plain}):
        steps = sorted(step for other, step in plain if other == signal)
        count = len(plain[signal, steps[0]])
        print(f"\n{signal}: mean ROC-AUC of {count} concepts at steps {', '.join(map(str, steps))}")
        for name, levels in found.items():
            means = {step: np.nanmean(levels[signal, step], axis=0) for step in steps}
            change = means[steps[-1]] - np.nanmean(plain[signal, steps[-1]], axis=0)
            low, high = bootstrap.interval(change[1:])
            curve = " ".join(f"{means[step][0]:.3f}" for step in steps)
            print(f"  {name:32} {curve}   last level: {change[0]:+.3f} [{low:+.3f}, {high:+.3f}]")


if __name__ == "__main__":
    main()
