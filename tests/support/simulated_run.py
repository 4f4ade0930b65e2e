"""A finished run that no model made: tables and tones of any shape, for tests of what reads a run."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from musicologist.concepts import datasets, definitions, prompt_labels
from musicologist.core import shard_writing

HOSTILE = """<script>alert(1)</script> & "x" flute </script><!-- ' flute"""
CONCEPTS_FILE = Path(__file__).parents[2] / "config/concepts.yaml"
CLICK = 1000
"""Sample at which every clip has its click."""


@dataclass(frozen=True)
class Shape:
    """What the run looks like."""

    concepts: tuple[str, ...] = ("is_flute", "is_warm")
    prompts: int = 8
    samples: int = 1
    signals: tuple[str, ...] = ("denoised", "noisy")
    steps: tuple[int, ...] = (0, 5, 9)
    classifiers: tuple[str, ...] = ("logistic", "svm")
    deformed: bool = True
    audio: bool = True
    heard_prompts: int | None = None
    seconds: float = 1.0
    sample_rate: int = 16000
    channels: int = 1
    notes_a_side: int = 24
    outside: tuple[str, ...] = ()
    seed: int = 1

    @property
    def sigma(self) -> dict[int, float]:
        """The noise level of each step."""
        return dict(zip(self.steps, np.geomspace(100, 0.2, max(2, len(self.steps)))[-len(self.steps) :], strict=True))


def write(folder: Path, shape: Shape | None = None) -> Path:
    """Write the run's products and return its folder."""
    shape = shape or Shape()
    random = np.random.default_rng(shape.seed)
    known = definitions.load(CONCEPTS_FILE, shape.concepts)
    folder.mkdir(parents=True, exist_ok=True)
    prompts = [_prompt(number, shape) for number in range(shape.prompts)]
    _table(
        folder / "prompts/prompts.parquet",
        [{"prompt_id": n, "text": text, "writer": "test"} for n, (text, _) in enumerate(prompts)],
    )
    _table(
        folder / "prompts/annotations.parquet",
        [
            {
                "prompt_id": n,
                "aspects": [aspect],
                "aspects_raw": ["flute" if aspect == "flute" else "dark"],
                "bpm": None,
                "annotator": "test",
                "pass": 0,
            }
            for n, (_, aspect) in enumerate(prompts)
        ],
    )
    notes = _notes(folder, shape, random)
    emergence = []
    for number, name in enumerate(shape.concepts):
        emergence += _concept(folder / "concepts" / name, name, known[name], number, prompts, notes, shape, random)
    _table(folder / "emergence.parquet", emergence)
    for other in shape.outside:
        _second_opinion(folder, other, emergence, shape)
    orders = [
        {
            "classifier": c,
            "signal": s,
            "concepts": [{"concept": n, "rank": i + 1.0} for i, n in enumerate(shape.concepts)],
            "before": [
                [None if i == j else 0.86 if i < j else 0.14 for j in range(len(shape.concepts))]
                for i in range(len(shape.concepts))
            ],
        }
        for c in shape.classifiers
        for s in shape.signals
    ]
    (folder / "order.json").write_text(json.dumps({"orders": orders, "agreement": []}))
    card = {
        "run": "simulated",
        "date": "2026-11-28",
        "version": "0.1.0",
        "commit": "0" * 40,
        "command": "snakemake --cores 2",
        "seed": 1,
        "counts": {"prompts": shape.prompts, "concepts": len(shape.concepts)},
        "models": [
            {
                "role": "makes the audio",
                "model": "m",
                "title": "a <model> & more",
                "digest": "0123",
                "licence": "MIT",
                "warning": "",
            }
        ],
        "notes": {"source": "nowhere", "licence": "none"},
        "configuration": {"run": "simulated", "seed": 1},
    }
    (folder / "run.json").write_text(json.dumps(card))
    if shape.audio:
        _audio(folder / "audio", prompts, shape, random, shape.steps, shape.signals)
        _audio(folder / "unconditional", prompts[:2], shape, random, shape.steps, shape.signals)
    return folder


