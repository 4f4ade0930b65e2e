"""Measure the bundled models and fail where one falls short: make check-models (about 15 minutes on two cores)

Probes are logistic regressions on CLAP embeddings. Held out is the whole sound font TimGM6mb: the weights saw FluidR3 only.
On its notes the probes are cross-validated in five folds that are disjoint in instruments, so that each instrument is judged by
probes that never heard it. Generated clips are sampled as the demo samples them (config/config.yaml), with seeds of their own.
"""

import argparse
import dataclasses
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import channel
from musicologist.audio.sampler import Sampler, clip_seed
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.embedders import clap as embedders_clap
from musicologist.generators import stable_audio_tools
from musicologist.notes import synthesizer
from musicologist.statistics import bootstrap, metrics
from musicologist.training import clap as training_clap
from musicologist.training import scenes
from musicologist.vocabulary import grammar, instruments
from musicologist.vocabulary.terms import FAMILIES, QUALITIES

import torch  # isort: skip

MODELS = ROOT / "resources/models"
DEMO = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))["trajectory"]
FIELDS = {field.name for field in dataclasses.fields(SamplingSettings)}
SETTINGS = SamplingSettings(**{name: value for name, value in DEMO.items() if name in FIELDS})
KEEP = DEMO["keep"]
SEED = 90_001  # used nowhere else
FOLDS = 5
PROMPTS, SAMPLES = 16, 4  # prompts a family, clips a prompt
BATCH = 32


def single_notes(count: int, seed: int, soundfont: str, single: bool) -> tuple[np.ndarray, list[dict]]:
    """Held-out clips: single notes, or notes, chords and phrases of one instrument; audio (count, samples) and labels."""
    player = synthesizer.Player(soundfont)
    by_family = {family: [i for i in player.instruments() if i.family == family] for family in FAMILIES}
    audio, labels = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        sound = None
        while sound is None:
            scene = scenes.sample_scene(rng, by_family, FAMILIES[number % len(FAMILIES)])
            kind = "note" if single else "phrase" if scene.kind == "mixture" else scene.kind
            scene = scenes.Scene(kind, scene.instruments[:1], False, scene.qualities, scene.bpm)
            sound = scenes.render_scene(player, rng, scene)
        audio.append(sound)
        instrument = scene.instruments[0]
        labels.append({"family": instrument.family, "qualities": scene.qualities, "group": instrument.group})
    return np.stack(audio), labels


def fit(features: np.ndarray, labels: list[dict]) -> dict[str, object]:
    """A logistic probe for each family and quality."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    truth = targets(labels)
    return {
        name: make_pipeline(StandardScaler(with_std=False), LogisticRegression(C=10, max_iter=2000)).fit(
            features, truth[name]
        )
        for name in truth
    }


def targets(labels: list[dict]) -> dict[str, np.ndarray]:
    found = {family: np.array([label["family"] == family for label in labels]) for family in FAMILIES}
    return found | {quality: np.array([quality in label["qualities"] for label in labels]) for quality in QUALITIES}


def aucs(probes: dict[str, object], features: np.ndarray, labels: list[dict]) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    truth = targets(labels)
    return {
        name: float(roc_auc_score(truth[name], probe.decision_function(features)))
        for name, probe in probes.items()
        if 0 < truth[name].sum() < len(labels)
    }


def held_out_aucs(features: np.ndarray, labels: list[dict]) -> dict[str, float]:
    """Mean ROC-AUC over the folds; a fold without a class says nothing about it."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    families, groups = ([label[name] for label in labels] for name in ("family", "group"))
    found: dict[str, list[float]] = {}
    for train, test in folds.split(features, families, groups):
        probes = fit(features[train], [labels[i] for i in train])
        for name, auc in aucs(probes, features[test], [labels[i] for i in test]).items():
            found.setdefault(name, []).append(auc)
    return {name: float(np.mean(values)) for name, values in found.items()}


def mean(found: dict[str, float], names: tuple[str, ...]) -> float:
    return float(np.mean([found[name] for name in names if name in found]))


def embed(model: embedders_clap.Clap, audio: np.ndarray) -> np.ndarray:
    return model.embed_audio(list(audio), BATCH)


def generate(job: tuple[list[str], list[int]]) -> dict[tuple[str, int], np.ndarray]:
    """CLAP embeddings (clips, 512) by (signal, step) of clips generated for these prompts and seeds."""
    texts, seeds = job
    torch.set_num_threads(1)
    sampler = Sampler.load(stable_audio_tools, MODELS / "diffusion", SETTINGS)
    listener = embedders_clap.load(MODELS / "clap")
    found: dict[tuple[str, int], list[np.ndarray]] = {}
    for start in range(0, len(texts), BATCH):
        part = slice(start, start + BATCH)
        for level, latents in sampler.sample(texts[part], seeds[part], KEEP):
            audio = sampler.decode(latents).clamp(-1, 1)
            found.setdefault(level, []).append(embed(listener, audio[:, 0].numpy()))
    return {level: np.concatenate(pieces) for level, pieces in found.items()}


