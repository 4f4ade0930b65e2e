"""The judges of generated clips, and the programs that ask them, on few notes and clips."""

from pathlib import Path

import numpy as np
import pytest
from musicologist.core.errors import UserError
from musicologist.statistics import bootstrap
from musicologist.vocabulary.terms import FAMILIES

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def few_notes(monkeypatch):
    """The module of judges, that learn from 110 notes."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import judges

    monkeypatch.setitem(judges.DEMO, "notes", judges.DEMO["notes"] | {"count": 110})
    for kept in (judges.demo_notes, judges.of_demo_notes, judges.ear):
        kept.cache_clear()
    yield judges
    for kept in (judges.demo_notes, judges.of_demo_notes):
        kept.cache_clear()


@pytest.fixture
def rough_decoder(few_notes, monkeypatch):
    """The bundled generator, whose decoder is content with one iteration where nothing else is asked for."""
    import generated

    made = generated.sampler

    def sampler(settings=generated.SETTINGS, iterations=None):
        return made(settings, iterations or 1)

    monkeypatch.setattr(generated, "sampler", sampler)


def told_apart(count):
    """Features in which each family has its own direction, on another scale than 1, and labels."""
    labels = [{"family": FAMILIES[n % 11], "qualities": ("bright",) if n % 2 else ()} for n in range(count)]
    signal = np.eye(11)[np.arange(count) % 11]
    return (50 + 30 * signal + np.random.default_rng(0).normal(0, 3, signal.shape)).astype(np.float32), labels


def test_a_judge_learns_families_whatever_the_scale_of_its_features(few_notes):
    features, labels = told_apart(220)
    judge = few_notes.taught(features, labels, on_sphere=False)
    areas = few_notes.areas(judge.decisions(features), labels, range(220), 1)
    assert areas.shape == (11, 1 + few_notes.RESAMPLES)
    assert areas[:, 0].min() > 0.99
    assert np.linalg.norm(few_notes.scaled(judge.scaling, features), axis=1) == pytest.approx(np.ones(220), abs=1e-5)
    assert few_notes.scaled(None, features) is features


def test_chance_is_a_half_and_differences_of_one_judge_are_none(few_notes):
    _, labels = told_apart(220)
    noise = np.random.default_rng(1).normal(size=(11, 220))
    areas = few_notes.areas(dict(zip(FAMILIES, noise, strict=True)), labels, np.arange(220) // 2, 1).mean(0)
    low, high = bootstrap.interval(areas[1:])
    assert low < 0.5 < high and high - low < 0.2
    assert few_notes.told(areas - areas, "+") == "+0.000 [+0.000, +0.000]"


def test_held_out_scenes_are_those_of_their_seed_and_say_what_they_are(few_notes):
    audio, labels = few_notes.held_out(11, 5, "TimGM6mb", "note")
    assert audio.shape == (11, 64000)
    assert [label["family"] for label in labels] == list(FAMILIES)
    assert all(label["caption"] for label in labels)
    again, _ = few_notes.held_out(3, 5, "TimGM6mb", "note")
    assert (again == audio[:3]).all()
    with pytest.raises(UserError, match="was not found"):
        few_notes.held_out(1, 5, "none.sf2")


@pytest.mark.slow
def test_where_it_is_lost_is_told_in_a_row_for_each_level(rough_decoder, monkeypatch, capsys):
    import where_lost

    monkeypatch.setattr("sys.argv", ["where_lost.py", "--scenes", "11", "--soundfont", "TimGM6mb"])
    where_lost.main()
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows[2:]] == [
        "| rendered",
        "| through the autoencoder",
        *(f"| denoised from sigma {sigma}" for sigma in ("0.34", "0.73", "2.1", "4.5", "9.7", "27")),
        "| generated down to sigma 0.2",
        "| generated down to sigma 0.5",
    ]
    assert len({len(row) for row in rows}) == 1
    assert rows[2][-1] == "0.0 |" and float(rows[3][-1].removesuffix(" |")) > 0


@pytest.mark.slow
def test_settings_are_compared_with_the_first(rough_decoder, monkeypatch, capsys):
    import choose_settings

    monkeypatch.setattr("sys.argv", ["choose.py", "--prompts", "2", "--only", "ends at sigma 1"])
    choose_settings.main()
    demo, other = (line.split(" | ") for line in capsys.readouterr().out.splitlines()[-2:])
    assert (demo[0], other[0]) == ("| dpmpp-2m", "| ends at sigma 1")
    assert demo[-2].startswith("+0.000 ")  # against itself; so few prompts have no interval
    assert 0 < float(other[3].split()[0]) < 1 and other[3] != demo[3]


@pytest.mark.slow
def test_prompts_for_one_instrument_each_are_generated_and_heard_alike_in_any_batch(few_notes):
    import generated

    asked = generated.family_prompts(3, 1, 2)
    assert len(asked.texts) == 22 and asked.labels[::2] == asked.labels[1::2] and len(set(asked.seeds)) == 22
    sampler = generated.sampler(generated.SETTINGS, iterations=2)
    assert sampler.generator.model.pretransform.iterations == 2
    assert float(sampler.sigmas[generated.nearest_step(sampler, 5.0)]) == pytest.approx(4.5, abs=0.1)
    steps, ears = [generated.SETTINGS.steps - 1], [few_notes.MUSICNN]
    found = generated.heard(sampler, asked.texts[:2], asked.seeds[:2], steps, ["denoised"], ears)
    alone = generated.heard(sampler, asked.texts[1:2], asked.seeds[1:2], steps, ["denoised"], ears)
    key = few_notes.MUSICNN, "denoised", steps[0]
    assert found[key].shape == (2, 200)
    assert alone[key][0] == pytest.approx(found[key][1], abs=1e-2)