def arguments(folder: Path, shape: Shape, out: Path, **changed: object) -> list[str]:
    """The arguments of write_listening_page.py for this run; ``changed`` replaces options (prompts, kbit ...)."""
    listed = {
        "scores": [f"{folder}/concepts/{c}/scores_{k}.parquet" for c in shape.concepts for k in shape.classifiers],
        **{
            f"{kind}s": [f"{folder}/concepts/{c}/{kind}.{suffix}" for c in shape.concepts]
            for kind, suffix in (("card", "json"), ("content", "parquet"), ("dataset", "parquet"))
        },
        "controls": [f"{folder}/concepts/{c}/controls.parquet" for c in shape.concepts],
    }
    options: dict[str, object] = {
        "concepts_file": CONCEPTS_FILE,
        "concepts": list(shape.concepts),
        "emergence": folder / "emergence.parquet",
        "order": folder / "order.json",
        "texts": folder / "prompts/prompts.parquet",
        "annotations": folder / "prompts/annotations.parquet",
        "run_card": folder / "run.json",
        **listed,
        "notes": folder / "notes/notes.parquet",
        "note_shards": [folder / "notes/shard_0000.tar"],
        "prompts": 8,
        "samples": shape.samples,
        "kbit": 48,
        "single_file_mb": 25,
        "resources": Path(__file__).parents[2] / "resources/listening",
        "page": out / "index.html",
        "clips": out / "clips",
    }
    if shape.outside:
        outside = [f"{name}={folder / 'embedders' / name}" for name in shape.outside]
        options |= {"outside": outside, "comparison": folder / "comparison/embedders.json"}
    if shape.audio:
        options |= {"audio": folder / "audio", "unconditional": folder / "unconditional"}
    out.mkdir(parents=True, exist_ok=True)
    found = []
    for name, value in (options | changed).items():
        values = value if isinstance(value, list) else [value]
        found += [f"--{name.replace('_', '-')}", *map(str, values)]
    return found


def _second_opinion(folder: Path, other: str, emergence: list[dict], shape: Shape) -> None:
    """Another embedder hears each concept a little worse, and does not agree on the first."""
    beside = folder / "embedders" / other
    heard = [row for row in emergence if row["signal"] != "deformed"]
    _table(beside / "emergence.parquet", [{**row, "roc_auc": row["roc_auc"] - 0.1} for row in heard])
    for name in shape.concepts:
        for classifier in shape.classifiers:
            rows = pq.read_table(folder / f"concepts/{name}/scores_{classifier}.parquet").to_pylist()
            scores = [{**row, "decision": row["decision"] / 2} for row in rows if row["signal"] != "deformed"]
            _table(beside / f"concepts/{name}/scores_{classifier}.parquet", scores)
    first, *rest = shape.concepts
    found = {
        "own": "clap",
        "summary": f"{other}, listening beside clap, agrees on {len(rest)} of {len(shape.concepts)} concepts.",
        "sentences": dict.fromkeys(rest, f"{other}, listening beside clap, agrees: emerged.")
        | {first: f"{other}, listening beside clap, does not agree: not emerged (clap: emerged)."},
        "disagree": {first: [other], **{name: [] for name in rest}},
    }
    (folder / "comparison").mkdir()
    (folder / "comparison/embedders.json").write_text(json.dumps(found))


def _prompt(number: int, shape: Shape) -> tuple[str, str]:
    if number == 0:
        return HOSTILE, "flute"
    return (
        (f"A flute melody, number {number}.", "flute")
        if number % 2 == 0
        else (f"Something dark, number {number}.", "warm sound")
    )


