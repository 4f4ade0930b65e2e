import json
import sys

import numpy as np
import pyarrow as pa
import pytest
from musicologist.audio.acoustics import AUDIO_ACOUSTICS, NOTE_ACOUSTICS
from musicologist.concepts import definitions
from musicologist.concepts.datasets import DATASET
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, TEXT_EMBEDDINGS
from musicologist.emergence import controls, scored_clips
from musicologist.emergence.tables import CONTENT, CONTROLS, SCORES
from musicologist.probes import baselines
from musicologist.prompts.tables import ANNOTATIONS
from musicologist.statistics import nulls
from musicologist.vocabulary import text_queries
from musicologist.vocabulary.aspects import ASPECTS

CONCEPT = definitions.load("config/concepts.yaml", ["is_brass"])["is_brass"]
STEPS = {0: 100.0, 5: 10.0, 9: 1.0}
ODD = [int(n >= 8 and n % 2) for n in range(19)]
"""Which of the prompts with a side name another aspect."""


def auc_of(decision, labels):
    from sklearn.metrics import roc_auc_score

    return roc_auc_score(labels, decision)


def test_partialling_removes_what_loudness_makes_and_keeps_what_it_does_not():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 400)
    loudness = rng.normal(size=800) + 1.5 * labels
    covariates = np.column_stack([loudness, np.ones(800)])  # a covariate that never varies must do no harm
    heard_by_loudness = 2 * loudness + rng.normal(size=800)
    assert auc_of(heard_by_loudness, labels) > 0.8
    assert auc_of(nulls.partialled(heard_by_loudness, covariates, labels), labels) == pytest.approx(0.5, abs=0.05)
    own = 2 * loudness + 2 * labels + rng.normal(size=800)
    rest = auc_of(nulls.partialled(own, covariates, labels), labels)
    assert rest == pytest.approx(auc_of(2 * labels + rng.normal(size=800), labels), abs=0.04)


def test_partialling_is_the_residual_of_an_ordinary_regression_on_the_negatives():
    from sklearn.linear_model import LinearRegression

    rng = np.random.default_rng(1)
    covariates, decision, labels = rng.normal(size=(60, 3)) * [1, 10, 100], rng.normal(size=60), np.arange(60) % 3 == 0
    fitted = LinearRegression().fit(covariates[~labels], decision[~labels])
    expected = decision - fitted.predict(covariates)
    assert nulls.partialled(decision, covariates, labels.astype(int)) == pytest.approx(expected, abs=1e-9)


def test_with_mismatched_prompts_a_perfect_probe_is_at_chance():
    labels = np.arange(40) % 4 == 0
    prompts = np.repeat(np.arange(40), 3)
    decision = labels[prompts] + np.random.default_rng(0).normal(0, 0.01, 120)
    turned = nulls.mismatched(decision, prompts, labels.astype(int), 0)
    assert len(turned) == 39
    assert turned.mean() == pytest.approx(0.5, abs=0.02)
    assert turned.max() < 1  # no rotation leaves all labels where they were


def test_the_handcrafted_probe_is_a_standardised_logistic_regression():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(80, 5)) * [1, 2, 30, 4, 5], np.arange(80) % 2
    expected = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8, max_iter=1000)).fit(features, labels)
    assert baselines.handcrafted(features, labels).decision_function(features) == pytest.approx(
        expected.decision_function(features), abs=1e-4
    )


def test_no_in_domain_probe_judges_a_prompt_that_it_has_seen():
    """With labels that mean nothing and clips that tell their prompt, a leak would reach an AUC of 1."""
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.arange(60), 4)
    labels = rng.permutation(np.repeat([0, 1], 30))[prompts]
    labels[prompts < 6] = -1
    features = (np.eye(60)[prompts] * 3 + rng.normal(0, 0.1, (240, 60))).astype(np.float32)
    probes, judge = baselines.in_domain(features, labels, prompts, 0)
    assert len(probes) == baselines.FOLDS
    assert all(len(set(judge[prompts == prompt])) == 1 for prompt in range(60))
    decision = np.stack([probe.decision_function(features) for probe in probes])[judge, np.arange(240)]
    known = labels >= 0
    assert 0.2 < auc_of(decision[known], labels[known]) < 0.7
    assert auc_of(probes[0].decision_function(features)[known & (judge != 0)], labels[known & (judge != 0)]) > 0.95


