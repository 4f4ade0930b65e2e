"""What tags say of concepts: the same statistics as a probe's curve, of the highest probability."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables, tagged
from musicologist.emergence import curve, tag_curves
from musicologist.emergence.curve import Settings
from musicologist.emergence.scored_clips import ScoredClips

NAMES = ["guitar", "strings", "violin"]
ASKED = {"is_guitar": ["guitar"], "is_string": ["strings", "violin"]}
PROMPTS, SIGMAS = 40, [10.0, 1.0]
SETTINGS = Settings(resamples=50, permutations=200)


def scored():
    """Clips of two levels, a quarter of the prompts with the concept."""
    labels = (np.arange(PROMPTS) % 4 == 0).astype(int)
    nothing = np.zeros((2, 2 * PROMPTS))
    return {"denoised": ScoredClips.from_arrays(nothing, labels, np.repeat(np.arange(PROMPTS), 2), SIGMAS)}


@pytest.fixture
def table(tmp_path):
    """Tags of the clips in another order: "guitar" rises with the concept at the last level, "violin" says it alone."""
    mine, rng = scored()["denoised"], np.random.default_rng(0)
    with parquet.writer(tmp_path / "tags.parquet", tagged.TAGS, {tagged.NAMES: json.dumps(NAMES)}) as append:
        for step, sigma in enumerate(SIGMAS):
            probability = rng.uniform(0, 0.4, (2 * PROMPTS, 3))
            probability[:, 0] += 0.3 * step * mine.clip_labels
            probability[:, 2] += 0.5 * mine.clip_labels
            order = rng.permutation(2 * PROMPTS)
            columns = {"prompt_id": mine.clip_prompt_ids[order], "sample": mine.samples[order]}
            columns |= {name: [value] * len(order) for name, value in (("signal", "denoised"), ("step", step))}
            columns |= {"sigma": [sigma] * len(order), "log_snr_db": [0.0] * len(order)}
            append(pa.table({**columns, "probability": tables.embedding_column(probability[order].astype(np.float32))}))
    return tmp_path / "tags.parquet"


def measured(table):
    found, clips = tag_curves.strongest(table, ASKED), scored()
    return {concept: (tag_curves.decisions(found, concept, clips, table), clips) for concept in ASKED}


def rows(decided):
    return [row for concept, mine in decided.items() for row in tag_curves.rows(concept, ASKED[concept], *mine)]


def test_area_and_interval_are_those_that_a_probes_curve_of_the_same_decisions_has(table):
    decided = measured(table)
    for concept, (decisions, clips) in decided.items():
        probe = replace(clips["denoised"], decision=decisions["tags", "tags", "denoised"])
        expected = curve.measure(probe, settings=SETTINGS).rows
        found = [row for row in rows(decided) if row["concept"] == concept]
        assert [set(row) for row in found] == [set(tag_curves.COLUMNS)] * 2
        for mine, other in zip(found, expected, strict=True):
            assert all(mine[name] == other[name] for name in tag_curves.COLUMNS if name in other)
    assert [row["roc_auc"] > 0.8 for row in rows(decided)] == [False, True, True, True]


def test_an_answer_is_given_and_said(table):
    decided = measured(table)
    guitar, string = tag_curves.summaries(decided, rows(decided), SETTINGS)
    assert (guitar["answer"], string["answer"]) == ("emerged", "there from the start")
    assert guitar["step"] == 1 and guitar["q"] <= 0.05 and string["tags"] == ["strings", "violin"]
    said = tag_curves.sentence(string, "musicnn")
    assert said.startswith("musicnn's own tags strings, violin, which no note taught: there from the start; ROC-AUC at")
    few = {**guitar, "roc_auc_low": float("nan")}
    assert tag_curves.sentence(few, "musicnn").endswith(f"of denoised {guitar['roc_auc']:.2f}.")


def test_other_clips_than_the_scores_are_refused(table):
    found, clips = tag_curves.strongest(table, ASKED), scored()
    fewer = found.filter(pa.array(found["prompt_id"].to_numpy() > 0))
    with pytest.raises(UserError, match=r"prompt 0, sample 0 is missing .*tag_audio"):
        tag_curves.decisions(fewer, "is_guitar", clips, table)
