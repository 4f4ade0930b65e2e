"""One small run to the end: its products, what a dry-run calls stale after each kind of change, and what a kill leaves."""

import csv
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from musicologist.core import parquet, results, results_writing, shards

from tests.support import kills
from tests.workflow import golden
from tests.workflow.conftest import ROOT, Checkout, inputs
from tests.workflow.products import differences

SMALL = "results/small"
CONCEPTS = ("is_brass", "is_warm")
ANSWERS = ("there from the start", "emerged")
BEHIND_STORAGE = (f"{SMALL}/embeddings/shards/audio_0000.parquet", f"{SMALL}/prompts/annotations.parquet")
PAGE = {"write_listening_page": 1}
RECORD = {"write_run_card": 1, **PAGE}  # the card holds the whole configuration, and the page holds the card
ALL_CONCEPTS = {"plot_atlas": 1, "plot_order": 1, "write_cards": 1, **RECORD}
CURVES = {"measure_emergence": 2, "plot_emergence": 2, "plot_rates": 2, "collect_atlas": 1, **ALL_CONCEPTS}
SCORES = {"score_audio": 4, "measure_controls": 2, "plot_pca": 2, **CURVES}
COLLECTED = {"collect_embeddings": 1, "collect_deformed": 1, "plot_distances": 1, **SCORES}
LEVELS = {"mark_levels": 1, **COLLECTED}
INFORMATION = {"collect_information": 1, "plot_information": 1}
UNCONDITIONAL = {"generate_unconditional": 1, "embed_unconditional": 1}
PROMPTED = {"generate_audio": 2, "embed_audio": 2, "measure_acoustics": 1, "collect_acoustics": 1}
PROMPTED |= {**INFORMATION, **LEVELS}
AUDIO = {**PROMPTED, **UNCONDITIONAL}
CONTROLS = {"measure_controls": 2, "plot_emergence": 2, "write_cards": 1, **PAGE}


def test_every_product_is_there_and_opens(finished):
    results = finished / SMALL
    products = (
        "atlas.csv",
        "atlas.png",
        "atlas.txt",
        "emergence.parquet",
        "order.json",
        "order.png",
        "distances.png",
        "information.parquet",
        "information.png",
        "run.json",
        "listen/index.html",
        "listen/clips/clips.csv",
    )
    for name in (*products, "prompts/prompts.parquet", "notes/notes.parquet"):
        assert (results / name).stat().st_size > 0
    for concept in ("is_brass", "is_warm"):
        found = {path.name for path in (results / "concepts" / concept).iterdir()}
        classifiers = ("logistic", "svm")
        assert found == {
            "dataset.parquet",
            "controls.parquet",
            "controls.json",
            "content.parquet",
            "landmarks.parquet",
            "emergence.csv",
            "card.json",
            "emergence.json",
            "pca.gif",
            *(f"{figure}.{kind}" for figure in ("emergence", "rates", "pca") for kind in ("png", "txt")),
        } | {name for c in classifiers for name in (f"{c}.skops", f"{c}.json", f"scores_{c}.parquet")}
    annotations = pd.read_parquet(results / "prompts/annotations.parquet")
    assert list(annotations) == ["prompt_id", "aspects", "aspects_raw", "bpm", "annotator", "pass"]
    assert len(annotations) == 22
    embeddings = pd.read_parquet(results / "embeddings/noisy/step_03.parquet")
    assert list(embeddings) == ["prompt_id", "sample", "signal", "step", "sigma", "log_snr_db", "embedding"]
    assert list(embeddings["prompt_id"]) == list(range(22))
    assert embeddings["embedding"].map(lambda e: (e**2).sum()).between(0.999, 1.001).all()
    acoustics = pd.read_parquet(results / "acoustics/audio.parquet")
    assert len(acoustics) == 22 * 2 * 3
    assert acoustics["loudness_lufs"].between(-70, 0).all()
    notes = pd.read_parquet(results / "embeddings/notes.parquet")
    assert sorted(notes["note_id"]) == list(pd.read_parquet(results / "notes/notes.parquet")["note_id"])