def test_every_aspect_has_queries_in_several_wordings():
    queries = text_queries.queries()
    assert {aspect for aspect, _ in queries} == set(ASPECTS)
    assert len(queries) == len(set(queries)) == len(ASPECTS) * len(text_queries.TEMPLATES)
    assert ("organ", "a recording of an organ note") in queries
    assert ("drum", "drum chords") in queries


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def made(tmp_path):
    """Twenty prompts, two clips each; brass lies along one axis of the embedding, the more the less noise there is."""
    rng = np.random.default_rng(0)
    prompts, samples = np.repeat(np.arange(20), 2), np.tile([0, 1], 20)
    label = [1 if prompt < 8 else None if prompt == 19 else 0 for prompt in range(20)]
    scores, acoustics, paths = [], [], []
    for signal in ("denoised", "noisy", "deformed"):
        for step, sigma in STEPS.items():
            level = {"signal": [signal] * 40, "step": [step] * 40}
            noise = {"sigma": [sigma] * 40, "log_snr_db": [-20 * np.log10(sigma)] * 40}
            embedding = rng.normal(0, 1, (40, 512)) + np.outer(prompts < 8, np.eye(512)[0]) * 40 / np.sqrt(1 + sigma)
            names = {"prompt_id": prompts, "sample": samples, **level}
            path = tmp_path / signal / f"step_{step:02d}.parquet"
            column = tables.embedding_column(unit(embedding))
            parquet.write(path, AUDIO_EMBEDDINGS, pa.table({**names, **noise, "embedding": column}))
            paths.append(path)
            decision = embedding[:, 0] + rng.normal(size=40)
            columns = {"decision": decision, "predicted": (decision > 0).astype(np.int8)}
            labels = pa.array([label[prompt] for prompt in prompts], pa.int8())
            of = {"concept": ["is_brass"] * 40, "classifier": ["svm"] * 40}
            scores.append(pa.table({**of, **names, **noise, **columns, "prompt_label": labels}))
            if signal != "deformed":
                acoustics.append(measured(rng, 40, names))
    dataset = {"note_id": [f"n{n}" for n in range(60)], "label": np.arange(60) % 2, "instrument": ["i"] * 60}
    parquet.write(tmp_path / "dataset.parquet", DATASET, pa.table({**dataset, "split": ["train"] * 60}))
    parquet.write(tmp_path / "notes.parquet", NOTE_ACOUSTICS, measured(rng, 60, {"note_id": dataset["note_id"][::-1]}))
    parquet.write(tmp_path / "audio.parquet", AUDIO_ACOUSTICS, pa.concat_tables(acoustics[::-1]))
    parquet.write(tmp_path / "scores.parquet", SCORES, pa.concat_tables(scores))
    named = {"prompt_id": range(20), "aspects": [["brass"] if n < 8 else ["flute"] if n % 2 else [] for n in range(20)]}
    rest = {"aspects_raw": [[]] * 20, "bpm": [None] * 20, "annotator": ["lexicon"] * 20, "pass": [1] * 20}
    parquet.write(tmp_path / "annotations.parquet", ANNOTATIONS, pa.table({**named, **rest}, schema=ANNOTATIONS))
    aspects, texts = zip(*text_queries.queries(), strict=True)
    queries = rng.normal(size=(len(texts), 512)) + np.outer(np.array(aspects) == "brass", np.eye(512)[0]) * 40
    queries = {"aspect": aspects, "text": texts, "embedding": tables.embedding_column(unit(queries))}
    parquet.write(tmp_path / "texts.parquet", TEXT_EMBEDDINGS, pa.table(queries))
    return tmp_path, paths


def measured(rng, size, names):
    mfcc = pa.FixedSizeListArray.from_arrays(pa.array(rng.normal(size=size * 40), pa.float32()), 40)
    values = {"loudness_lufs": rng.normal(-20, 3, size), "centroid_hz": rng.uniform(500, 3000, size)}
    return pa.table({**names, **values, "flatness_db": rng.normal(-20, 3, size), "mfcc": mfcc})


def run(folder, paths, monkeypatch):
    import measure_controls

    options = {"concepts": "config/concepts.yaml", "concept": "is_brass", "scores": f"svm={folder}/scores.parquet"}
    options |= {"texts": folder / "texts.parquet", "dataset": folder / "dataset.parquet", "seed": 1}
    options |= {"annotations": folder / "annotations.parquet"}
    options |= {"resamples": 50, "permutations": 50}
    options |= {"acoustics": folder / "audio.parquet", "note-acoustics": folder / "notes.parquet"}
    options |= {"probes": folder / "svm.skops", "classifiers": "svm=musicologist.probes.svm"}
    options |= {"controls": folder / "c.parquet", "content": folder / "t.parquet", "summary": folder / "s.json"}
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    monkeypatch.setattr(sys, "argv", ["x", *flags, "--embeddings", *map(str, paths)])
    measure_controls.main()
    return parquet.read(folder / "c.parquet", CONTROLS).to_pandas()