def in_parallel(texts: list[str], seeds: list[int]) -> dict[tuple[str, int], np.ndarray]:
    size = -(-len(texts) // (2 * BATCH)) * BATCH
    jobs = [(texts[start : start + size], seeds[start : start + size]) for start in range(0, len(texts), size)]
    with ProcessPoolExecutor(2) as pool:
        parts = list(pool.map(generate, jobs))
    return {level: np.concatenate([part[level] for part in parts]) for level in parts[0]}


def family_prompts() -> tuple[list[str], list[dict], list[int], list[int]]:
    """Prompts for one instrument each: texts, labels, prompt numbers and seeds, a row a clip."""
    texts, labels, numbers, seeds = [], [], [], []
    for number in range(len(FAMILIES) * PROMPTS):
        rng = np.random.default_rng([SEED, number])
        family = FAMILIES[number % len(FAMILIES)]
        nouns = sorted({i.noun for i in instruments.INSTRUMENTS if i.family == family})
        noun = family.replace("_", " ") if rng.random() < 0.5 else str(rng.choice(nouns))
        qualities = synthesizer.sample_qualities(rng, 0.11)
        kind = str(rng.choice(["note", "phrase", "chord"], p=[0.45, 0.4, 0.15]))
        text = grammar.sentence(rng, kind, [grammar.Voice(noun)], qualities, None)
        for sample in range(SAMPLES):
            texts.append(text)
            labels.append({"family": family, "qualities": qualities})
            numbers.append(number)
            seeds.append(clip_seed(SEED, number, sample))
    return texts, labels, numbers, seeds


def rise(
    probes: dict[str, object], first: np.ndarray, last: np.ndarray, labels: list[dict], numbers: list[int]
) -> tuple[float, float, float]:
    """Mean family ROC-AUC at the last level minus the first, with a 95 % interval over prompts."""
    truth, resampled = targets(labels), []
    names, prompts = np.unique(numbers, return_inverse=True)
    drawn = np.hstack([np.ones((len(names), 1), np.float32), bootstrap.draws(len(names), 1000, SEED)])
    for family in FAMILIES:
        label = np.zeros(len(drawn), int)
        label[prompts] = truth[family]
        level = []
        for features in (first, last):
            decision = probes[family].decision_function(features)
            level.append(metrics.metrics(decision, {}, prompts, label, drawn)["roc_auc"])
        resampled.append(level[1] - level[0])
    average = np.mean(resampled, axis=0)
    return float(average[0]), *bootstrap.interval(average[1:])


def zero_shot(model: embedders_clap.Clap, embeddings: np.ndarray, labels: list[dict]) -> float:
    """11-way accuracy of the text queries nearest to the audio, an ensemble of sentences a family."""
    queries = []
    for family in FAMILIES:
        noun = family.replace("_", " ")
        nouns = sorted({i.noun for i in instruments.INSTRUMENTS if i.family == family} | {noun})
        texts = [
            form.format(name) for name in nouns for form in ("A {} note.", "A recording of a {} note.", "A {} melody.")
        ]
        queries.append(model.embed_text(texts).mean(0))
    nearest = (embeddings @ np.array(queries).T).argmax(1)
    return float(np.mean([FAMILIES[index] == label["family"] for index, label in zip(nearest, labels, strict=True)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-audio", action="store_true", help="only CLAP on real clips")
    skip_audio = parser.parse_args().skip_audio
    torch.set_num_threads(1)
    failures = []

    def require(what: str, value: float, low: float, high: float = 1.0) -> None:
        good = low <= value <= high
        print(f"{'ok  ' if good else 'FAIL'} {what}: {value:.3f} (wanted {low} to {high})", flush=True)
        failures.extend([] if good else [what])

    for name in ("clap", "diffusion"):
        require(f"megabytes of {name}", (MODELS / name / "model.safetensors").stat().st_size / 1e6, 0, 10)
    import stable_audio_tools.models.factory as factory  # noqa: F401
    import transformers.models.clap.modeling_clap  # noqa: F401  (what loading would import)

    begin = time.perf_counter()
    model = embedders_clap.load(MODELS / "clap")
    generator, _ = stable_audio_tools.load_model(MODELS / "diffusion")
    require("seconds to load both, imports excluded", time.perf_counter() - begin, 0, 5)

    notes, note_labels = single_notes(2200, SEED, "TimGM6mb", single=True)
    mels = embedders_clap.LogMel(training_clap.feature_extractor())
    statistics_ = [mels(torch.from_numpy(notes[i : i + 64])) for i in range(0, len(notes), 64)]
    summary = np.concatenate([np.concatenate([m.mean(1), m.std(1)], axis=1) for m in statistics_])
    torch.manual_seed(0)
    untrained = embedders_clap.Clap(
        training_clap.ClapModel(training_clap.configuration(220)).eval(),
        training_clap.feature_extractor(),
        lambda: None,
        "cpu",
    )
    listened = embed(model, notes)
    for name, features in (
        ("bundled CLAP", listened),
        ("untrained CLAP", embed(untrained, notes)),
        ("log-mel", summary),
    ):
        found = held_out_aucs(features, note_labels)
        print(f"     {name}: families {mean(found, FAMILIES):.3f}, qualities {mean(found, QUALITIES):.3f}")
        if name == "bundled CLAP":
            print("     " + ", ".join(f"{key} {value:.2f}" for key, value in found.items()))
            require("probes on held-out instruments of the held-out font: families", mean(found, FAMILIES), 0.82)
            require("  the worst family", min(found[f] for f in FAMILIES if f in found), 0.65)
            require("  qualities", mean(found, QUALITIES), 0.90)
    require("zero-shot 11-way accuracy on held-out notes", zero_shot(model, listened, note_labels), 0.45)
    if skip_audio:
        sys.exit(bool(failures))

    # Prompts ask for phrases and chords too, and generated clips come through the latent: so do these probes' clips.
    clips, clip_labels = single_notes(1650, SEED + 2, "TimGM6mb", single=False)
    matched = np.concatenate([embed(model, channel.through_autoencoder(generator, audio)) for audio in (notes, clips)])
    probes, of_notes = fit(matched, note_labels + clip_labels), fit(listened, note_labels)
    real, real_labels = single_notes(704, SEED + 1, "TimGM6mb", single=False)
    for name, audio in (
        ("as they are", real),
        ("through the latent (the ceiling)", channel.through_autoencoder(generator, real)),
    ):
        found = aucs(probes, embed(model, audio), real_labels)
        print(f"     real clips {name}: families {mean(found, FAMILIES):.3f}, qualities {mean(found, QUALITIES):.3f}")

    texts, labels, numbers, seeds = family_prompts()
    generated = in_parallel(texts, seeds)
    for signal in ("denoised", "noisy"):
        curve = [aucs(probes, generated[signal, step], labels) for step in KEEP]
        print(f"     {signal}, families by step:  " + " ".join(f"{mean(found, FAMILIES):.3f}" for found in curve))
        print(f"     {signal}, qualities by step: " + " ".join(f"{mean(found, QUALITIES):.3f}" for found in curve))
        ends = [aucs(of_notes, generated[signal, step], labels) for step in (KEEP[0], KEEP[-1])]
        print(
            f"     {signal}, probes of single notes as they are, first and last step: families "
            + " to ".join(f"{mean(found, FAMILIES):.3f}" for found in ends)
            + ", qualities "
            + " to ".join(f"{mean(found, QUALITIES):.3f}" for found in ends)
        )
        change, low, high = rise(probes, generated[signal, KEEP[0]], generated[signal, KEEP[-1]], labels, numbers)
        print(f"     {signal}, rise of the families: {change:.3f} [{low:.3f}, {high:.3f}]")
        if signal == "denoised":
            print("     " + ", ".join(f"{key} {value:.2f}" for key, value in curve[-1].items()))
            require("denoised, last step: families", mean(curve[-1], FAMILIES), 0.75)
            require("denoised, last step: qualities", mean(curve[-1], QUALITIES), 0.85)
            require("denoised: rise of the families", change, 0.05)
            require("denoised: lower end of the rise's interval", low, 1e-9)
        else:
            require("noisy, first step: families", mean(curve[0], FAMILIES), 0.45, 0.55)
            require("noisy: rise of the families", change, 0.25)

    empty = in_parallel([""] * len(texts), [seed ^ 1 for seed in seeds])
    found = aucs(probes, empty["denoised", KEEP[-1]], labels)
    require("empty prompt, last step: families", mean(found, FAMILIES), 0.45, 0.55)
    require("  the lowest family", min(found[family] for family in FAMILIES), 0.35)
    require("  the highest family", max(found[family] for family in FAMILIES), 0.0, 0.65)
    print(json.dumps({"failures": failures}))
    sys.exit(bool(failures))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