def test_every_table_names_its_run_and_models_and_has_one_kind_of_missing_value(finished):
    tables = sorted((finished / SMALL).rglob("*.parquet"))
    assert len(tables) > 40
    for path in tables:
        told = parquet.metadata(path)
        assert told["run"] == "small" and "stand-in" in told["models"], path
        table = pq.read_table(path)
        for name in table.column_names:
            if pa.types.is_floating(table[name].type):
                assert not pc.any(pc.is_nan(table[name])).as_py(), (path, name)
    scores = pd.read_parquet(finished / SMALL / "concepts/is_warm/scores_svm.parquet")
    assert set(scores["concept"]) == {"is_warm"} and set(scores["classifier"]) == {"svm"}
    said = (finished / SMALL / "README.md").read_text()
    assert said.startswith("# Run small\n") and "stand-in" in said


def test_what_the_documentation_shows_of_pandas_polars_and_duckdb_runs(finished):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/TABLES.md").read_text(), re.DOTALL)
    assert [next(lib for lib in ("pandas", "polars", "duckdb") if lib in block) for block in blocks] == [
        "pandas",
        "polars",
        "duckdb",
    ]
    for block in blocks:
        program = block.replace("results/demo", SMALL)
        done = subprocess.run([sys.executable, "-c", program], cwd=finished.path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


def test_products_behind_a_storage_plugin_are_those_of_this_run(finished, tmp_path):
    """Texts, clips and embeddings of a shard; without local copies Snakemake would take the tar files away: a sentence."""
    checkout, elsewhere, names = Checkout(tmp_path / "checkout"), tmp_path / "elsewhere", BEHIND_STORAGE
    storage = ("--default-storage-provider", "fs", "--default-storage-prefix", str(elsewhere))
    refused = checkout.snakemake(*names, *storage)
    assert refused.returncode == 1 and "need --keep-storage-local-copies" in refused.stderr
    checkout.run(*names, *storage, "--keep-storage-local-copies")
    stored = {path.relative_to(elsewhere).as_posix() for path in elsewhere.rglob("*") if path.is_file()}
    assert stored >= {*names, f"{SMALL}/audio/shard_0000.json"}
    assert not {name.removeprefix(f"{SMALL}/") for name in stored} & set(
        differences(elsewhere / SMALL, finished / SMALL)
    )


def test_the_atlas_is_a_long_table_with_intervals_around_its_figures(finished):
    with open(finished / SMALL / "atlas.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * 2 * 3 * 3
    assert {row["signal"] for row in rows} == {"denoised", "noisy", "deformed"}
    for row in rows:
        for metric in ("accuracy", "tpr", "tnr", "balanced_accuracy", "roc_auc", "average_precision"):
            low, high = float(row[f"{metric}_low"]), float(row[f"{metric}_high"])
            few = metric == "roc_auc" and min(int(row["n_pos_prompts"]), int(row["n_neg_prompts"])) < 5
            assert math.isnan(low) and math.isnan(high) if few else low - 1e-9 <= high
            assert 0 <= float(row[metric]) <= 1
        assert int(row["n_pos"]) + int(row["n_neg"]) <= 22


def test_atlas_order_and_cards_agree_in_every_answer_and_landmark(finished):
    atlas = results.read(finished / SMALL / "atlas.csv")
    order = json.loads((finished / SMALL / "order.json").read_text())
    cards = {name: json.loads((finished / SMALL / f"concepts/{name}/card.json").read_text()) for name in CONCEPTS}
    ordered = {
        (row["concept"], entry["classifier"], entry["signal"]): row
        for entry in order["orders"]
        for row in [*entry["concepts"], *entry["unresolved"]]
    }
    for row in results_writing.without_nan([row for row in atlas if row["step"] == 5]):
        [card] = [
            one
            for one in cards[row["concept"]]["curves"]
            if all(one[name] == row[name] for name in ("classifier", "signal"))
        ]
        place = ordered.pop((row["concept"], row["classifier"], row["signal"]), None)
        assert (place is None) == (row["answer"] == "not emerged")
        for found in (card, *([place] if place else ())):
            assert [found[name] for name in ("answer", "monotone", "half_excess_censored")] == [
                row[name] for name in ("answer", "monotone", "half_excess_censored")
            ]
        ends = {"value": "", "low": "_low", "high": "_high"}
        assert card["half_excess_sigma"] == {name: row[f"half_excess_sigma{end}"] for name, end in ends.items()}
        assert not place or all(
            place[f"half_excess_sigma{end}"] == row[f"half_excess_sigma{end}"] for end in ends.values()
        )
        assert card["warning"] == row["warning"]
    assert ordered == {}
    for entry in order["orders"]:
        ranks = {said: [row["rank"] for row in entry["concepts"] if row["answer"] == said] for said in ANSWERS}
        assert not all(ranks.values()) or max(ranks[ANSWERS[0]]) <= min(ranks[ANSWERS[1]])


def test_the_numbers_are_the_golden_ones(finished):
    """Where this fails after a change that was meant to change them: `python tests/workflow/golden.py results/small`."""
    assert golden.differences(golden.texts(finished / SMALL)) == []


def test_nothing_is_stale_after_a_run_nor_after_a_fresh_checkout(finished):
    assert finished.planned() == Counter()
    for name in finished.files:
        os.utime(finished / name)
    assert finished.planned() == Counter()


CONFIGURED = {
    "a figure's resolution": (
        [("dpi: 60", "dpi: 70")],
        {
            **{"plot_emergence": 2, "plot_rates": 2, "plot_atlas": 1, "plot_order": 1, "plot_distances": 1},
            **{"plot_information": 1, "plot_pca": 2, **RECORD},
        },
    ),
    "a figure's metric": ([("metric: roc_auc", "metric: accuracy")], {"plot_emergence": 2, "plot_atlas": 1, **RECORD}),
    "the animation's pace": ([("gif_frame_ms: 700", "gif_frame_ms: 600")], {"plot_pca": 2, **RECORD}),
    "a classifier's C": (
        [("svm: {C: 1}", "svm: {C: 2}")],
        {"train_probe": 2, "score_audio": 2, "measure_controls": 2, **CURVES},
    ),
    "the resamples": ([("resamples: 100", "resamples: 200")], {"measure_controls": 2, "plot_information": 1, **CURVES}),
    "the sampler": ([("dpmpp-2m-sde", "dpmpp-2m")], AUDIO),
    "the guidance": ([("guidance: 4", "guidance: 3")], PROMPTED),
    "a step added": ([("keep: [0, 3, 5]", "keep: [0, 2, 3, 5]")], AUDIO),
    "a step removed": ([("keep: [0, 3, 5]", "keep: [0, 5]")], {"embed_unconditional": 1, **LEVELS}),
    "a signal removed": (
        [("signals: [denoised, noisy]", "signals: [denoised]")],
        {"embed_unconditional": 1, **LEVELS},
    ),
    "the deformation control left out": ([("deformation: true", "deformation: false")], SCORES),
    "the null of the noisy state": (
        [("deformation: true", "deformation: true\n  renoising: true")],
        {"renoise_audio": 2, "embed_renoised": 2, "collect_renoised": 1, "compare_signals": 1, **SCORES},
    ),
    "the unguided estimate": (
        [("signals: [denoised, noisy]", "signals: [denoised, unguided, noisy]")],
        {"compare_signals": 1, **PROMPTED},
    ),
    "the rounds of switching, which is off": (
        [("unconditional: 4", "unconditional: 4\nswitching: {rounds: 3}")],
        RECORD,
    ),
    "more clips without prompts": (
        [("unconditional: 4", "unconditional: 5")],
        {**UNCONDITIONAL, **CONTROLS, **RECORD},
    ),
    "re-branching": (
        [("unconditional: 4", "unconditional: 4\ncommitment: {enabled: true}")],
        {"branch_audio": 1, "embed_branches": 1, "measure_commitment": 1, "plot_commitment": 1, **RECORD},
    ),
    "the sampler of re-branching, which is off": (
        [("unconditional: 4", "unconditional: 4\ncommitment: {sampler: dpmpp-3m-sde}")],
        RECORD,
    ),
    "what the listening page shows": (
        [("\nfigures:", "\nlistening: {prompts: 2}\nfigures:")],
        RECORD,
    ),
    "batch sizes and the device": ([("batch_size: 24", "batch_size: 5"), ("batch_size: 32", "batch_size: 7")], {}),
    "the label rule": ([("\nmodels:", "\nlabels: original\nmodels:")], SCORES),
    "a concept more": (
        [("concepts: [is_brass, is_warm]", "concepts: [is_brass, is_warm, is_organ]")],
        {
            "build_dataset": 1,
            "train_probe": 2,
            "score_audio": 2,
            "measure_controls": 1,
            "measure_emergence": 1,
            "plot_emergence": 1,
            "plot_rates": 1,
            "plot_pca": 1,
            "collect_atlas": 1,
            **ALL_CONCEPTS,
        },
    ),
    "ten prompts more": (
        [("  count: 22", "  count: 32")],
        {
            "write_prompts": 1,
            "collect_prompts": 1,
            "annotate_prompts": 1,
            "generate_audio": 1,
            "embed_audio": 1,
            "measure_acoustics": 1,
            "collect_acoustics": 1,
            **INFORMATION,
            **LEVELS,
        },
    ),
}


@pytest.mark.parametrize("what", CONFIGURED)
def test_a_change_of_the_configuration_makes_stale_what_it_must(finished, what):
    changes, expected = CONFIGURED[what]
    assert finished.planned(config=finished.configuration("changed.yaml", *changes)) == Counter(expected)


ONE_CONCEPT = {
    "build_dataset": 1,
    "train_probe": 2,
    "score_audio": 2,
    "measure_controls": 1,
    "measure_emergence": 1,
    "plot_emergence": 1,
    "plot_rates": 1,
    "plot_pca": 1,
    "collect_atlas": 1,
    **ALL_CONCEPTS,
}
EMBEDDED = {
    "embed_audio": 2,
    "embed_notes": 2,
    "embed_texts": 1,
    "embed_unconditional": 1,
    "collect_note_embeddings": 1,
    "factorise_notes": 1,
    "train_probe": 4,
    **COLLECTED,
}
EDITED = {
    "one concept": ("config/concepts.yaml", "near: {qualities: [reverb]}", "near: {qualities: [bright]}", ONE_CONCEPT),
    "a concept of another list": ("config/concepts.yaml", "near: [string, guitar]", "near: [string]", {}),
    "a comment of the concepts": ("config/concepts.yaml", "# The concepts:", "# Concepts:", {}),
    "the annotator's words": (
        "scripts/musicologist/vocabulary/aspects.toml",
        '"tuba",',
        '"tuba", "alphorn",',
        {"collect_prompts": 1, "annotate_prompts": 1, **SCORES},  # which names known words near unknown ones
    ),
    "the listening page's style": ("resources/listening/page.css", ":root {", ":root  {", PAGE),
    "an environment": ("envs/generation.yaml", "soundfile==0.14.0", "soundfile==0.13.1", {}),
    "a module that a script imports": (
        "scripts/musicologist/emergence/curve.py",
        "FOLDS = 5",
        "FOLDS = 4",
        {"measure_controls": 2, **CURVES},
    ),
    "a module that a module imports": (
        "scripts/musicologist/generators/log_mel_latent.py",
        "_DAMPING = 0.3",
        "_DAMPING = 0.4",
        AUDIO,
    ),
    "a script": (
        "scripts/collect_atlas.py",
        "rows = []",
        "rows = list()",
        {"collect_atlas": 1, **ALL_CONCEPTS},
    ),
    "a control": (
        "scripts/musicologist/probes/baselines.py",
        "FOLDS = 5",
        "FOLDS = 4",
        CONTROLS,
    ),
    "the wording of text queries": (
        "scripts/musicologist/vocabulary/text_queries.py",
        "a recording of {a} note",
        "the recording of {a} note",
        {"embed_texts": 1, **CONTROLS},
    ),
    "a comment and a docstring": (
        "scripts/musicologist/audio/sampler.py",
        '"""Noise levels (steps + 1,)',
        '# why\n        """All noise levels (steps + 1,)',
        {},
    ),
    "one more embedder in the registry": (
        "scripts/musicologist/embedders/registry.py",
        "FAMILIES = {",
        'FAMILIES = {\n    "other": "musicologist.embedders.other",',
        {},
    ),
    "how CLAP is loaded": (
        "scripts/musicologist/embedders/clap.py",
        "if len(tokenizer) < min",
        "if len(tokenizer) + 1 < min",
        EMBEDDED,
    ),
    "how the generator is loaded": (
        "scripts/musicologist/generators/stable_audio_tools.py",
        "known < 0.9",
        "known < 0.8",
        AUDIO,
    ),
    "the CLAP checkpoint": ("resources/models/clap/preprocessor_config.json", "{", "{ ", EMBEDDED),
    "the diffusion checkpoint": ("resources/models/diffusion/model_config.json", "{", "{ ", AUDIO),
}


@pytest.mark.parametrize("what", EDITED)
def test_an_edited_file_makes_stale_what_it_must(finished, what):
    name, old, new, expected = EDITED[what]
    with finished.edited(name, old, new):
        assert finished.planned() == Counter(expected)


OTHER = '''"""A family of generators of one's own."""

from musicologist.generators.contract import Facts

FILES = CONFIGURATION = (("other.json",),)


def read_config(directory):
    return {}


def facts(config, seconds_total, model):
    return Facts(sample_rate=16_000, channels=1, seconds=60, tokens=64, width=64, decoder_width=1)


def check_weights(directory):
    return 0


def text_encoder_of(config, given):
    return None
'''


def test_another_generator_makes_nothing_stale_and_can_be_named(finished):
    (finished / "scripts/musicologist/generators/other.py").write_text(OTHER)
    (finished / "other").mkdir()
    (finished / "other/other.json").write_text("{}")
    more = 'FAMILIES = {\n    "other": ("other.json", "musicologist.generators.other"),'
    named = finished.configuration("other.yaml", ("diffusion: resources/models/diffusion", "diffusion: other"))
    with finished.edited("scripts/musicologist/generators/registry.py", "FAMILIES = {", more):
        assert finished.planned() == {}
        plan = finished.planned(config=named)
    assert plan == Counter({"preflight": 1, **AUDIO})


def test_one_target_builds_one_concept_and_nothing_of_another(checkout, tmp_path):
    fresh = Checkout(tmp_path)
    plan = fresh.planned("results/small/concepts/is_brass/emergence.png")
    expected = {"build_dataset": 1, "train_probe": 2, "score_audio": 2, "measure_emergence": 1, "plot_emergence": 1}
    assert {rule: plan[rule] for rule in expected} == expected
    assert "plot_pca" not in plan
    assert "collect_atlas" not in plan


def test_a_run_says_a_line_a_stage_and_a_dry_run_what_changed(finished):
    lines = finished.said.splitlines()
    assert len(lines) < 120 and sum(map(len, lines)) < 12000, finished.said
    assert len(re.findall(r"(?m)^\d+/\d+ audio: 2 of 2 done, \d+ (?:s|min)$", finished.said)) == 1
    assert f"/{SMALL}/listen/index.html\n" in finished.said
    assert "flash_attn" not in finished.said and "localrules" not in finished.said
    with finished.edited("config/concepts.yaml", "near: {qualities: [reverb]}", "near: {qualities: [bright]}"):
        done = finished.snakemake("-n", terminal="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len((done.stdout + done.stderr).splitlines()) < 40, done.stdout
    assert re.search(r"(?m)^build_dataset +1  concept is_warm$", done.stdout)
    assert re.search(r"(?m)^train_probe +2  after build_dataset$", done.stdout)
    assert "because of: concept is_warm" in done.stdout


BELLS = """
aspects:
  tune: [melody, solo]
is_deep:
  group: register
  notes: {match: any, positive: {families: [bass]}, near: {families: [organ]}}
  prompts: {positive: [tune]}
"""
OVERLAY = "concepts: [is_brass, is_warm, is_deep]\nconcepts_file: [config/concepts.yaml, deep.yaml]\n"


def rows(path):
    return pq.read_table(path).to_pylist()


def test_an_own_concept_with_an_own_aspect_from_an_own_file_plans_its_own_jobs_and_is_scored(finished):
    (finished / "deep.yaml").write_text(BELLS)
    (finished / "mine.yaml").write_text(OVERLAY)
    laid_over = ("--configfile", "tests/workflow/small.yaml", "mine.yaml", "--config", "figures={dpi: 60}")
    planned = finished / SMALL / "planned"
    shutil.copytree(planned, finished / "planned before")
    assert finished.planned(*laid_over) == {**ONE_CONCEPT, "collect_atlas": 1, **ALL_CONCEPTS}
    scores = f"{SMALL}/concepts/is_deep/scores_logistic.parquet"
    finished.run(scores, *laid_over)
    texts = {row["prompt_id"]: row["text"] for row in rows(finished / SMALL / "prompts/prompts.parquet")}
    labels = {row["prompt_id"]: row["prompt_label"] for row in rows(finished / scores)}
    named = {number for number, text in texts.items() if "melody" in text or "solo" in text}
    assert 0 < len(named) < len(texts)
    assert {number for number, label in labels.items() if label == 1} == named
    assert not finished.planned(), "back to the configuration of the run"
    shutil.rmtree(finished / SMALL / "concepts/is_deep")
    shutil.rmtree(planned)
    shutil.move(finished / "planned before", planned)


def test_other_inputs_under_the_same_name_are_refused(finished):
    (finished / "given.txt").write_text("a flute\n" * 22)
    config = finished.configuration("given.yaml", inputs(prompts="given.txt"))
    done = finished.snakemake("-n", config=config)
    assert done.returncode == 1
    assert "give the key `run` another name" in done.stderr


def test_protected_audio_is_write_protected(finished, tmp_path):
    """Snakemake refuses to overwrite write-protected outputs (except for root, who may write everywhere)."""
    other = Checkout(tmp_path)
    config = other.configuration("protected.yaml", ("protect: false", "protect: true"))
    other.run(f"{SMALL}/audio/shard_0000.json", config=config)
    tars = sorted((other / SMALL / "audio").rglob("*.tar"))
    assert len(tars) == 6
    assert all(tar.stat().st_mode & 0o222 == 0 for tar in tars)
    if os.geteuid() != 0:
        config = other.configuration(
            "protected.yaml", ("protect: false", "protect: true"), ("guidance: 4", "guidance: 2")
        )
        done = other.snakemake(f"{SMALL}/audio/shard_0000.json", config=config)
        assert done.returncode == 1
        assert "Write-protected output files for rule generate_audio" in done.stdout + done.stderr


def test_after_kills_the_same_command_finishes_with_the_same_products(finished, tmp_path):
    """kill -9 of Snakemake and of its running jobs at three random moments; then unlock and go on."""
    other = Checkout(tmp_path)
    dice = random.Random(7)
    for _ in range(3):
        with kills.started(other, other.command()):
            time.sleep(dice.uniform(4, 18))
        other.run("--unlock")
    other.run()
    assert differences(finished / SMALL, other / SMALL) == []
    assert other.planned() == Counter()


def test_deleting_the_results_and_running_again_gives_the_same_tables(finished, tmp_path):
    kept = tmp_path / "kept"
    shutil.copytree(finished / SMALL / "concepts", kept)
    shutil.rmtree(finished / SMALL / "concepts")
    finished.run()
    assert differences(kept, finished / SMALL / "concepts") == []


WIDE = """
import importlib.util

import numpy as np

_file = importlib.util.spec_from_file_location("own_embedder", "examples/own_embedder.py")
_own = importlib.util.module_from_spec(_file)
_file.loader.exec_module(_own)
LICENCE, READS_TEXT, ON_SPHERE, check = "none needed", False, True, _own.check


class Wide(_own.MelStatistics):
    size = 1024

    def _embed(self, clip):
        found = super()._embed(clip) @ np.linalg.qr(np.random.default_rng(0).normal(size=(1024, 128)))[0].T
        return found / np.linalg.norm(found)


def load(model, device="cpu"):
    return Wide()
"""
HEARD = {  # what one more embedder plans: its own products
    "embed_audio": 2,
    "embed_notes": 2,
    "collect_embeddings": 1,
    "collect_deformed": 1,
    "collect_note_embeddings": 1,
    "factorise_notes": 1,
    "train_probe": 4,
    "score_audio": 4,
    "measure_emergence": 2,
    "collect_atlas": 1,
}
WHEN = {"compare_landmarks": 1, "plot_comparison": 1}
SAID = {**WHEN, "compare_embedders": 1, "plot_emergence": 2, "plot_atlas": 1, "write_cards": 1, **RECORD}


def test_other_embedders_of_any_width_plan_their_own_jobs_and_say_whether_they_agree(finished):
    (finished / "wide.py").write_text(WIDE)
    others = {"musicnn": ("musicnn", 200), "wide": ("wide.py", 1024)}
    named = "".join(f"    {name}: {model}\n" for name, (model, _) in others.items())
    several = ("  clap: resources/models/clap\n", f"  embedders:\n    clap: resources/models/clap\n{named}")
    config = finished.configuration("several.yaml", several)
    own = Counter({rule: 2 * count for rule, count in HEARD.items()}) + Counter({"measure_scaling": 1, **SAID})
    assert finished.planned(config=config) == own
    finished.run(config=config)
    assert finished.planned(config=config) == Counter()
    results = finished / SMALL
    for name, (model, size) in others.items():
        place = results / "embedders" / name
        for path in ("embeddings/notes.parquet", "embeddings/noisy/step_05.parquet"):
            embedding = pq.read_table(place / path)["embedding"]
            assert embedding.type.list_size == size
            norms = np.linalg.norm(np.array(embedding.to_pylist()), axis=1)
            assert np.allclose(norms, 1, atol=1e-5)
            about = parquet.metadata(place / path)
            licence = "ISC" if name == "musicnn" else "none needed"
            assert [about[key] for key in ("size", "embedder", "licence")] == [str(size), model, licence]
        atlas = pd.read_csv(place / "atlas.csv")
        assert len(atlas) == len(pd.read_csv(results / "atlas.csv"))
        assert (atlas["roc_auc"] != pd.read_csv(results / "atlas.csv")["roc_auc"]).any()
    when = pd.read_csv(results / "comparison/landmarks.csv")
    assert set(when["first"]) == {"clap"} and set(when["second"]) == set(others) and len(when) == 2 * 2 * 2 * 2
    assert (results / "comparison/landmarks.png").stat().st_size > 0
    card = json.loads((results / "concepts/is_brass/card.json").read_text())
    said = card["other_embedders"]
    assert {row["embedder"] for row in said} == set(others) and len(said) == 2 * 2 * 2
    assert all(row["own_answer"] and row["answer"] and row["agrees"] in (True, False, None) for row in said)
    with finished.edited(
        "scripts/musicologist/embedders/registry.py", "FAMILIES = {", "FAMILIES = {'more': 'my.more',"
    ):
        assert finished.planned(config=config) == Counter()


def test_an_embedder_that_is_checked_first_makes_nothing_else_stale(finished):
    shutil.copytree(finished / "resources/models/clap", finished / "mine")
    several = ("  clap: resources/models/clap\n", "  embedders: {clap: resources/models/clap, other: mine}\n")
    config = finished.configuration("checked.yaml", several)
    assert finished.planned(config=config) == Counter({"preflight": 1, **HEARD, **SAID})


def test_runs_are_compared_and_one_that_was_not_made_is_named(finished):
    shutil.copytree(finished / SMALL, finished / "results/again")
    finished.run("compare", "--config", "runs=[small, again]")
    when = pd.read_csv(finished / "results/comparison/small-again/landmarks.csv")
    assert len(when) == 2 * 2 * 2 and not when["changed"].any() and (when["shift"].dropna() == 0).all()
    summary = json.loads((finished / "results/comparison/small-again/landmarks.json").read_text())
    assert all(entry["same_prompts"] for entry in summary["curves"]) and len(summary["sentences"]) == 4
    assert (finished / "results/comparison/small-again/landmarks.png").stat().st_size > 0
    for arguments, sentence in (
        (["--config", "runs=[small, other]"], "runs names other, but results/other/atlas.csv does not exist"),
        ([], "has one embedder and names no runs: nothing to compare"),
    ):
        refused = finished.snakemake("compare", *arguments)
        assert refused.returncode == 1 and sentence in refused.stderr and "Traceback" not in refused.stderr


def test_a_classifier_from_outside_the_library_plans_its_own_jobs_and_gets_its_curves(finished):
    (finished / "my").mkdir()
    shutil.copyfile(finished / "examples/own_classifier.py", finished / "my/lda.py")
    third = "    svm: {C: 1}\n    lda: {file: my/lda.py, shrinkage: [0.01, 0.1]}\n"
    switching = "switching: {enabled: true, rounds: 1, keep: [0, 3]}\nfigures:"
    config = finished.configuration("lda.yaml", ("    svm: {C: 1}\n", third), ("figures:", switching))
    own = Counter({"train_probe": 2, "score_audio": 2, "measure_controls": 2, **CURVES})
    measured = {"measure_switching": 1, "plot_switching": 1}
    made = {"write_pairs": 1, "switch_audio": 1, "embed_switched": 1, **measured}
    assert finished.planned(config=config) == Counter({**own, **made})
    finished.run(config=config)
    assert finished.planned(config=config) == Counter()
    atlas = pd.read_csv(finished / SMALL / "atlas.csv")
    assert atlas.groupby("classifier").size().to_dict() == {"lda": 18, "logistic": 18, "svm": 18}
    order = json.loads((finished / SMALL / "order.json").read_text())
    assert {entry["classifier"] for entry in order["orders"]} == {"lda", "logistic", "svm"}
    card = json.loads((finished / SMALL / "concepts/is_brass/card.json").read_text())
    assert card["probes"]["lda"]["shrinkage"] in (0.01, 0.1)
    with finished.edited("my/lda.py", "lsqr", "eigen"):
        assert finished.planned(config=config) == Counter({**own, **measured})
    switched = pd.read_csv(finished / SMALL / "switching.csv")
    assert set(switched["concept"]) == {"is_brass", "is_warm", "all"} and set(switched["step"]) == {0, 3}
    assert set(switched["classifier"]) == {"lda", "logistic", "svm"}
    # One pair's differences may cancel in a concept, and a share of next to nothing is any number: so of half of them.
    start = switched[switched["step"] == 0]
    assert start["kept"].abs().median() < 0.05 and (start["gets_in"] - 1).abs().median() < 0.05
    stayed, exchanged = (
        {
            clip.record["prompt_id"]: clip.audio
            for clip in shards.read(finished / SMALL / f"switched/{level}/shard_0000.tar")
        }
        for level in ("denoised/step_05", "switched/step_00")
    )
    assert set(stayed) == set(exchanged) == set(range(6))
    for number, sound in exchanged.items():  # exchanged in pure noise: the second prompt's clip, to the last of 16 bits
        assert np.abs(sound - stayed[number ^ 1]).max() < 1.5 / 32768
    table = pq.read_table(finished / SMALL / "embeddings/shards/switched_0000.parquet").to_pandas()
    heard = {
        (signal, step): np.stack(part.sort_values("prompt_id")["embedding"].to_list())
        for (signal, step), part in table.groupby(["signal", "step"])
    }
    others = heard["denoised", 5][np.arange(6) ^ 1]
    assert (heard["switched", 0] * others).sum(1) == pytest.approx(np.ones(6), abs=1e-3)
    assert (heard["denoised", 5] * others).sum(1).min() < 0.99
    with finished.edited("scripts/musicologist/probes/registry.py", "ADDRESSES = {", "ADDRESSES = {'more': 'my.more',"):
        assert finished.planned(config=config) == Counter()


def test_snakemakes_report_shows_the_results(finished, tmp_path):
    report = tmp_path / "report.html"
    done = finished.snakemake("--report", str(report))
    assert done.returncode == 0, done.stderr
    text = report.read_text()
    for words in (
        "All concepts",
        "In which order concepts emerge",
        "point cloud",
        "is_brass: the curve over",
        "listening page",
    ):
        assert words in text