def test_the_controls_of_a_concept_that_is_there(made, monkeypatch):
    folder, paths = made
    found = run(folder, paths[::-1], monkeypatch)
    kinds = found.groupby("control")[["signal", "step"]].apply(lambda rows: len(rows.drop_duplicates()))
    assert kinds.to_dict() == {
        **dict.fromkeys(("partialled", "handcrafted"), 6),
        **dict.fromkeys(("zero_shot", "in_domain", "content", "mismatched", "conditional", "near"), 9),
    }
    counted = found[["n_pos_prompts", "n_neg_prompts"]]
    assert (counted[~found["control"].isin(("content", "near"))] == [8, 11]).all().all()
    assert (counted[found["control"] == "near"] == [8, 12]).all().all()
    last = found[(found["step"] == 9) & (found["signal"] == "denoised")].set_index("control")["roc_auc"]
    assert min(last["zero_shot"], last["in_domain"], last["partialled"], last["content"]) > 0.95
    assert 0.3 < last["handcrafted"] < 0.7
    assert last["mismatched"] == pytest.approx(0.5, abs=0.03)
    assert (found["roc_auc_low"] <= found["roc_auc"]).all()
    assert (found["roc_auc"] <= found["roc_auc_high"]).all()

    content = parquet.read(folder / "t.parquet", CONTENT).to_pandas()
    assert list(content["sample"]) == [0, 1] * 20
    assert content["zero_shot_label"].sum() == content["in_domain_label"].sum() == round(40 * 8 / 19)
    assert content["prompt_label"].isna().sum() == 2
    summary = json.loads((folder / "s.json").read_text())
    assert summary["content"]["zero_shot_kappa"] > 0.85
    assert summary["explained_by_other_aspects"] == pytest.approx(np.corrcoef([1] * 8 + [0] * 11, ODD)[0, 1] ** 2)
    assert [(curve["control"], curve["classifier"], curve["signal"]) for curve in summary["curves"]] == [
        *(("conditional", "svm", signal) for signal in ("deformed", "denoised", "noisy")),
        ("partialled", "svm", "denoised"),
        ("partialled", "svm", "noisy"),
    ]
    assert summary["last_level"]["zero_shot"]["text"]["denoised"]["roc_auc"] == pytest.approx(
        last["zero_shot"], abs=1e-5
    )
    again = run(folder, paths, monkeypatch)
    assert again.equals(found)


def test_clips_without_prompts_are_set_against_those_that_ask(made):
    folder, _ = made
    scores = {"svm": scored_clips.arrange(parquet.read(folder / "scores.parquet", SCORES), "scores")}

    class First:
        """A probe of the embedding's first axis."""

        def decision_function(self, embeddings):
            return embeddings[:, 0] - 0.5

    rng = np.random.default_rng(0)
    parts = []
    for signal, step in (("denoised", 9), ("noisy", 0), ("noisy", 9)):
        embedding = rng.normal(0, 0.1, (6, 512))
        embedding[:2, 0] += 1 if step == 9 else 0  # two of six are called at the last level
        names = {"prompt_id": range(6), "sample": [0] * 6, "signal": [signal] * 6, "step": [step] * 6}
        noise = {"sigma": [STEPS[step]] * 6, "log_snr_db": [0.0] * 6}
        parts.append(pa.table({**names, **noise, "embedding": tables.embedding_column(embedding.astype(np.float32))}))
    rows = controls.unconditional_rows("is_brass", scores, {"svm": First()}, pa.concat_tables(parts))
    found = {(row["control"], row["signal"], row["step"]): row for row in rows}
    assert set(found) == {
        ("unconditional", "denoised", 9),
        ("unconditional", "noisy", 0),
        ("unconditional", "noisy", 9),
        ("decoded_noise", "noisy", 0),
    }
    last = found["unconditional", "denoised", 9]
    assert last["called_share"] == pytest.approx(1 / 3)
    assert (last["n_pos_prompts"], last["n_neg_prompts"], last["n_pos"], last["n_neg"]) == (8, 6, 16, 6)
    assert last["roc_auc"] > 0.95
    noise = found["decoded_noise", "noisy", 0]
    assert noise["called_share"] == 0
    assert np.isnan(noise["roc_auc"])


