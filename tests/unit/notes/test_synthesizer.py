import numpy as np
import pytest
from musicologist.core.errors import UserError
from musicologist.notes import synthesizer
from musicologist.notes.synthesizer import SAMPLE_RATE, SAMPLES, Event, Player
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon
from musicologist.training import scenes
from musicologist.vocabulary import terms
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES


@pytest.fixture(scope="module")
def player():
    return Player("TimGM6mb")


@pytest.fixture(scope="module")
def by_family(player):
    return {family: [i for i in player.instruments() if i.family == family] for family in FAMILIES}


def note(player, *qualities, family="organ", bpm=None):
    instrument = next(i for i in player.instruments() if i.family == family)
    return synthesizer.render(player, instrument, [Event(0.0, 3.0, 60, 100)], qualities, bpm)


def energy(audio, start, end):
    return float((audio[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)] ** 2).sum())


def brightness(audio):
    power = np.abs(np.fft.rfft(audio)) ** 2
    return float((power * np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)).sum() / power.sum())


def test_the_sound_font_has_all_families_and_sources(by_family):
    assert all(len({i.group for i in instruments}) >= 5 for instruments in by_family.values())
    assert {i.source for instruments in by_family.values() for i in instruments} == set(SOURCES)


def test_the_same_note_is_the_same_audio_whatever_was_played_before(player):
    first = note(player)
    note(player, "multiphonic", family="mallet")
    assert np.array_equal(note(player), first)
    assert first.shape == (SAMPLES,)


def test_envelopes_sound_like_their_names(player):
    plain = note(player)
    late = energy(plain, 1, 2) / energy(plain, 0, 0.3)
    for quality in ("fast_decay", "percussive"):
        shaped = note(player, quality)
        assert energy(shaped, 1, 2) / energy(shaped, 0, 0.3) < 0.1 * late
    swelling = note(player, "nonlinear_env")
    assert energy(swelling, 1.5, 2.5) > 10 * energy(swelling, 0, 0.5)
    assert energy(note(player, "long_release"), 3.3, 4) > 20 * energy(plain, 3.3, 4)
    gated = note(player, "tempo-synced", bpm=120)
    assert energy(gated, 0.15, 0.24) < 0.1 * energy(gated, 0.02, 0.12)


def test_effects_sound_like_their_names(player):
    rng = np.random.default_rng(0)
    plain = note(player)
    assert brightness(synthesizer.effects(plain, ["bright"], rng)) > 1.2 * brightness(plain)
    assert brightness(synthesizer.effects(plain, ["dark"], rng)) < 0.9 * brightness(plain)
    assert energy(synthesizer.effects(plain, ["reverb"], rng), 3.3, 4) > 5 * energy(plain, 3.3, 4)
    distorted = synthesizer.effects(plain, ["distortion"], rng)
    assert np.abs(distorted).max() / distorted.std() < np.abs(plain).max() / plain.std()


def test_what_is_finished_has_the_peak_asked_for_and_no_offset(player):
    audio = synthesizer.finish(note(player) + 0.3, 0.5)
    assert np.abs(audio).max() == pytest.approx(0.5)
    assert abs(audio.mean()) < 1e-6
    assert synthesizer.finish(np.zeros(100), 0.5) is None


def test_scenes_are_seeded_and_their_captions_say_what_is_heard(player, by_family):
    for number in range(33):
        rng = np.random.default_rng([5, number])
        scene = scenes.sample_scene(rng, by_family, FAMILIES[number % 11])
        assert terms.compatible(scene.qualities)
        caption = scenes.caption(rng, scene)
        said = set(annotate_by_lexicon([caption])[0].aspects)
        assert {i.family for i in scene.instruments} <= said, caption
        assert ("drum" in said) == scene.drums, caption
        sounds = {"bright": "bright sound", "dark": "warm sound"}
        meant = {sounds.get(quality, quality) for quality in scene.qualities}
        allowed = {i.family for i in scene.instruments} | {i.source for i in scene.instruments} | meant | {"drum"}
        assert said <= allowed, caption


def test_a_scene_is_four_seconds_without_clipping(player, by_family):
    rng = np.random.default_rng(3)
    scene = scenes.Scene("mixture", (by_family["brass"][0], by_family["bass"][0]), True, ("reverb",), 100)
    audio = scenes.render_scene(player, rng, scene)
    assert audio.shape == (SAMPLES,)
    assert 0.3 < np.abs(audio).max() < 0.91
    again = scenes.render_scene(player, np.random.default_rng(3), scene)
    assert np.array_equal(audio, again)


def test_qualities_that_undo_each_other_never_meet():
    rng = np.random.default_rng(0)
    drawn = [synthesizer.sample_qualities(rng, 0.3) for _ in range(200)]
    assert all(terms.compatible(qualities) for qualities in drawn)
    assert {quality for qualities in drawn for quality in qualities} == set(QUALITIES)


def test_a_missing_sound_font_is_one_sentence():
    with pytest.raises(UserError, match=r"The sound font /none\.sf2 was not found"):
        Player("/none.sf2")
