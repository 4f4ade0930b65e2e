"""Labels by both rules, on annotations in the original study's format.

``original_concepts.csv`` holds the original's concept table; the rules are read off it here with pandas, as its authors did.
"""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from musicologist.concepts import definitions, prompt_labels
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
from musicologist.emergence import curve, scored_clips
from musicologist.emergence.tables import SCORES
from musicologist.inputs.annotations import read_original
from musicologist.probes import classifiers
from musicologist.probes.logistic import Logistic
from musicologist.prompts.tables import ANNOTATIONS, PROMPTS
from musicologist.vocabulary.aspects import ASPECTS

ROOT = Path(__file__).parents[3]
TABLE = pd.read_csv(ROOT / "tests/support/original_concepts.csv", index_col="concept")
CONCEPTS = definitions.load(ROOT / "config/concepts.yaml")
TERMS = prompt_labels.load_original(ROOT / "config/original_labels.yaml", TABLE.index)
STRAY = ("electric", "slow_decay", "accordion", "dark sound", "drums", "Bass", "bright", "stringy pad")


@pytest.fixture(scope="module")
def records():
    """Each aspect and stray tag alone, nothing at all, and 400 random lists."""
    rng = np.random.default_rng(0)
    tags = (*ASPECTS, *STRAY)
    lists = [[], *([tag] for tag in tags), *(rng.choice(tags, rng.integers(0, 6), False).tolist() for _ in range(400))]
    return [{"prompt": f"Prompt {n}", "aspects": found, "bpm": None} for n, found in enumerate(lists)]


@pytest.fixture(scope="module")
def given(records, tmp_path_factory):
    path = tmp_path_factory.mktemp("given") / "annotations.json"
    path.write_text(json.dumps(records, indent=2))
    return read_original(path)


def numbers(sides, side):
    return {number for number, found in enumerate(sides) if side in found}


@pytest.mark.parametrize("concept", TABLE.index)
def test_original_labels_are_those_of_the_originals_table(concept, records, given):
    text = pd.DataFrame(records)["aspects"].astype(str)
    matches = {
        side: text.str.contains("|".join(TABLE.loc[concept, f"{side}_aspects"].split()))
        for side in ("positive", "near")
    }
    sides = [prompt_labels.original_sides(annotation.raw, TERMS[concept]) for annotation in given.annotations]
    assert numbers(sides, 1) == set(np.flatnonzero(matches["positive"]))
    assert numbers(sides, 0) == set(np.flatnonzero(~matches["near"]))


def test_the_originals_faults_are_there(given):
    def both(concept):
        sides = [prompt_labels.original_sides(annotation.raw, TERMS[concept]) for annotation in given.annotations]
        return numbers(sides, 1) & numbers(sides, 0)

    assert {concept for concept in TABLE.index if both(concept)} == {"is_percussion", "is_techno"}
    assert prompt_labels.original_sides(["warm sound"], TERMS["is_warm"]) == (0,)
    assert prompt_labels.original_sides(["dark sound"], TERMS["is_warm"]) == (1,)
    assert prompt_labels.original_sides(["Bass"], TERMS["is_bass"]) == (0,)
    assert prompt_labels.original_sides(["reverb"], TERMS["is_warm"]) == ()


def test_corrected_labels_have_no_prompt_on_both_sides_and_warm_sounds_are_warm(given):
    assert set(CONCEPTS) == set(TABLE.index)
    for concept in CONCEPTS.values():
        sides = [prompt_labels.corrected_sides(annotation.aspects, concept) for annotation in given.annotations]
        assert not numbers(sides, 1) & numbers(sides, 0)
        assert numbers(sides, 1) and numbers(sides, 0)
    warm = [prompt_labels.corrected_sides(annotation.aspects, CONCEPTS["is_warm"]) for annotation in given.annotations]
    asked = {n for n, annotation in enumerate(given.annotations) if "warm sound" in annotation.aspects}
    assert numbers(warm, 1) == asked
    assert {n for n, annotation in enumerate(given.annotations) if "warm sound" in annotation.raw} < asked


def test_a_concept_that_the_original_lacks_is_refused():
    with pytest.raises(UserError, match=r"no entry is_mine, which is no concept of the original study"):
        prompt_labels.load_original(ROOT / "config/original_labels.yaml", ["is_mine"])


