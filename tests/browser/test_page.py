"""Hearing and reading: sound by keyboard, one clip at a time, levels in step, and numbers that are the tables'."""

import re

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.support.simulated_run import CLICK, HOSTILE, Shape

FOLDER = {"single_file_mb": 0}


@pytest.mark.parametrize("changed", [{}, FOLDER], ids=["one file", "folder"])
def test_every_level_and_signal_is_heard_by_keyboard_and_only_one_at_a_time(build, read, changed):
    reader = read(build(**changed), "concept/is_flute")
    page = reader.page
    button = page.get_by_role("button", name=re.compile("^Play: ")).first
    name = button.get_attribute("data-clip")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("Listen.state.playing")
    assert page.evaluate("Listen.state.clip") == name
    assert reader.audible() == {"denoised/2": 1.0}
    page.focus("#level")
    page.keyboard.press("Home")
    assert reader.audible() == {"denoised/0": 1.0}
    assert page.get_attribute("#level", "aria-valuetext") == "step 0, σ 100, −40 dB"
    page.keyboard.press("ArrowRight")
    assert reader.audible() == {"denoised/1": 1.0}
    page.focus("input[name=signal][value=denoised]")
    for signal in ("noisy", "deformed"):
        page.keyboard.press("ArrowDown")
        assert reader.audible() == {f"{signal}/1": 1.0}
        assert signal in page.evaluate("location.hash + ' ' + Listen.state.signal")
    page.focus("#level")
    page.keyboard.press("End")
    assert reader.audible() == {"deformed/2": 1.0}
    page.focus("#dock-play")
    page.keyboard.press("Enter")
    page.wait_for_function("!Listen.state.playing")
    assert reader.audible() == {}


def test_between_two_levels_never_more_than_one_clip_in_sum_is_heard(build, read):
    reader = read(build(), "concept/is_flute")
    reader.play("0_0")
    reader.audible()
    sums = reader.page.evaluate(
        """async () => {
            const sums = [];
            for (const level of [0, 1, 2, 0, 2]) {
                Listen.set({ level });
                for (let i = 0; i < 8; i++) {
                    await new Promise((done) => setTimeout(done, 12));
                    sums.push(Object.values(Listen.audio.gains()).reduce((a, b) => a + b, 0));
                }
            }
            return sums;
        }"""
    )
    assert len(sums) == 40
    assert max(sums) < 1.06
    assert np.median(sums) > 0.9


def test_all_levels_of_a_clip_run_in_step_to_the_sample(build, read):
    reader = read(build(), "concept/is_flute")
    reader.play("2_0")
    found = reader.page.evaluate(
        """() => Object.entries(Listen.audio.tracks()).filter(([name]) => name.startsWith("denoised")).map(([name, track]) => {
            const sound = track.buffer.getChannelData(0);
            let loudest = 0;
            for (let i = 0; i < sound.length; i++) if (Math.abs(sound[i]) > Math.abs(sound[loudest])) loudest = i;
            return [track.buffer.length, track.source.loop, loudest / track.buffer.sampleRate];
        })"""
    )
    assert len(found) == 3
    assert {tuple(track[:2]) for track in found} == {(found[0][0], True)}
    assert len({track[2] for track in found}) == 1  # the click is at the same sample in each
    assert found[0][2] == pytest.approx(CLICK / 16000, abs=0.002)
    lengths = reader.page.evaluate("Object.values(Listen.audio.tracks()).map((track) => track.buffer.length)")
    assert len(lengths) == 9
    assert len(set(lengths)) == 1


def test_a_second_clip_takes_the_place_of_the_first(build, read):
    reader = read(build(), "concept/is_flute")
    first, second = (button.get_attribute("data-clip") for button in reader.page.locator("li.row .play").all()[:2])
    reader.page.evaluate("names => Promise.all(names.map(Listen.audio.play))", [first, second])
    reader.page.wait_for_function("Listen.state.playing")
    assert reader.page.evaluate("Listen.state.clip") == second
    assert len(reader.audible()) == 1
    assert reader.page.get_by_role("button", name=re.compile("^Stop: ")).count() == 1


def test_noise_is_announced_and_turned_down(build, read):
    reader = read(build(), "concept/is_flute/noisy/0")
    reader.play("2_0")
    assert "played 9 dB more quietly" in reader.page.inner_text("#dock")
    assert "noise, played 9 decibels more quietly" in reader.page.inner_text("#live")
    reader.page.evaluate("Listen.set({ level: 2 })")
    assert "quietly" not in reader.page.inner_text("#dock")
    gains = reader.page.evaluate("Listen.data.clips['2_0'].gain.noisy")
    loud = reader.page.evaluate("Object.values(Listen.audio.tracks()).length")
    assert loud == 9
    assert gains[0] < gains[2]


