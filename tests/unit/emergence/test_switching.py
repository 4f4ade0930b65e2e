import math

import numpy as np
import pytest
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.emergence import switching
from musicologist.figures import switching as picture

SIGMAS = {1: 40.0, 2: 12.0, 4: 4.0, 6: 1.2, 8: 0.4}


SPREAD = 0.8
MEANS = {"low": -1.5, "high": 1.5}


class Linear:
    """A generator whose latents are Gaussian around a mean that the prompt names, of SPREAD in each dimension.

    Its estimate is linear in the state, and so is the way of the probability flow: from sigma on it ends at
    mean + (state - mean) * SPREAD / sqrt(SPREAD^2 + sigma^2). Exchanged at sigma, the first prompt keeps that share.
    """

    def shape(self, seconds_total):
        return 1, 64

    def condition(self, prompts, seconds_total):
        return [MEANS[prompt] for prompt in prompts]

    def denoise(self, x, sigma, condition, guidance):
        import torch
        from musicologist.generators.contract import Estimates

        mean = torch.tensor(condition)[:, None, None]
        estimate = mean + (x - mean) * SPREAD**2 / (SPREAD**2 + sigma[:, None, None] ** 2)
        return Estimates(estimate, estimate, None)


@pytest.fixture(scope="module")
def toy():
    """Decisions on clips of a linear model whose prompts stayed, and that were exchanged at five levels; those levels."""
    torch = pytest.importorskip("torch")
    from musicologist.audio.sampler import Sampler, clip_seed

    settings = SamplingSettings("dpmpp-2m", 120, 1.0, 0.02, 100.0, 1.0, 1.0)
    sampler = Sampler(Linear(), settings)
    steps = [int(np.argmin(np.abs(sampler.sigmas.numpy() - sigma))) for sigma in SIGMAS.values()]
    prompts = ["low", "high"] * 6
    seeds = [clip_seed(1, number // 2, 0) for number in range(12)]
    found = dict(sampler.sample(prompts, seeds, [*steps, 119]))
    others = [prompts[number ^ 1] for number in range(12)]
    switched = [sampler.continue_from(found["noisy", step], step, others, seeds) for step in steps]
    stayed = found["denoised", 119].mean(dim=(1, 2)).numpy()
    return stayed, torch.stack(switched).mean(dim=(2, 3)).numpy(), sampler.sigmas[steps].numpy()


def test_of_a_linear_model_the_prompts_count_alike_where_theory_says(toy):
    stayed, switched, sigmas = toy
    concepts = ["", "is_high"] * 6
    effect = switching.effect(stayed, switched, concepts, list("abcdef"), "is_high")
    overall, rows = switching.measured(effect, sigmas, 200, 1)
    shares = SPREAD / np.sqrt(SPREAD**2 + sigmas**2)
    for name, expected in (("survives", shares), ("kept", shares), ("gets_in", 1 - shares)):
        assert [row[name] for row in rows] == pytest.approx(expected, abs=0.01)
    assert (overall["pairs"], overall["told_apart"]) == (6, 1.0)
    # between two levels the crossing is linear in log sigma, where the truth is sqrt(3) times the spread
    fine = np.geomspace(sigmas[0], sigmas[-1], 200)
    between = np.interp(np.log(fine)[::-1], np.log(sigmas)[::-1], shares[::-1])[::-1]
    assert overall["sigma_switch"] == pytest.approx(fine[np.argmin(np.abs(between - 0.5))], rel=0.03)
    assert overall["sigma_switch"] == pytest.approx(math.sqrt(3) * SPREAD, rel=0.2)
    assert overall["sigma_switch_low"] <= overall["sigma_switch"] <= overall["sigma_switch_high"]


def clips(pairs=12, settled=4.0, noise=0.1, apart=2.0, seed=0):
    """Decisions of a probe on clips of pairs of which the first of each has its concept, settled at a level."""
    random = np.random.default_rng(seed)
    has = np.arange(2 * pairs) % 2 == 0
    stayed = apart * has + noise * random.normal(size=2 * pairs)
    share = 1 / (1 + (np.array(list(SIGMAS.values())) / settled) ** 3)
    switched = stayed[np.arange(2 * pairs) ^ 1] + share[:, None] * (stayed - stayed[np.arange(2 * pairs) ^ 1])
    return stayed, switched + noise * random.normal(size=switched.shape)


def table(decisions, concepts, clusters, groups=None):
    groups = groups or {"is_a": "instrument_family", "is_b": "instrument_family", "is_c": "note_quality"}
    return switching.rows(decisions, concepts, clusters, groups, SIGMAS, 300, 1)


def test_the_table_has_each_concept_and_each_group_as_a_whole():
    concepts = ["is_a", "is_b"] * 12 + ["is_c", ""] * 12
    a, c = clips(24), clips(24, settled=1.0)
    decisions = {("is_a", "svm"): a, ("is_b", "svm"): tuple(-part for part in a), ("is_c", "svm"): c}
    rows = table(decisions, concepts, [str(number) for number in range(24)])
    first = {(row["concept"], row["group"]): row for row in rows}
    assert list(first) == [
        *(("is_a", "instrument_family"), ("is_b", "instrument_family"), ("is_c", "note_quality")),
        *(("all", "instrument_family"), ("all", "note_quality")),
    ]
    assert len(rows) == 5 * len(SIGMAS) and [row["step"] for row in rows[:5]] == list(SIGMAS)
    assert first["is_a", "instrument_family"]["sigma_switch"] == pytest.approx(4, rel=0.1)
    assert first["is_c", "note_quality"]["sigma_switch"] == pytest.approx(1, rel=0.1)
    whole = first["all", "instrument_family"]
    assert whole["pairs"] == 12 and whole["told_apart"] == 1
    # a pair is one draw for both of its concepts: together they are no surer than one
    widths = [
        math.log(row["sigma_switch_high"] / row["sigma_switch_low"])
        for row in (whole, first["is_a", "instrument_family"])
    ]
    assert widths[0] == pytest.approx(widths[1], rel=0.02)


def test_intervals_over_pairs_cover():
    truth, inside = 4.0, 0
    for seed in range(200):
        effect = switching.effect(*clips(noise=0.5, seed=seed), ["is_a", ""] * 12, [f"{n}" for n in range(12)], "is_a")
        overall, _ = switching.measured(effect, np.array(list(SIGMAS.values())), 300, 1)
        inside += overall["sigma_switch_low"] <= truth <= overall["sigma_switch_high"]
    assert 0.9 <= inside / 200 <= 0.99


def test_what_the_probe_does_not_tell_apart_and_few_pairs_are_not_said():
    levels = np.array(list(SIGMAS.values()))
    deaf = switching.effect(*clips(apart=0.0, noise=1.0), ["is_a", ""] * 12, [f"{n}" for n in range(12)], "is_a")
    overall, _ = switching.measured(deaf, levels, 300, 1)
    assert math.isnan(overall["sigma_switch"])
    few = switching.effect(*clips(pairs=3), ["is_a", ""] * 3, list("abc"), "is_a")
    overall, rows = switching.measured(few, levels, 300, 1)
    assert overall["sigma_switch"] == pytest.approx(4, rel=0.2) and math.isnan(overall["sigma_switch_low"])
    assert math.isnan(rows[0]["survives_high"])
    same = switching.effect(*clips(pairs=6), ["is_a", ""] * 6, ["a", "a", "b", "b", "c", "c"], "is_a")
    assert same.pairs.tolist() == [2, 2, 2]


def test_beyond_the_levels_it_is_infinite_or_nothing():
    concepts, clusters = ["is_a", ""] * 12, [f"{n}" for n in range(12)]
    for settled, expected in ((1e4, math.inf), (1e-4, 0.0)):
        effect = switching.effect(*clips(settled=settled, noise=0.01), concepts, clusters, "is_a")
        assert switching.measured(effect, np.array(list(SIGMAS.values())), 100, 1)[0]["sigma_switch"] == expected


def test_the_picture_has_a_row_of_panels_for_each_group():
    concepts = ["is_a", "is_b"] * 12 + ["is_c", ""] * 12
    decisions = {("is_a", "svm"): clips(24), ("is_c", "svm"): clips(24, apart=0.0, noise=1.0)}
    figure = picture.draw(table(decisions, concepts, [f"{n}" for n in range(24)]), "Audio: test.")
    assert len([axis for axis in figure.axes if axis.get_ylabel() == "share"]) == 2
    assert "unresolved" in [text.get_text() for axis in figure.axes for text in axis.texts]
