import json
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet, results, results_writing, shards
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
from musicologist.emergence import commitment as emergence_commitment
from musicologist.figures import canvas
from musicologist.figures import commitment as figures_commitment
from musicologist.probes import classifiers
from musicologist.probes.logistic import Logistic
from musicologist.statistics import agreement
from musicologist.workflow import configuration

from tests.support import tiny_models
from tests.support.tiny_models import PROMPTS

pytestmark = pytest.mark.slow

SIGMAS = {0: 100.0, 8: 10.0, 15: 1.0}


def branches(shared, prompts=30, count=4, seed=0):
    """Decisions (prompts, branches), of whose variance the share ``shared`` is the prompt's."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, np.sqrt(1 - shared), (prompts, count))
    return rng.normal(0, np.sqrt(shared), (prompts, 1)) + own


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_the_correlation_is_the_share_that_branches_have_in_common(shared):
    found = agreement.icc_balanced(branches(shared, prompts=4000))
    assert found == pytest.approx(shared, abs=0.03)


def test_the_correlation_is_that_of_unequal_clusters_where_they_are_equal():
    decision = branches(0.4)
    clusters = np.repeat(np.arange(30), 4)
    expected = agreement.icc_unbalanced(decision.ravel(), np.zeros(120), clusters)
    assert agreement.icc_balanced(decision) == pytest.approx(expected, abs=1e-9)
    stacked = agreement.icc_balanced(np.stack([decision, 3 * decision + 1]))
    assert stacked == pytest.approx([expected, expected], abs=1e-9)
    assert np.isnan(agreement.icc_balanced(np.ones((5, 3))))


def test_pairs_agree_by_half_where_nothing_is_shared_and_all_where_everything_is():
    assert agreement.pair_agreement(branches(0.0, prompts=2000)) == pytest.approx(0.5, abs=0.02)
    assert agreement.pair_agreement(branches(1.0)) == 1
    by_hand = np.array([[1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]])  # the median is -1: one pair of three, and all three
    assert agreement.pair_agreement(by_hand) == pytest.approx((1 / 3 + 1) / 2)


def test_the_cosine_of_pairs():
    embeddings = np.random.default_rng(0).normal(size=(5, 3, 8))
    embeddings /= np.linalg.norm(embeddings, axis=-1, keepdims=True)
    by_hand = np.mean([e[i] @ e[j] for e in embeddings for i in range(3) for j in range(3) if i != j])
    assert emergence_commitment.pair_cosine(embeddings) == pytest.approx(by_hand)


def made():
    decisions = {
        (name, "svm"): np.stack([branches(shared, prompts=8, seed=7) for shared in (0.05, 0.5, 0.95)])
        for name in ("is_brass", "is_warm")
    }
    return emergence_commitment.rows(decisions, np.array([0.2, 0.5, 0.9]), SIGMAS, 200, 1)


def test_agreement_rises_where_more_is_fixed():
    rows = made()
    assert len(rows) == 3 * 3
    overall = [row for row in rows if row["concept"] == "all"]
    for measure in ("icc", "agreement", "cosine"):
        values = [row[measure] for row in overall]
        assert values == sorted(values), measure
    for row in rows:
        assert row["icc_low"] <= row["icc"] <= row["icc_high"]
        assert (row["prompts"], row["branches"]) == (8, 4)
    assert [row["log_snr_db"] for row in overall] == pytest.approx([-40, -20, 0])


@pytest.mark.parametrize("shared", [0.2, 0.9])
def test_the_interval_of_the_correlation_is_exact_with_eight_prompts(shared):
    inside = 0
    for seed in range(400):
        low, high = agreement.icc_interval(branches(shared, prompts=8, seed=seed))
        inside += low <= shared <= high
    assert 0.92 <= inside / 400 <= 0.98
    assert agreement.icc_interval(np.repeat([[1.0], [2.0]], 3, axis=1)) == (1, 1)
    assert np.isnan(agreement.icc_interval(np.ones((4, 3)))).all()


def test_what_branches_owe_to_their_prompt_is_taken_off():
    """Clips of one prompt share 0.4 of the variance; branches that share no more have no excess, those that are alike all."""
    levels = [branches(shared, prompts=400) for shared in (0.4, 0.7, 1.0)]
    alone = branches(0.4, prompts=400, count=3, seed=3)
    place = ("is_brass", "svm")
    rows = emergence_commitment.rows({place: np.stack(levels)}, np.zeros(3), SIGMAS, 100, 1, {place: alone})
    assert [row["icc_of_prompt"] for row in rows[:3]] == pytest.approx([0.4] * 3, abs=0.06)
    assert [row["icc_excess"] for row in rows[:3]] == pytest.approx([0, 0.5, 1], abs=0.1)
    first, _, last = rows[:3]
    assert first["agreement_excess"] == pytest.approx(0, abs=0.15) and last["agreement_excess"] == 1
    assert first["agreement_excess_low"] < first["agreement_excess"] < first["agreement_excess_high"]
    assert rows[3]["concept"] == "all" and rows[3]["icc_excess"] == pytest.approx(first["icc_excess"])
    assert np.isnan(made()[0]["agreement_excess"]) and np.isnan(made()[0]["icc_of_prompt_low"])


def test_the_finished_clips_of_the_branched_prompts_are_found():
    names = {"prompt_id": [7, 5, 5, 7, 5, 7, 9], "sample": [1, 0, 1, 0, 0, 0, 0], "step": [9, 9, 9, 9, 2, 9, 9]}
    scores = pa.table(
        names | {"signal": ["denoised"] * 5 + ["noisy", "denoised"], "decision": [4.0, 1.0, 2.0, 3.0, 8.0, 9.0, 6.0]}
    )
    assert emergence_commitment.finished(scores, [5, 7], "x").tolist() == [[1, 2], [3, 4]]
    with pytest.raises(UserError, match="x has not two clips or more of each re-branched prompt"):
        emergence_commitment.finished(scores, [5, 9], "x")


def test_the_picture_names_counts_and_axes(tmp_path):
    import matplotlib.text

    results_writing.write(tmp_path / "c.csv", made())
    figure = figures_commitment.draw(results.read(tmp_path / "c.csv"), "Made by X.")
    canvas.save(figure, tmp_path / "c.png", 60)
    said = " ".join(artist.get_text() for artist in figure.findobj(matplotlib.text.Text))
    for words in (
        "8 prompts, 4 branches each",
        "mean of all concepts",
        "log-SNR in dB",
        "Made by X.",
        "denoising step",
    ):
        assert words in said


def test_the_cost_is_the_way_to_the_last_parting_and_all_continuations():
    assert configuration.branching_cost(prompts=8, steps=[0, 8], branches=4, all_steps=25) == 8 * (9 + 4 * (25 + 17))


@pytest.fixture(scope="module")
def diffusion_model(tmp_path_factory):
    return tiny_models.diffusion_directory(tmp_path_factory.mktemp("models") / "diffusion")


def branch(folder, model, monkeypatch, steps=(1, 4), first=0, last=2, batch_size=4, sampler="dpmpp-2m-sde"):
    import branch_audio

    batch = folder / "batch.jsonl"
    lines = [{"prompt_id": n, "text": PROMPTS[n % 3], "writer": "x"} for n in range(3)]
    batch.write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = {"prompts": batch, "first": first, "last": last, "branches": 3, "seed": 5, "model": model, "digest": "d"}
    options |= {"family": "musicologist.generators.stable_audio_tools"}
    options |= {"sampler": sampler, "steps": 6, "guidance": 4, "sigma-max": 100, "sigma-min": 0.3}
    options |= {"seconds-total": 1, "seconds-kept": 0.5, "batch-size": batch_size, "device": "cpu"}
    options |= {"manifest": folder / "shard_0000.json"}
    tars = [folder / "branched" / f"step_{step:02d}" / "shard_0000.tar" for step in steps]
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    monkeypatch.setattr(sys, "argv", ["x", *flags, "--tars", *map(str, tars)])
    branch_audio.main()
    return {int(tar.parent.name[-2:]): {clip.key: clip for clip in shards.read(tar)} for tar in tars}


def spread(clips):
    """Mean square difference of a prompt's branches from their mean."""
    audio = np.stack([clip.audio for clip in clips.values()]).reshape(-1, 3, *next(iter(clips.values())).audio.shape)
    return float(((audio - audio.mean(1, keepdims=True)) ** 2).mean())