@pytest.fixture
def scored(tmp_path, monkeypatch):
    """scores.parquet by rule and annotator of three prompts, two clips each, for is_percussion."""
    folder = tmp_path
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(40, 512)).astype(np.float32)
    classifiers.save(Logistic().fit(embeddings, np.arange(40) % 2, {"C": 1.0}, 0), folder / "probe.skops")
    level = {"signal": ["denoised"] * 6, "step": [0] * 6, "sigma": [1.0] * 6, "log_snr_db": [0.0] * 6}
    clips = {"prompt_id": [0, 0, 1, 1, 2, 2], "sample": [0, 1] * 3, **level}
    table = pa.table({**clips, "embedding": tables.embedding_column(embeddings[:6])})
    parquet.write(folder / "step.parquet", AUDIO_EMBEDDINGS, table)

    def score(rule, annotator, *more):
        rows = {
            "aspects": [["drum"], ["keyboard"], ["flute"]],
            "aspects_raw": [["drum"], ["keyboard"], ["flute", "dark"]],
        }
        if annotator == "lexicon":
            rows["aspects_raw"] = [["snare"], ["piano"], ["piccolo", "keyboardless"]]
        ids = {"prompt_id": [0, 1, 2], "bpm": [None] * 3, "annotator": [annotator] * 3, "pass": [1] * 3}
        annotations = pa.table({**ids, **rows}, schema=ANNOTATIONS)
        parquet.write(folder / "annotations.parquet", ANNOTATIONS, annotations)
        options = {"probe": "probe.skops", "embeddings": "step.parquet", "annotations": "annotations.parquet"}
        given = [word for name, file in options.items() for word in (f"--{name}", str(folder / file))]
        given += ["--concepts", str(ROOT / "config/concepts.yaml"), "--concept", "is_percussion", "--labels", rule]
        given += ["--classifier", "musicologist.probes.logistic", "--name", "logistic"]
        given += ["--original-labels", str(ROOT / "config/original_labels.yaml")]
        monkeypatch.setattr(sys, "argv", ["score_audio.py", *given, *more, "--output", str(folder / "scores.parquet")])
        runpy.run_path(str(ROOT / "scripts/score_audio.py"))["main"]()
        return parquet.read(folder / "scores.parquet", SCORES)

    return score


def test_a_prompt_on_both_sides_counts_on_both(scored):
    table = scored("original", "openai")
    rows = list(zip(table["prompt_id"].to_pylist(), table["prompt_label"].to_pylist(), strict=True))
    assert rows == [(0, 1), (0, 0), (0, 1), (0, 0), (1, None), (1, None), (2, 0), (2, 0)]
    decision = table["decision"].to_pylist()
    assert decision[0] == decision[1] and decision[2] == decision[3]
    trajectory = scored_clips.arrange(table, "scores")["denoised"]
    (row,) = curve.measure(trajectory, np.full((2, 1), 0.5), curve.Settings(10, 10, 0)).rows
    assert {key: row[key] for key in ("n_pos", "n_neg", "n_pos_prompts", "n_neg_prompts")} == {
        "n_pos": 2,
        "n_neg": 4,
        "n_pos_prompts": 1,
        "n_neg_prompts": 2,
    }


def test_corrected_labels_and_the_lexicons_tags(scored):
    assert scored("corrected", "openai")["prompt_label"].to_pylist() == [1, 1, None, None, 0, 0]
    by_lexicon = scored("original", "lexicon")
    assert by_lexicon["prompt_label"].to_pylist() == [1, 0, 1, 0, None, None, 0, 0]


TEXTS = ["a drum and a gong", "a keyboard", "a flute without gongs"]
GONG = """
aspects: {gong: [tam-tam]}
is_gong:
  group: struck
  notes: {match: any, positive: {families: [mallet]}}
  prompts: {positive: [gong], near: [keyboard]}
"""


def test_an_aspect_of_the_users_own_is_found_in_the_prompts_and_equal_prompts_become_one(scored, tmp_path):
    (tmp_path / "mine.yaml").write_text(GONG)
    prompts = {"prompt_id": [0, 1, 2], "text": TEXTS, "writer": ["given"] * 3, "unknown_words": [None] * 3}
    parquet.write(tmp_path / "prompts.parquet", PROMPTS, pa.table(prompts, schema=PROMPTS))
    own = (
        "--prompts",
        str(tmp_path / "prompts.parquet"),
        "--concepts",
        str(tmp_path / "mine.yaml"),
        "--concept",
        "is_gong",
    )
    assert scored("corrected", "lexicon", *own)["prompt_label"].to_pylist() == [1, 1, None, None, 0, 0]
    table = scored("corrected", "openai", "--equal", "2=1")
    assert table["prompt_id"].to_pylist() == [0, 0, 1, 1, 2, 2]
    mine = scored_clips.arrange(table, "scores")["denoised"]
    assert mine.clips.prompt_ids.tolist() == [0, 0, 1, 1, 2, 2]
    assert set(mine.clip_prompt_ids.tolist()) == {0, 1}