def _table(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def _notes(folder: Path, shape: Shape, random: np.random.Generator) -> list[dict]:
    rows = [
        {
            "note_id": f"{family}_acoustic_{i:03d}-060-100",
            "instrument": f"{family}_acoustic_{i:03d}",
            "family": family,
            "source": "acoustic",
            "qualities": ["dark"] if i % 2 else [],
            "pitch": 60,
            "velocity": 100,
            "split": "train",
        }
        for family in ("flute", "organ", "reed")
        for i in range(shape.notes_a_side)
    ]
    _table(folder / "notes/notes.parquet", rows)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(shape.sample_rate // 2) / shape.sample_rate)
    shard_writing.write(
        folder / "notes/shard_0000.tar",
        (shard_writing.Clip(row["note_id"], np.float32([tone]), shape.sample_rate, {}) for row in rows),
    )
    return rows


def _concept(
    folder: Path,
    name: str,
    concept: definitions.Concept,
    number: int,
    prompts: list,
    notes: list[dict],
    shape: Shape,
    random: np.random.Generator,
) -> list[dict]:
    levels = [
        {"step": step, "sigma": sigma, "log_snr_db": float(-20 * np.log10(sigma))}
        for step, sigma in shape.sigma.items()
    ]
    signals = [*shape.signals, *(["deformed"] if shape.deformed else [])]
    labels = {n: prompt_labels.prompt_label([aspect], concept) for n, (_, aspect) in enumerate(prompts)}
    rows, controls = [], []
    for classifier in shape.classifiers:
        scores = []
        for signal in signals:
            for place, level in enumerate(levels):
                rise = (place + 1) / len(levels)
                auc = round(0.5 + 0.4 * rise - 0.03 * number + float(random.uniform(-0.02, 0.02)), 6)
                rows.append(
                    {
                        "concept": name,
                        "classifier": classifier,
                        "signal": signal,
                        "answer": ["emerged", "there from the start", "not emerged"][number % 3],
                        **level,
                        "n_pos_prompts": sum(v == 1 for v in labels.values()),
                        "n_neg_prompts": sum(v == 0 for v in labels.values()),
                        "roc_auc": auc,
                        "roc_auc_low": auc - 0.1,
                        "roc_auc_high": min(1.0, auc + 0.08),
                        "monotone": 1,
                        "warning": "probe at chance: its ROC-AUC on held-out notes may be .5" if number == 1 else "",
                        "half_excess_sigma": [5.0, 100.0, float("nan")][number % 3],
                        "half_excess_sigma_low": 3.0,
                        "half_excess_sigma_high": [9.0, 100.0, float("nan")][number % 3],
                        "half_excess_censored": int(number % 3 == 1),
                        "onset_sigma": 8.0,
                        "onset_sigma_low": 4.0,
                        "onset_sigma_high": 10.0,
                        "p": 0.01,
                        "q": 0.02,
                        "p_random": 0.03,
                        "q_random": 0.03,
                        "beats_random": 1,
                        "p_level": 0.01 if rise > 0.5 else 0.4,
                        "critical_auc": 0.7,
                        "random_low": 0.4,
                        "random_high": 0.65,
                    }
                )
                controls.append(
                    {
                        "concept": name,
                        "control": "partialled",
                        "classifier": classifier,
                        "signal": signal,
                        **level,
                        "roc_auc": auc - 0.02,
                        "roc_auc_low": auc - 0.1,
                        "roc_auc_high": auc + 0.05,
                        "called_share": float("nan"),
                    }
                )
                for prompt, label in labels.items():
                    for sample in range(shape.samples):
                        decision = float(random.normal(rise * (1 if label == 1 else -1)))
                        scores.append(
                            {
                                "prompt_id": prompt,
                                "sample": sample,
                                "signal": signal,
                                **level,
                                "decision": decision,
                                "predicted": int(decision > 0),
                                "prompt_label": label,
                            }
                        )
        _table(folder / f"scores_{classifier}.parquet", scores)
        controls += [
            {
                "concept": name,
                "control": "unconditional",
                "classifier": classifier,
                "signal": shape.signals[0],
                **level,
                "roc_auc": 0.7,
                "roc_auc_low": 0.6,
                "roc_auc_high": 0.8,
                "called_share": 0.25,
            }
            for level in levels
        ]
    _table(folder / "controls.parquet", controls)
    _table(
        folder / "content.parquet",
        [
            {
                "prompt_id": p,
                "sample": s,
                "prompt_label": label,
                "zero_shot": 0.5,
                "zero_shot_label": 1,
                "in_domain": -0.25,
                "in_domain_label": 0,
            }
            for p, label in labels.items()
            for s in range(shape.samples)
        ],
    )
    with_it = datasets.NoteLabels(pa.Table.from_pylist(notes)).labels(concept)
    _table(
        folder / "dataset.parquet",
        [
            {"note_id": note["note_id"], "label": int(label), "instrument": note["instrument"], "split": "train"}
            for note, label in zip(notes, with_it, strict=True)
            if label >= 0
        ],
    )
    held_out = {"roc_auc": 0.52 if number == 1 else 0.9}
    (folder / "card.json").write_text(
        json.dumps({"concept": name, "probes": {c: {"held_out": held_out} for c in shape.classifiers}})
    )
    return rows


def _audio(
    folder: Path,
    prompts: list,
    shape: Shape,
    random: np.random.Generator,
    steps: tuple[int, ...],
    signals: tuple[str, ...],
) -> None:
    time = np.arange(round(shape.seconds * shape.sample_rate)) / shape.sample_rate
    heard = shape.heard_prompts or len(prompts)
    for signal in signals:
        for step in steps:
            sigma = shape.sigma[step]
            clips = []
            for prompt, (text, _) in enumerate(prompts[:heard]):
                for sample in range(shape.samples):
                    tone = 0.1 * np.sin(2 * np.pi * (220 + 40 * prompt) * time)
                    if signal == "noisy":
                        tone = (tone + 0.1 * sigma * random.standard_normal(len(time))) / np.sqrt(1 + sigma**2)
                    tone[CLICK : CLICK + 4] = 0.9
                    record = {
                        "prompt_id": prompt,
                        "prompt": text,
                        "sample": sample,
                        "signal": signal,
                        "step": step,
                        "sigma": float(sigma),
                    }
                    audio = np.repeat(np.float32([tone]), shape.channels, axis=0)
                    clips.append(shard_writing.Clip(f"{prompt:06d}_{sample:02d}", audio, shape.sample_rate, record))
            for number in range(0, len(clips), 8):
                path = folder / signal / f"step_{step:02d}" / f"shard_{number // 8:04d}.tar"
                shard_writing.write(path, clips[number : number + 8])