def test_with_too_few_prompts_nothing_is_said(made, monkeypatch):
    folder, paths = made
    table = parquet.read(folder / "scores.parquet", SCORES)
    labels = pa.array([1 if prompt == 0 else 0 for prompt in table["prompt_id"].to_pylist()], pa.int8())
    place = table.column_names.index("prompt_label")
    parquet.write(folder / "scores.parquet", SCORES, table.set_column(place, "prompt_label", labels))
    found = run(folder, paths, monkeypatch)
    assert found["roc_auc"].isna().all()
    assert "in_domain" not in set(found["control"])
    content = parquet.read(folder / "t.parquet", CONTENT)
    assert content["in_domain_label"].null_count == 40
    assert content["zero_shot_label"].null_count == 0


def test_a_clip_on_both_sides_counts_with_each_label_and_has_one_content(made, monkeypatch):
    """Prompts 3 (which asks for brass) and 9 (which does not) count on both sides, as `labels: original` may have it."""
    from sklearn.metrics import cohen_kappa_score

    folder, paths = made
    table = parquet.read(folder / "scores.parquet", SCORES)
    rows = table.to_pylist()
    again = [row | {"prompt_label": 1 - row["prompt_label"]} for row in rows if row["prompt_id"] in (3, 9)]
    parquet.write(folder / "scores.parquet", SCORES, pa.Table.from_pylist(rows + again, schema=SCORES))
    found = run(folder, paths[::-1], monkeypatch).set_index(["control", "signal", "step"])
    assert set(found.index.get_level_values("control")) == {
        *("partialled", "handcrafted", "zero_shot", "in_domain", "content", "mismatched", "conditional", "near")
    }
    counted = found[["n_pos_prompts", "n_neg_prompts", "n_pos", "n_neg"]]
    assert (counted.drop(["content", "near"], level="control") == [9, 12, 18, 24]).all().all()
    assert (counted.loc["content"][["n_pos", "n_neg"]].sum(axis=1) == 40).all()

    content = parquet.read(folder / "t.parquet", CONTENT).to_pandas().set_index(["prompt_id", "sample"])
    assert len(content) == 40 and content.index.is_unique
    assert set(content.index[content["prompt_label"].isna()].get_level_values("prompt_id")) == {3, 9, 19}
    last = [row for row in rows + again if (row["signal"], row["step"]) == ("denoised", 9)]
    asked = np.array([-1 if row["prompt_label"] is None else row["prompt_label"] for row in last])
    held = content.loc[[(row["prompt_id"], row["sample"]) for row in last]]
    summary = json.loads((folder / "s.json").read_text())["content"]
    for control in ("zero_shot", "in_domain"):
        area = auc_of(held[control][asked >= 0], asked[asked >= 0])
        assert found.loc[(control, "denoised", 9), "roc_auc"] == pytest.approx(area, abs=1e-9)
        kappa = cohen_kappa_score(asked[asked >= 0], held[f"{control}_label"][asked >= 0])
        assert summary[f"{control}_kappa"] == pytest.approx(kappa, abs=1e-5)


def test_no_in_domain_probe_judges_the_other_row_of_a_clip_it_has_seen(made):
    """With labels that mean nothing, clips on both sides that were learnt with one label would be called by it."""
    folder, paths = made
    table = parquet.read(folder / "scores.parquet", SCORES)
    rows = [row for row in table.to_pylist() if row["signal"] == "denoised"]
    rows = [row | {"prompt_label": side} for row in rows for side in (0, 1)]
    scored = scored_clips.arrange(pa.Table.from_pylist(rows, schema=SCORES), "scores")
    decisions = controls.from_embeddings(CONCEPT, paths, scored, 1)["in_domain", "lda", "denoised"]
    first, second = (decisions[:, scored["denoised"].clip_labels == side] for side in (0, 1))
    assert np.array_equal(first, second)


def test_other_clips_than_the_scores_are_refused(made):
    folder, _ = made
    scored = scored_clips.arrange(parquet.read(folder / "scores.parquet", SCORES), "scores")
    table = parquet.read(folder / "audio.parquet", AUDIO_ACOUSTICS)
    parquet.write(folder / "fewer.parquet", AUDIO_ACOUSTICS, table.slice(1))
    with pytest.raises(
        UserError, match=r"fewer\.parquet at step 9 of noisy holds other clips than the scores.*measure"
    ):
        controls.arrange_acoustics(folder / "fewer.parquet", scored)
    table = parquet.read(folder / "notes.parquet", NOTE_ACOUSTICS)
    parquet.write(folder / "fewer.parquet", NOTE_ACOUSTICS, table.slice(1))
    with pytest.raises(UserError, match=r"fewer\.parquet lacks notes of"):
        controls.from_cepstra(folder / "dataset.parquet", folder / "fewer.parquet", {})
