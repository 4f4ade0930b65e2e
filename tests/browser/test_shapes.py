"""The page of runs of every shape."""

import pytest
from musicologist.concepts import definitions

from tests.support.simulated_run import CONCEPTS_FILE, Shape

SHAPES = {
    "one signal": Shape(signals=("denoised",), deformed=False),
    "one level": Shape(steps=(9,)),
    "one classifier": Shape(classifiers=("logistic",)),
    "a third signal": Shape(signals=("denoised", "unguided", "noisy")),
    "no audio": Shape(audio=False),
    "two samples": Shape(samples=2, prompts=4),
    "only some clips kept": Shape(prompts=12, heard_prompts=5),
    "stereo at 44.1 kHz": Shape(sample_rate=44100, channels=2, prompts=4),
}


@pytest.mark.parametrize("what", SHAPES)
def test_every_page_opens_and_what_can_be_heard_is_heard(build, read, what):
    shape = SHAPES[what]
    reader = read(build(shape), "atlas")
    for route in ("atlas", "concept/is_flute", "concept/is_warm", "prompt", "prompt/2_0", "order", "blind", "run"):
        reader.go(route)
        assert reader.page.locator("h1").count() == 1
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= 1280
    reader.go("concept/is_flute")
    assert len(reader.page.locator("li.row").all()) >= 3
    buttons = reader.page.locator("main .play")
    if not shape.audio:
        notes_only = reader.page.evaluate("Object.values(Listen.data.clips).every((clip) => clip.corpus === 'note')")
        assert notes_only
        assert "step 9" in reader.page.inner_text("#dock")
        return
    buttons.first.click()
    reader.page.wait_for_function("Listen.state.playing")
    assert list(reader.audible().values()) == [1.0]
    heard = reader.page.evaluate(
        "Object.keys(Listen.data.clips).filter((name) => Listen.data.clips[name].corpus === 'audio')"
    )
    assert len(heard) == (shape.heard_prompts or min(8, shape.prompts)) * shape.samples


def test_the_papers_size_fits(build, read):
    """28 concepts, 10 levels, three signals and the deformed one, 56 prompts to hear; the clips are short."""
    every = tuple(definitions.load(CONCEPTS_FILE))
    assert len(every) == 28
    signals, steps = ("denoised", "unguided", "noisy"), tuple(range(0, 50, 5))
    shape = Shape(concepts=every, prompts=70, signals=signals, steps=steps, classifiers=("logistic",), seconds=0.25)
    built = build(shape, prompts=56, single_file_mb=5)
    reader = read(built, "atlas")
    heard = [path for path in (built.page.parent / "clips").iterdir() if path.name.endswith("_0.js")]
    assert len(heard) == 56
    assert built.page.stat().st_size < 5e6
    assert reader.page.locator("table.atlas tbody tr").count() == 28
    assert reader.violations() == []
    for concept in every[::9]:
        reader.go(f"concept/{concept}")
        assert reader.page.locator("svg.curve").count() == 1


def test_a_note_and_a_control_are_heard(build, read):
    reader = read(build(), "concept/is_flute")
    for name in ("note-flute_acoustic_000-060-100", "unconditional-0-0", "noise-0-0"):
        reader.play(name)
        assert list(reader.audible().values()) == [1.0]
    reader.page.evaluate("Listen.set({ level: 0 })")
    assert reader.audible() == {"noisy/0": 1.0}