def test_the_numbers_of_the_atlas_are_those_of_the_table(build, read):
    built = build()
    reader = read(built, "atlas")
    rows = pq.read_table(built.run / "emergence.parquet").to_pylist()
    for concept in built.shape.concepts:
        shown = reader.page.locator(f"tr[data-concept={concept}] td.heat").all_inner_texts()
        expected = []
        for signal in built.shape.signals:
            for step in built.shape.steps:
                mine = [
                    row["roc_auc"]
                    for row in rows
                    if (row["concept"], row["signal"], row["step"]) == (concept, signal, step)
                ]
                expected.append(np.mean(mine))
        assert [float(text) for text in shown] == pytest.approx(expected, abs=0.0051)


def test_the_numbers_of_a_concept_are_those_of_the_tables(build, read):
    built = build()
    reader = read(built, "concept/is_flute/noisy/1")
    page = reader.page
    page.locator(".curve-figure details.as-table summary").click()
    table = [cells.split("\t") for cells in page.inner_text(".curve-figure .as-table tbody").splitlines()]
    rows = pq.read_table(built.run / "emergence.parquet").to_pylist()
    for number, classifier in enumerate(built.shape.classifiers, 1):
        mine = [
            row
            for row in rows
            if (row["concept"], row["signal"], row["classifier"]) == ("is_flute", "noisy", classifier)
        ]
        for cells, row in zip(table, sorted(mine, key=lambda row: row["step"]), strict=True):
            numbers = [float(number) for number in re.findall(r"\d*\.\d+", cells[number])]
            assert numbers == pytest.approx([row["roc_auc"], row["roc_auc_low"], row["roc_auc_high"]], abs=0.0051)
    scores = {
        c: pq.read_table(built.run / f"concepts/is_flute/scores_{c}.parquet").to_pylist()
        for c in built.shape.classifiers
    }
    shown = page.locator("li.row")
    assert shown.count() >= 4
    for row in shown.all():
        prompt = int(row.locator("[data-clip]").get_attribute("data-clip").split("_")[0])
        for classifier, table in scores.items():
            [value] = [
                one["decision"]
                for one in table
                if (one["prompt_id"], one["signal"], one["step"]) == (prompt, "noisy", 5)
            ]
            text = row.locator(f"[data-probe={classifier}] .decision").inner_text()
            assert text.startswith("●" if value > 0 else "○")
            assert float(text[2:].replace("−", "-")) == pytest.approx(value, abs=0.0051)


def test_the_first_false_alarm_and_the_surest_clip_are_those_of_the_scores(build, read):
    built = build()
    reader = read(built, "concept/is_flute")
    ranks = reader.page.evaluate("Listen.concepts.is_flute.ranks")
    asked = {name for name, rank in ranks.items() if rank["side"] == "asked"}
    last = {}
    for classifier in built.shape.classifiers:
        rows = [
            row
            for row in pq.read_table(built.run / f"concepts/is_flute/scores_{classifier}.parquet").to_pylist()
            if (row["signal"], row["step"]) == ("denoised", 9)
        ]
        ordered = sorted(rows, key=lambda row: row["decision"])
        for place, row in enumerate(ordered):
            last[row["prompt_id"]] = last.get(row["prompt_id"], 0) + place
    best = max(last[int(name.split("_")[0])] for name in asked)
    [surest] = [name for name in asked if ranks[name]["rank"] == 1]
    assert last[int(surest.split("_")[0])] == best
    roles = reader.page.locator("li.row .role").all_inner_texts()
    assert roles[0].startswith("Surest: asks for it, number 1 of 4")
    assert sum("does not ask for it, number 1 of 4" in role for role in roles) == 1


def test_a_prompt_is_text_whatever_it_holds(build, read):
    reader = read(build(), "prompt/0_0")
    assert reader.page.inner_text("h1") == f"“{HOSTILE}”"
    assert reader.page.locator("h1 mark").all_inner_texts() == ["flute"]
    assert "a <model> & more" not in reader.page.content()
    reader.go("run")
    assert "a <model> & more" in reader.page.inner_text("main")
    assert reader.page.evaluate("document.scripts.length") == 1 + 10 + len(
        reader.page.evaluate("Object.keys(Listen.data.clips)")
    )


def test_search_and_sort(build, read):
    reader = read(build(Shape(concepts=("is_flute", "is_warm", "is_brass", "is_organ"))), "atlas")
    page = reader.page
    names = lambda: page.locator("table.atlas tbody .name").all_inner_texts()  # noqa: E731
    page.select_option("#sort", "name")
    assert names() == ["brass", "flute", "organ", "warm"]
    page.fill("#search", "quality")
    assert names() == ["warm"]
    assert "1 of 4" in page.inner_text("form.controls")
    page.fill("#search", "nothing like that")
    assert names() == []
    page.fill("#search", "")
    page.get_by_role("button", name="Answer").click()
    assert names()[0] == "warm"  # there from the start
    assert names()[-1] == "brass"  # not emerged
    page.select_option("#sort", "last")
    values = [float(row.locator("td.heat").last.inner_text()) for row in page.locator("table.atlas tbody tr").all()]
    assert values == sorted(values, reverse=True)