def test_branches_share_more_the_later_they_part(diffusion_model, tmp_path, monkeypatch):
    found = branch(tmp_path, diffusion_model, monkeypatch)
    assert {step: len(clips) for step, clips in found.items()} == {1: 9, 4: 9}
    assert spread(found[1]) > 4 * spread(found[4]) > 0
    record = found[4]["000002_01"].record
    assert (record["prompt_id"], record["sample"], record["signal"], record["step"]) == (2, 1, "branched", 4)
    assert record["sigma"] == pytest.approx(100 * 0.003 ** (4 / 5))
    assert len({clip.record["seed"] for clips in found.values() for clip in clips.values()}) == 18

    (tmp_path / "alone").mkdir()
    alone = branch(tmp_path / "alone", diffusion_model, monkeypatch, steps=(4,), first=2, batch_size=2)
    for key, clip in alone[4].items():  # neither shard, batch nor other levels change a branch
        assert np.abs(clip.audio - found[4][key].audio).max() <= 1e-4


@pytest.mark.parametrize("objective", ["v", "rectified_flow"])
def test_a_branch_with_the_clips_own_noise_comes_near_the_clip(tmp_path, objective):
    """The state is the clip's own: continued without further noise it ends where a sampler without noise ends."""
    from musicologist.audio.sampler import Sampler
    from musicologist.audio.sampling_options import SamplingSettings
    from musicologist.generators import stable_audio_tools

    settings = SamplingSettings("dpmpp-2m", 12, 4.0, 0.3, 100.0, 1.0, 0.5)
    sampler = Sampler.load(stable_audio_tools, tiny_models.diffusion_directory(tmp_path / "m", objective), settings)
    by_level = dict(sampler.sample(PROMPTS[:2], [3, 4], [8, 11]))
    found = sampler.continue_from(by_level["noisy", 8], 8, PROMPTS[:2], [1, 2])
    target = by_level["denoised", 11]
    assert (found - target).std() < 0.1 * target.std()
    sde = replace(sampler, settings=replace(settings, sampler="dpmpp-2m-sde"))
    one, other = (sde.continue_from(by_level["noisy", 8], 8, PROMPTS[:2], seeds) for seeds in ([1, 2], [1, 3]))
    assert (one[0] - other[0]).abs().max() < 1e-5
    assert (one[1] - other[1]).abs().max() > 1e-2
    again = sde.continue_from(by_level["noisy", 8][[1]], 8, PROMPTS[1:2], [3])
    assert (again[0] - other[1]).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"sampler": "dpmpp-2m"}, "adds no noise on its way"), ({"steps": (1, 5)}, "no noise is added after it")],
)
def test_what_cannot_branch_is_refused(diffusion_model, tmp_path, monkeypatch, options, sentence):
    with pytest.raises(UserError, match=sentence):
        branch(tmp_path, diffusion_model, monkeypatch, **options)
    assert not list(tmp_path.rglob("*.tar"))


