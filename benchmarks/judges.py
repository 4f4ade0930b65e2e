"""Judges of sound, each taught eleven families by the demo's notes: the bundled CLAP, musicnn, and cepstra without a network.

musicnn never heard the bundled models; the bundled CLAP was trained on the same sound font, and partly through their latent.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import render_notes
from musicologist.audio import acoustics
from musicologist.embedders import clap, musicnn
from musicologist.embeddings import tables
from musicologist.embeddings.scaling import Scaling
from musicologist.notes import synthesizer
from musicologist.probes.logistic import Logistic
from musicologist.statistics import bootstrap, metrics
from musicologist.training import scenes
from musicologist.vocabulary.terms import FAMILIES, QUALITIES

MODELS = ROOT / "resources/models"
DEMO = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
BATCH = 32
RESAMPLES = 1000
CLAP, MUSICNN, CEPSTRA = "bundled CLAP", "musicnn", "cepstra"
STRENGTH = 1.0  # C of the probes, the middle of the demo's
RATE = synthesizer.SAMPLE_RATE

Hear = Callable[[np.ndarray], np.ndarray]
"""Features (clips, size) of mono audio (clips, samples) at RATE."""


def _of_clap() -> Hear:
    model = clap.load(MODELS / "clap")
    return lambda audio: model.embed_audio(list(audio), BATCH)


def _of_musicnn() -> Hear:
    model = musicnn.load()
    return lambda audio: model.embed_audio(list(audio), BATCH)


def _of_cepstra() -> Hear:
    return lambda audio: np.stack([np.asarray(acoustics.measure(clip, RATE)["mfcc"]) for clip in audio])


EARS = {CLAP: _of_clap, MUSICNN: _of_musicnn, CEPSTRA: _of_cepstra}


@cache
def ear(name: str) -> Hear:
    """What the ear of this name hears in clips, as numbers."""
    return EARS[name]()


@dataclass(frozen=True)
class Judge:
    """Probes of families and qualities, and how the features that they read are scaled: as a run does it off the sphere."""

    scaling: Scaling | None
    probes: dict[str, object]

    def decisions(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Decision values (clips,) by family and quality, of features (clips, size)."""
        read = scaled(self.scaling, features)
        return {name: probe.decision_function(read) for name, probe in self.probes.items()}


def scaled(scaling: Scaling | None, features: np.ndarray) -> np.ndarray:
    """Features (clips, size) as probes read them; those on the sphere (``scaling`` None) as they are."""
    if scaling is None:
        return features
    table = scaling(pa.table({"embedding": tables.embedding_column(features.astype(np.float32))}))
    return tables.embeddings(table["embedding"])


def targets(labels: Sequence[dict]) -> dict[str, np.ndarray]:
    """Whether clips (clips,) with these labels are of each family and have each quality."""
    found = {family: np.array([label["family"] == family for label in labels]) for family in FAMILIES}
    return found | {quality: np.array([quality in label["qualities"] for label in labels]) for quality in QUALITIES}


def taught(features: np.ndarray, labels: Sequence[dict], on_sphere: bool) -> Judge:
    """The judge that learns families and qualities from notes' features (notes, size) and labels."""
    spread = features.std(0, dtype=np.float64)
    measured = Scaling(features.mean(0, dtype=np.float64), np.where(spread > 0, spread, 1.0))
    scaling = None if on_sphere else measured
    read = scaled(scaling, features)
    probes = {
        name: Logistic().fit(read, truth.astype(int), {"C": STRENGTH}, 0)
        for name, truth in targets(labels).items()
        if 0 < truth.sum() < len(truth)
    }
    return Judge(scaling, probes)


@cache
def demo_notes() -> tuple[np.ndarray, list[dict]]:
    """The notes that the demo's probes learn from: audio (notes, samples) and labels."""
    settings = DEMO["notes"]
    notes = list(render_notes.render(settings["soundfont"], settings["count"], DEMO["seed"]))
    labels = [{"family": e["instrument_family_str"], "qualities": e["qualities_str"]} for e, _ in notes]
    return np.stack([audio for _, audio in notes]), labels


@cache
def of_demo_notes(name: str) -> Judge:
    """The judge with the ear of this name, taught by the demo's notes."""
    audio, labels = demo_notes()
    return taught(ear(name)(audio), labels, name == CLAP)


def held_out(count: int, seed: int, soundfont: str, kind: str | None = None) -> tuple[np.ndarray, list[dict]]:
    """Scenes of one instrument each, families in turn: audio (count, samples), and of each its labels and caption.

    ``kind`` note makes single notes of all; None notes, chords and phrases as in training.
    """
    player = synthesizer.Player(soundfont)
    by_family = {family: [i for i in player.instruments() if i.family == family] for family in FAMILIES}
    audio, labels = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        sound = None
        while sound is None:
            scene = scenes.sample_scene(rng, by_family, FAMILIES[number % len(FAMILIES)])
            sort = kind or ("phrase" if scene.kind == "mixture" else scene.kind)
            scene = scenes.Scene(sort, scene.instruments[:1], False, scene.qualities, scene.bpm)
            sound = scenes.render_scene(player, rng, scene)
        audio.append(sound)
        instrument = scene.instruments[0]
        labels.append(
            {
                "family": instrument.family,
                "qualities": scene.qualities,
                "group": instrument.group,
                "caption": scenes.caption(rng, scene),
            }
        )
    return np.stack(audio), labels


def areas(
    decisions: dict[str, np.ndarray],
    labels: Sequence[dict],
    prompts: Sequence[int],
    seed: int,
    names: Sequence[str] = FAMILIES,
) -> np.ndarray:
    """ROC-AUC (names, 1 + RESAMPLES) of clips with these labels and prompts: the figure, then that of resampled prompts.

    NaN where a label was not drawn. With one seed the same prompts are drawn for all judges, levels and settings, so that
    differences are paired.
    """
    clips, index = np.unique(prompts, return_inverse=True)
    drawn = np.hstack([np.ones((len(clips), 1), np.float32), bootstrap.draws(len(clips), RESAMPLES, seed)])
    truth, found = targets(labels), []
    for name in names:
        label = np.zeros(len(clips), int)
        label[index] = truth[name]
        found.append(metrics.roc_auc(decisions[name], index, label, drawn))
    return np.stack(found)


def told(values: np.ndarray, sign: str = "") -> str:
    """A figure and its 95 % interval, of values (1 + RESAMPLES,)."""
    low, high = bootstrap.interval(values[1:])
    return f"{values[0]:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