def test_arrows_walk_through_the_atlas_and_enter_opens_a_cell(build, read):
    reader = read(build(), "atlas")
    page = reader.page
    page.locator("td.heat a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.startsWith('#concept')")
    concept = page.evaluate("location.hash")
    assert concept.endswith("/denoised/1")
    assert page.evaluate("[Listen.state.signal, Listen.state.level]") == ["denoised", 1]


def test_warnings_are_words_and_hatching(build, read):
    reader = read(build(), "atlas")
    row = reader.page.locator("tr[data-concept=is_warm]")
    assert "probe at chance" in row.inner_text()
    assert "gradient" in row.locator("th").evaluate("cell => getComputedStyle(cell).backgroundImage")
    reader.go("concept/is_warm")
    assert "its ROC-AUC on held-out notes may be .5" in reader.page.inner_text(".warned-box")


def test_an_outside_embedder_is_a_second_opinion(build, read):
    built = build(Shape(outside=("musicnn",)))
    reader = read(built, "atlas")
    page = reader.page
    assert "agrees on 1 of 2 concepts" in page.inner_text("main .second-opinion")
    row = page.locator("tr[data-concept=is_flute]")
    assert "musicnn does not agree" in row.inner_text()
    assert "gradient" in row.locator("th").evaluate("cell => getComputedStyle(cell).backgroundImage")
    assert "musicnn" not in page.locator("tr[data-concept=is_warm]").inner_text()
    own = [float(text) for text in row.locator("td.heat").all_inner_texts()]
    page.select_option("#shownProbe", "svm / musicnn")
    table = pq.read_table(built.run / "embedders/musicnn/emergence.parquet").to_pylist()
    expected = [
        one["roc_auc"]
        for signal in built.shape.signals
        for one in table
        if (one["concept"], one["signal"], one["classifier"]) == ("is_flute", signal, "svm")
    ]
    shown = [float(text) for text in row.locator("td.heat").all_inner_texts()]
    assert shown == pytest.approx(expected, abs=0.0051)
    assert shown != own
    reader.go("concept/is_flute/noisy/1")
    assert "does not agree" in page.inner_text(".warned-box")
    assert page.locator("svg.curve polyline.outside").count() == 1  # the second one can be switched on
    clip = page.locator("li.row").first
    prompt = int(clip.locator("[data-clip]").get_attribute("data-clip").split("_")[0])
    [value] = [
        one["decision"]
        for one in pq.read_table(built.run / "embedders/musicnn/concepts/is_flute/scores_svm.parquet").to_pylist()
        if (one["prompt_id"], one["signal"], one["step"]) == (prompt, "noisy", 5)
    ]
    text = clip.locator("[data-probe='svm / musicnn'] .decision").inner_text()
    assert text.startswith("●" if value > 0 else "○")
    assert float(text[2:].replace("−", "-")) == pytest.approx(value, abs=0.0051)
    assert reader.violations() == []


def test_p_before_is_a_sentence(build, read):
    reader = read(build(), "order")
    assert "Flute comes probably before warm: P(before) = .86" in reader.page.inner_text(".said")


def test_the_original_is_named(build, read):
    built = build()
    reader = read(built, "prompt/2_0")
    text = reader.page.inner_text(".original")
    assert text == "Original, without loss: 000002_00.flac in audio/denoised/step_09/shard_0000.tar."
    assert (built.run / text.split(" in ")[1].rstrip(".")).is_file()


ROUTES = ("atlas", "concept/is_warm", "prompt", "prompt/0_0", "order", "blind", "run")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_accessible_and_no_wider_than_the_screen(build, read, width, scheme):
    reader = read(build(), "atlas", width=width, color_scheme=scheme)
    for route in ROUTES:
        reader.go(route)
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width, route
        assert reader.violations() == [], route


def test_paper_has_all_curves_and_no_player(build, read):
    reader = read(build(), "atlas")
    page = reader.page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#print svg.curve").count() == 4
    assert page.locator("#print svg.curve").first.is_visible()
    assert not page.locator("#dock").is_visible()


def test_there_is_one_live_region_for_sound_and_nothing_moves_where_motion_is_unwanted(build, read):
    reader = read(build(), "concept/is_flute", reduced_motion="reduce")
    live = "[aria-live], [role=status], [role=alert], [role=log], output"
    for route in ROUTES:
        reader.go(route)
        assert reader.page.locator(live).count() == 1
    moving = (
        "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).transitionDuration !== '0s').length"
    )
    assert reader.page.evaluate(moving) == 0