def measured_commitment(folder, shards_of, monkeypatch):
    """What the program writes for tables of branches, a shard each, of these (prompt, branch), at two steps."""
    import measure_commitment

    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(40, 512)), np.arange(40) % 2
    (folder / "is_brass").mkdir(exist_ok=True)
    classifiers.save(Logistic().fit(features, labels, {"C": 1.0}, 0), folder / "is_brass/logistic.skops")
    paths = [folder / f"shard_{number:04d}.parquet" for number in range(len(shards_of))]
    for path, mine in zip(paths, shards_of, strict=True):
        prompt_id, sample = zip(*mine * 2, strict=True)
        step = np.repeat([4, 1], len(mine))
        columns = {"prompt_id": prompt_id, "sample": sample, "signal": ["branched"] * len(step), "step": step}
        columns |= {"sigma": np.where(step == 1, 50.0, 3.0), "log_snr_db": np.zeros(len(step))}
        clips = zip(prompt_id, sample, step, strict=True)
        seeds = [1000 * prompt + (branch if at == 1 else 0) for prompt, branch, at in clips]  # at step 4 all are alike
        embedding = np.stack([np.random.default_rng(seed).normal(size=512) for seed in seeds]).astype(np.float32)
        embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
        parquet.write(path, AUDIO_EMBEDDINGS, pa.table({**columns, "embedding": tables.embedding_column(embedding)}))
    options = {
        "classifiers": "logistic=musicologist.probes.logistic",
        "resamples": 20,
        "seed": 1,
        "probes": folder / "is_brass/logistic.skops",
        "output": folder / "c.csv",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    monkeypatch.setattr(sys, "argv", ["x", *flags, "--embeddings", *map(str, paths)])
    measure_commitment.main()
    return {row["step"]: row for row in results.read(folder / "c.csv") if row["concept"] == "all"}


BRANCHES = [[(2, 0), (0, 1), (0, 0), (2, 1)], [(5, 1), (5, 0)]]


def test_branches_are_measured_prompt_by_prompt_whatever_order_they_are_kept_in(tmp_path, monkeypatch):
    found = measured_commitment(tmp_path, BRANCHES, monkeypatch)
    assert {step: (row["sigma"], row["cosine"]) for step, row in found.items()} == {
        1: (50, pytest.approx(0, abs=0.15)),
        4: (3, pytest.approx(1, abs=1e-5)),
    }
    assert found[4]["icc"] == pytest.approx(1)
    ordered = measured_commitment(tmp_path, [sorted(mine) for mine in BRANCHES], monkeypatch)
    assert json.dumps(ordered) == json.dumps(found)  # NaN is NaN there


def test_a_branch_that_is_missing_is_named(tmp_path, monkeypatch):
    with pytest.raises(
        UserError, match=r"other clips than every branch of every prompt: prompt 5, sample 0 is missing"
    ):
        measured_commitment(tmp_path, [BRANCHES[0], [(5, 1)]], monkeypatch)
