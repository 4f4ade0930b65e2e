"""When concepts emerge in several runs, compared."""

import json
import sys
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet, results, results_writing
from musicologist.core.errors import UserError
from musicologist.emergence import run_comparison
from musicologist.emergence.run_comparison import Side
from musicologist.emergence.tables import LANDMARKS
from musicologist.prompts.tables import PROMPTS
from musicologist.statistics.outcomes import EMERGED, FROM_THE_START, NOT_EMERGED

PROMPT = MappingProxyType({0: "A flute."})
SIGMAS = {"is_brass": 20.0, "is_flute": 10.0, "is_warm": 5.0, "is_bass": 2.0}


def row(concept, answer=EMERGED, censored=0, sigma=1.0):
    columns = {"concept": concept, "classifier": "svm", "signal": "noisy", "answer": answer, "step": 5}
    columns |= {"half_excess_sigma": sigma, "half_excess_sigma_low": sigma / 2, "half_excess_sigma_high": sigma * 2}
    return columns | {"half_excess_censored": censored, "n_pos_prompts": 10, "n_neg_prompts": 30}


def side(name, factor=1.0, seed=0, prompts=PROMPT, **changed):
    """A run with four concepts, at ``factor`` times SIGMAS; ``changed`` are their rows."""
    rng = np.random.default_rng(seed)
    rows = {(c, "svm", "noisy"): changed.get(c, row(c, sigma=factor * sigma)) for c, sigma in SIGMAS.items()}
    error = rng.normal(0, 0.1, (200, len(SIGMAS)))
    times = {}
    for number, (key, sigma) in enumerate(zip(rows, SIGMAS.values(), strict=True)):
        times[key] = np.log(factor * sigma) + np.concatenate([[0], error[:, number]])
    return Side(name, rows, times, prompts)


def test_a_run_beside_itself_differs_in_nothing():
    mine = side("a")
    found = list(run_comparison.rows([mine, mine]))
    assert tuple(found[0]) == run_comparison.COLUMNS
    assert all(r["shift"] == r["shift_low"] == r["shift_high"] == 0 and not r["changed"] for r in found)
    [summary] = run_comparison.summaries([mine, mine])
    assert summary["shift"]["value"] == summary["shift"]["low"] == summary["shift"]["high"] == 0
    assert summary["concordance"]["tau_b"] == 1 and summary["same_prompts"] and summary["changed"] == []


def test_a_run_at_half_the_noise_is_found_as_that():
    [summary] = run_comparison.summaries([side("a"), side("b", 0.5, seed=1)])
    shift = summary["shift"]
    assert shift["value"] == pytest.approx(np.log(0.5))
    assert shift["low"] < shift["value"] < shift["high"] < 0
    assert summary["concordance"]["tau_b"] == 1
    assert 0.9 < summary["concordance"]["reliability"]["a"] <= 1
    said = run_comparison.sentence(summary)
    assert said.startswith("b beside a (noisy, svm): concepts come up at lower noise: sigma times 0.50 [")
    assert "0 of 4 answers change; tau-b of the orders 1.00" in said


def test_what_was_not_seen_coming_up_has_no_shift_but_its_answer_counts():
    other = side(
        "b", 0.5, seed=1, is_brass=row("is_brass", FROM_THE_START, 1), is_bass=row("is_bass", NOT_EMERGED, 0, np.nan)
    )
    found = {r["concept"]: r for r in run_comparison.rows([side("a"), other])}
    assert [np.isnan(found[c]["shift"]) for c in SIGMAS] == [True, False, False, True]
    assert [found[c]["changed"] for c in SIGMAS] == [1, 0, 0, 1]
    [summary] = run_comparison.summaries([side("a"), other])
    assert summary["shift"]["concepts"] == 2 and summary["concordance"]["concepts"] == 3
    assert "2 of 4 answers change (brass, bass)" in run_comparison.sentence(summary)
    none = side("c", **{c: row(c, NOT_EMERGED, 0, np.nan) for c in SIGMAS})
    [summary] = run_comparison.summaries([side("a"), none])
    assert "too few concepts were seen coming up in both to say when" in run_comparison.sentence(summary)


def test_runs_of_other_prompts_are_said_to_be_such():
    assert run_comparison.paired(side("a"), side("b"))
    assert not run_comparison.paired(side("a"), side("b", prompts={0: "A harp."}))
    assert not run_comparison.paired(side("a", prompts=None), side("b", prompts=None))


def write(folder, name, factor, seed):
    made = side(name, factor, seed)
    results_rows = [{**r, "step": step} for r in made.rows.values() for step in (0, 5)]
    (folder / name).mkdir(parents=True)
    results_writing.write(folder / name / "atlas.csv", results_rows)
    for (concept, classifier, signal), values in made.times.items():
        size = len(values)
        columns = {"classifier": [classifier] * size, "signal": [signal] * size, "resample": range(size)}
        columns |= dict.fromkeys(("half_excess", "half_rise", "logistic", "onset"), values)
        (folder / name / "concepts" / concept).mkdir(parents=True)
        parquet.write(folder / name / "concepts" / concept / "landmarks.parquet", LANDMARKS, pa.table(columns))
    texts = {"prompt_id": [0, 1], "text": ["A flute.", "A harp."], "writer": ["template"] * 2}
    texts |= {"unknown_words": pa.nulls(2, pa.list_(pa.string()))}
    parquet.write(folder / name / "prompts.parquet", PROMPTS, pa.table(texts))
    return folder / name


def test_folders_of_runs_become_tables_and_a_picture(tmp_path, monkeypatch):
    import compare_landmarks
    import plot_comparison

    folders = [str(write(tmp_path, name, factor, seed)) for seed, (name, factor) in enumerate([("a", 1), ("b", 0.5)])]
    csv, summary, picture = (str(tmp_path / f"landmarks.{end}") for end in ("csv", "json", "png"))
    prompts = [f"{folder}/prompts.parquet" for folder in folders]
    given = ["--names", "a", "b", "--folders", *folders, "--prompts", *prompts, "--output", csv, "--summary", summary]
    monkeypatch.setattr(sys, "argv", ["x", *given])
    compare_landmarks.main()
    rows = results.read(csv)
    assert (
        len(rows) == 4
        and rows[0]["first_answer"] == EMERGED
        and rows[0]["shift"] == pytest.approx(np.log(0.5), abs=1e-5)
    )
    found = json.loads((tmp_path / "landmarks.json").read_text())
    assert found["curves"][0]["same_prompts"] is True and len(found["sentences"]) == 1
    drawn = ["--comparison", csv, "--summary", summary, "--dpi", "60", "--note", "Audio: given.", "--output", picture]
    monkeypatch.setattr(sys, "argv", ["x", *drawn])
    plot_comparison.main()
    assert (tmp_path / "landmarks.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_without_landmarks_of_a_curve_is_named(tmp_path):
    folder = write(tmp_path, "a", 1, 0)
    path = folder / "concepts/is_bass/landmarks.parquet"
    table = parquet.read(path, LANDMARKS)
    parquet.write(path, LANDMARKS, table.set_column(0, "classifier", pa.array(["other"] * len(table))))
    with pytest.raises(UserError, match="has no landmarks of is_bass svm noisy"):
        run_comparison.read("a", folder, None)
