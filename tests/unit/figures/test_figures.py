from types import SimpleNamespace

import numpy as np
import pytest
from musicologist.core import results
from musicologist.core.errors import UserError
from musicologist.emergence import answers
from musicologist.figures import atlas, canvas, distances, emergence, order, pca, rates, styles
from musicologist.figures.styles import Style, of_classifiers
from musicologist.statistics import metrics
from PIL import Image


def rows(concepts=("is_brass", "is_synth_lead"), steps=(0, 8, 24), prompts=20, warning=""):
    rng = np.random.default_rng(0)
    found = []
    for concept in concepts:
        for classifier in ("logistic", "svm"):
            for signal in ("denoised", "noisy"):
                for step in steps:
                    row = {
                        "concept": concept,
                        "classifier": classifier,
                        "signal": signal,
                        "step": step,
                        "sigma": 10 ** (2 - step / 12),
                    }
                    row |= {
                        "log_snr_db": step / 0.6 - 40,
                        "n_pos_prompts": prompts,
                        "n_neg_prompts": 30,
                        "n_pos": 2 * prompts,
                        "n_neg": 60,
                    }
                    for metric in metrics.METRICS:
                        value = float(rng.uniform(0.4, 0.9))
                        row |= {metric: value, f"{metric}_low": value - 0.1, f"{metric}_high": value + 0.1}
                    row |= {"p_level": 0.01 if step > 5 else 0.4, "critical_auc": 0.6, "q": 0.02, "answer": "emerged"}
                    row |= {"random_low": 0.42, "random_high": 0.58}
                    row |= {"half_excess_sigma": 20.0, "half_excess_sigma_low": 10.0, "half_excess_sigma_high": 30.0}
                    row |= {"monotone": 1, "warning": warning}
                    found.append(row)
    return found


def summary(half_excess=20.0, p=0.001, censored=False):
    half = {"value": half_excess, "low": 10.0, "high": 30.0, "censored": censored}
    keys = [(name, signal) for name in ("logistic", "svm") for signal in ("denoised", "noisy")]
    return {"curves": [{"classifier": name, "signal": signal, "p": p, "half_excess": half} for name, signal in keys]}


def drawn_atlas(some, *more):
    return atlas.atlas(some, answers.ranked(some), *more)


def ordering(concepts=("is_brass", "is_synth_lead"), answer="emerged", monotone=1):
    said = {"answer": answer, "monotone": monotone}
    said |= {"half_excess_sigma": 20.0, "half_excess_sigma_low": 10.0, "half_excess_sigma_high": 30.0}
    orders = [
        {"classifier": name, "signal": signal}
        | {"concepts": [{"concept": c, "rank": k} | said for k, c in enumerate(concepts)]}
        | {"unresolved": [], "before": [[None if a == b else 0.7 for a in concepts] for b in concepts]}
        for name in ("logistic", "svm")
        for signal in ("denoised", "noisy")
    ]
    tau = {"first": "logistic", "second": "svm", "tau_b": 1.0, "low": 0.5, "high": 1.0}
    agreement = [{"signal": signal, **tau} for signal in ("denoised", "noisy")]
    ranked = {signal: list(concepts) for signal in ("denoised", "noisy")}
    return {"ranked": ranked, "orders": orders, "agreement": agreement}


NOTES = {"n_pos": 113, "n_neg": 120, "instruments_pos": 31, "instruments_neg": 32}
HELD_OUT = {"accuracy": 0.8, "roc_auc": 0.9, "roc_auc_low": 0.85, "roc_auc_high": 0.95}
REPORTS = {name: {"train": NOTES, "held_out": NOTES | HELD_OUT} for name in ("logistic", "svm")}


CONTROLS = [
    {
        "control": control,
        "classifier": classifier,
        "signal": signal,
        "step": step,
        "log_snr_db": step / 0.6 - 40,
        "roc_auc": 0.6,
    }
    for control, classifier in (
        ("partialled", "logistic"),
        ("partialled", "svm"),
        ("zero_shot", "text"),
        ("in_domain", "lda"),
    )
    for signal in ("denoised", "noisy")
    for step in (0, 8, 24)
]


def texts(figure):
    import matplotlib.text

    return [artist.get_text() for artist in figure.findobj(matplotlib.text.Text)]


def test_emergence_shows_both_signals_and_says_counts_and_held_out_accuracy(tmp_path):
    figure = emergence.emergence(
        [row for row in rows() if row["concept"] == "is_brass"], summary(), REPORTS, CONTROLS, "roc_auc", "Made by X."
    )
    said = " ".join(texts(figure))
    for word in (
        "x0 estimate",
        "noisy state",
        "20 prompts with and 30 without",
        "0.90 [0.85, 0.95]",
        "Made by X.",
        "sigma",
    ):
        assert word in said
    assert "113 notes of 31 instruments with and 120 of 32 without" in said
    canvas.save(figure, tmp_path / "a.png", 60)
    again = emergence.emergence(
        [row for row in rows() if row["concept"] == "is_brass"], summary(), REPORTS, CONTROLS, "roc_auc", "Made by X."
    )
    canvas.save(again, tmp_path / "b.png", 60)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert Image.open(tmp_path / "a.png").size[0] > 400


def test_rates_are_drawn_for_each_probe_and_signal_with_the_accuracy_on_held_out_notes():
    mine = [row | {"majority": 0.6} for row in rows(("is_brass",), warning="few notes: 7 with it and 7 without")]
    figure = rates.rates(mine, REPORTS, "Made by X.")
    drawn_in = [axis for axis in figure.axes if axis.get_title()]
    assert len(drawn_in) == 4  # two probes, two signals
    for axis in drawn_in:
        curves = {line.get_label(): line.get_ydata() for line in axis.get_lines()}
        assert set(curves["accuracy on held-out notes"]) == {0.8}
        assert set(curves["always the more frequent answer"]) == {0.6}
    first = [row for row in mine if (row["signal"], row["classifier"]) == ("denoised", "logistic")]
    drawn = {line.get_label(): list(line.get_ydata()) for line in drawn_in[0].get_lines()}
    for name, label in (("accuracy", "accuracy"), ("tpr", "true positive rate"), ("tnr", "true negative rate")):
        assert drawn[label] == [row[name] for row in first]
    said = " ".join(texts(figure))
    assert "of “brass”\nIn doubt: few notes" in said and "20 prompts with and 30 without" in said


def test_the_controls_are_drawn_beside_the_curves_and_said_below():
    mine = [row for row in rows() if row["concept"] == "is_brass"]
    deformed = [{**row, "signal": "deformed"} for row in mine if row["signal"] == "denoised"]
    figure = emergence.emergence(mine + deformed, summary(), REPORTS, CONTROLS, "roc_auc", "")
    said = " ".join(texts(figure))
    assert "control: finished clips under noise" in said
    assert "control: loudness and spectrum taken out" in said
    assert "in-domain probe 0.60, CLAP's text probe 0.60" in said
    assert "Controls: those of logistic, whose curve is drawn again" in said
    first = {line.get_color() for line in panels(figure, "x0")[0].get_lines()} & {"#0072B2", "#D55E00"}
    assert controls_of(figure) == [{"crossed": 1, "dotted": 1, "curves": 1}] * 2 and len(first) == 2
    accuracy = emergence.emergence(mine + deformed, summary(), REPORTS, CONTROLS, "accuracy", "")
    assert controls_of(accuracy) == [{"crossed": 1, "dotted": 0, "curves": 1}] * 2
    renoised = [{**row, "signal": "renoised"} for row in mine if row["signal"] == "noisy"]
    both = emergence.emergence(mine + renoised, summary(), REPORTS, [], "roc_auc", "")
    assert [sum(line.get_marker() == "+" for line in axis.get_lines()) for axis in both.axes if axis.get_lines()].count(
        1
    ) == 1


def panels(figure, *titles):
    """The panels of curves, by how their titles begin."""
    return [
        axis
        for axis in figure.axes
        if (axis.get_title() or axis.get_title("left")).startswith(titles or ("x0", "noisy"))
    ]


def controls_of(figure):
    """How many lines of each kind the panels of controls have."""
    found = []
    for axis in figure.axes:
        lines = [line for line in axis.get_lines() if len(line.get_xdata()) > 2]
        if any(line.get_marker() == "x" for line in lines):
            crossed, dotted = (sum(line.get_marker() == "x" for line in lines), sum(line.is_dashed() for line in lines))
            found.append({"crossed": crossed, "dotted": dotted, "curves": len(lines) - crossed - dotted})
    return found


def test_every_plot_has_log_snr_and_sigma_below_and_the_step_above():
    mine = [row for row in rows() if row["concept"] == "is_brass"]
    levels = [
        {"step": step, "log_snr_db": step - 40.0} | dict.fromkeys(("l1", "l2", "cosine"), (0.1, 0.2, 0.3))
        for step in (8, 24)
    ]
    for figure in (
        emergence.emergence(mine, summary(), REPORTS, CONTROLS, "roc_auc", ""),
        drawn_atlas(rows(), "roc_auc", ""),
        distances.distances({"denoised": levels, "noisy": levels}, ""),
    ):
        figure.canvas.draw()
        said = texts(figure)
        assert {"denoising step (from 0)", "8", "24"} <= set(said)
        assert any(text.startswith("log-SNR in dB") and text.endswith("sigma below") for text in said)
    assert canvas.level_label(-40, "/") == "\N{MINUS SIGN}40/100"
    assert (
        canvas.level_label(0, "/") == canvas.level_label(-0.0, "/") == canvas.level_label(-0.3, "/")[:1] + "/1" == "0/1"
    )
    assert canvas.level_label(13.98, "/") == "+14/0.2"


def test_what_is_in_doubt_is_hatched_and_says_why():
    from matplotlib.patches import Rectangle

    doubted = rows(warning="few notes: 7 with it and 7 without")
    brass = [row for row in doubted if row["concept"] == "is_brass"]
    figures = [
        drawn_atlas(doubted, "roc_auc", ""),
        order.order(doubted, ordering(), ""),
        emergence.emergence(brass, summary(), REPORTS, CONTROLS, "roc_auc", ""),
        drawn_atlas(rows(), "roc_auc", ""),
        order.order(rows(), ordering(), ""),
    ]
    hatched = [len([patch for patch in figure.findobj(Rectangle) if patch.get_hatch()]) for figure in figures]
    assert hatched == [4, 4, 2, 0, 0]  # concepts or none, signals
    for figure in figures[:2]:
        assert "brass (few notes)" in texts(figure)
    assert "When does “brass” emerge?\nIn doubt: few notes" in texts(figures[2])
    assert "In doubt, few notes: 7 with it and 7 without." in " ".join(" ".join(texts(figures[2])).split())


def test_concepts_are_ordered_by_when_they_emerge():
    some = rows(("is_a", "is_b", "is_c", "is_d", "is_e"))
    places = {"is_a": (float("nan"), "not emerged"), "is_b": (3.0, "emerged")}
    places |= {"is_c": (30.0, "emerged"), "is_d": (100.0, "there from the start")}
    places["is_e"] = (100.0, "present, start unresolved")
    for row in some:
        row["half_excess_sigma"], row["answer"] = places[row["concept"]]
        row["monotone"] = int(row["concept"] != "is_c")
    assert answers.ranked(some)["noisy"] == ["is_d", "is_c", "is_b", "is_e", "is_a"]
    said = texts(drawn_atlas(some, "roc_auc", ""))
    assert {"start", "30 ~", "3", "unresolved", "–"} <= set(said)


def test_probes_that_disagree_are_both_said_and_a_concept_that_one_does_not_find_comes_later():
    some = rows(("is_a", "is_b"))
    for row in some:
        found = (row["concept"], row["classifier"]) != ("is_a", "svm")
        row["half_excess_sigma"], row["answer"] = (100.0, "there from the start") if found else (np.nan, "not emerged")
    assert answers.ranked(some)["noisy"] == ["is_b", "is_a"]
    assert {"start", "start/–"} <= set(texts(drawn_atlas(some, "roc_auc", "")))


def test_an_order_shows_what_was_there_from_the_start_what_is_unresolved_and_what_falls():
    def marks(**said):
        (left,) = panels(order.order(rows(), ordering(**said), ""), "x0")
        return [
            (line.get_marker(), line.get_markerfacecolor() == "none")
            for line in left.get_lines()
            if len(line.get_xdata())
        ]

    assert marks().count(("o", False)) == 2
    assert marks(answer="there from the start").count(("<", False)) == 4
    found = ordering()
    for entry in found["orders"]:
        entry["unresolved"] = [row | {"answer": "present, start unresolved"} for row in entry["concepts"][1:]]
        entry |= {"concepts": entry["concepts"][:1], "before": [[None]]}
    (left,) = panels(order.order(rows(), found, ""), "x0")
    assert [line.get_markerfacecolor() for line in left.get_lines() if line.get_marker() == "s"].count("none") == 1
    assert ("x", False) not in marks() and [mark for mark, _ in marks(monotone=0)].count("x") == 4


def test_what_beats_its_null_is_bold_and_filled():
    import matplotlib.text

    bold = drawn_atlas(rows(), "roc_auc", "").findobj(matplotlib.text.Text)
    assert sum(text.get_weight() == "bold" for text in bold) == 2 * 2 * 2  # concepts, signals, levels
    mine = [row for row in rows() if row["concept"] == "is_brass"]
    drawn = emergence.emergence(mine, summary(), REPORTS, CONTROLS, "roc_auc", "")
    hollow = [line for line in drawn.axes[1].get_lines() if line.get_fillstyle() == "none"]
    assert [len(line.get_xdata()) for line in hollow] == [3, 3]
    assert len(marked(drawn, "D")) == 4  # signals, classifiers
    assert len(marked(emergence.emergence(mine, summary(censored=True), REPORTS, CONTROLS, "roc_auc", ""), "<")) == 4
    low = [row | {"p_level": 0.3} for row in mine]
    never = emergence.emergence(low, summary(p=0.3), REPORTS, CONTROLS, "roc_auc", "")
    assert [line.get_linestyle() for line in never.axes[1].get_lines()[:2]] == ["--", "--"]
    assert not marked(never, "D") and texts(never).count("nowhere above shuffled labels") == 2


def marked(figure, mark):
    return [line for axis in figure.axes for line in axis.get_lines() if line.get_marker() == mark]


def test_what_curves_must_beat_is_one_null_that_is_named_in_words():
    mine = [row for row in rows() if row["concept"] == "is_brass"]
    figure = emergence.emergence(mine, summary(), REPORTS, [], "roc_auc", "")
    said = " ".join(texts(figure))
    assert said.count("no better than shuffled labels (5 %)") == 1
    assert "what curves with the prompts' labels shuffled stay below in 95 of 100 cases" in said
    from matplotlib.collections import FillBetweenPolyCollection

    for panel in panels(figure):
        (null,) = [artist for artist in panel.collections if isinstance(artist, FillBetweenPolyCollection)]
        assert null.get_paths()[0].vertices[:, 1].max() == 0.6  # critical_auc


def test_classifiers_of_any_name_have_colours_and_marks_that_no_other_has():
    given = [("svm", "SVM", "#D55E00", "s"), ("lda", "discriminants", "", "")]
    found = of_classifiers(["svm", "lda", "other"], given)
    assert found["svm"] == Style("SVM", "#D55E00", "s")
    assert [style.label for style in found.values()] == ["SVM", "discriminants", "other"]
    assert len({style.colour for style in found.values()}) == len({style.mark for style in found.values()}) == 3
    many = of_classifiers([f"c{number}" for number in range(12)])
    assert len({style.colour for style in many.values()}) == 7


def test_a_third_classifier_is_drawn_in_every_figure():
    some = rows()
    third = [row | {"classifier": "lda"} for row in some if row["classifier"] == "svm"]
    styles = of_classifiers(("logistic", "svm", "lda"), [("lda", "discriminants", "#009E73", "^")])
    found, curves = ordering(), summary()
    found["orders"] += [entry | {"classifier": "lda"} for entry in found["orders"][:2]]
    found["agreement"] += [entry | {"second": "lda"} for entry in found["agreement"]]
    curves["curves"] += [entry | {"classifier": "lda"} for entry in curves["curves"][:2]]
    mine = [row for row in some + third if row["concept"] == "is_brass"]
    for figure in (
        emergence.emergence(mine, curves, REPORTS, CONTROLS, "roc_auc", "", styles),
        order.order(some + third, found, "", styles),
    ):
        assert "discriminants" in texts(figure)
        marks = marked(figure, "^")
        assert marks and {line.get_color() for line in marks} == {"#009E73"}
    assert "tau-b of logistic and svm" in " ".join(" ".join(texts(figure)).split())
    drawn_atlas(some + third, "roc_auc", "")


def test_a_curve_of_ones_own_needs_no_random_concepts_no_reports_and_no_controls():
    mine = [row for row in rows() if (row["concept"], row["classifier"], row["signal"]) == ("is_brass", "svm", "noisy")]
    dropped = ("concept", "classifier", "signal", "random_low", "random_high")

    own = [{name: value for name, value in row.items() if name not in dropped} for row in mine]
    half_excess = {"value": 20.0, "low": 10.0, "high": 30.0, "censored": False}
    figure = emergence.draw(
        SimpleNamespace(rows=own, summary={"p": 0.001, "half_excess": half_excess}), "is_brass", "my probe"
    )
    said = " ".join(texts(figure))
    assert "my probe" in said and "20 prompts with" in said
    assert "random concepts" not in said and "held-out" not in said and "finished clips" not in said
    assert marked(figure, "D")
    figure.canvas.draw()
    assert figure.get_tightbbox().x0 >= -0.02
    nowhere = {"p": 0.001, "half_excess": dict.fromkeys(half_excess, float("nan"))}
    flat = emergence.draw(SimpleNamespace(rows=own, summary=nowhere), "x")
    assert not marked(flat, "D")


def test_an_order_of_nothing_says_so():
    some = [row | {"half_excess_sigma": float("nan"), "answer": "not emerged"} for row in rows()]
    said = texts(order.order(some, ordering(()), ""))
    assert said.count("no concept has a place in an order") == 2


def test_the_animation_has_a_frame_for_each_step_and_is_the_same_each_time(tmp_path):
    from musicologist.probes.logistic import Logistic

    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 30)
    notes = rng.normal(size=(60, 512)).astype(np.float32)
    notes[labels == 1, 0] += 10
    probe = Logistic().fit(notes, labels, {"C": 1.0}, 0)
    frames = [
        pca.Frame(signal, step, 10 - step, 0.0, notes[30:31] + step, notes[:10])
        for signal in ("denoised", "noisy")
        for step in (0, 2, 4, 9)
    ]
    plane = pca.Plane(notes, labels, probe, frames)
    for name in ("a.gif", "b.gif"):
        pca.animate("is_brass", plane, frames, "Made by X.", 200, tmp_path / name)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    film = Image.open(tmp_path / "a.gif")
    assert film.n_frames == 4
    for frame in range(4):  # one clip is asked for, and keeps its colour; so do the notes
        film.seek(frame)
        colours = {colour for _, colour in film.convert("RGB").getcolors(1 << 16)}
        assert {(213, 94, 0), (86, 180, 233), (255, 255, 255)} <= colours and (252, 252, 252) not in colours
    still = pca.still("is_brass", plane, frames, "Made by X.")
    assert len([axis for axis in still.axes if axis.collections]) == 6  # two signals, three of the levels
    assert {"log-SNR 0 dB\n(sigma 1)", "x0 estimate (denoised)", "noisy state"} <= set(texts(still))


FIGURES = {
    "emergence": lambda width: emergence.emergence(
        [row for row in rows(warning="few notes: 7 with it and 7 without") if row["concept"] == "is_brass"],
        summary(),
        REPORTS,
        CONTROLS,
        "roc_auc",
        "Made by X. " * 9,
        width=width,
    ),
    "atlas": lambda width: drawn_atlas(
        rows([f"is_{letter}_band" for letter in "abcdefghij"], range(0, 20, 2), warning="few notes: 7"),
        "roc_auc",
        "Made by X. " * 9,
        width,
    ),
    "order": lambda width: order.order(rows(), ordering(), "Made by X. " * 9, width=width),
    "rates": lambda width: rates.rates(
        [row | {"majority": 0.6} for row in rows(("is_brass",))], REPORTS, "Made by X. " * 9, width=width
    ),
    "distances": lambda width: distances.distances(
        {
            signal: [{"step": step, "log_snr_db": step - 40.0, **DISTANCES} for step in (8, 24)]
            for signal in ("denoised", "noisy")
        },
        "Made by X. " * 9,
        width,
    ),
}
DISTANCES = dict.fromkeys(("l1", "l2", "cosine"), (0.1, 0.2, 0.3))


@pytest.mark.parametrize("width", [None, 6.75, 3.3])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_as_wide_as_asked_with_all_text_inside_and_none_below_six_points(name, width):
    import matplotlib.text

    figure = FIGURES[name](width)
    canvas.lay_out(figure)
    wide, tall = figure.get_size_inches()
    assert width is None or wide == width
    said = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text().strip() and text.get_visible()]
    assert min(text.get_fontsize() for text in said) >= 6
    drawn = figure.get_tightbbox()
    assert min(drawn.x0, drawn.y0, wide - drawn.x1, tall - drawn.y1) >= -0.04


def test_numbers_of_the_atlas_are_told_from_their_cells_and_colours_that_have_no_room_for_them_stand_alone():
    from matplotlib.colors import to_rgb

    for figure in (FIGURES["atlas"](None), FIGURES["atlas"](6.75)):
        checked = 0
        for axis in figure.axes:
            for image in axis.get_images():
                for text in axis.texts:
                    row, column = (round(place) for place in text.get_position()[::-1])
                    cell = image.to_rgba(image.get_array())[row, column]
                    dark, light = sorted((canvas.luminance(to_rgb(text.get_color())), canvas.luminance(cell)))
                    assert (light + 0.05) / (dark + 0.05) >= 4.5
                    checked += 1
        assert checked == 2 * 10 * 10
    narrow = FIGURES["atlas"](3.3)
    assert not [text for axis in narrow.axes for text in axis.texts]
    assert len([axis for axis in narrow.axes if axis.get_images()]) == 2
    said = " ".join(" ".join(texts(FIGURES["atlas"](None))).split())
    for word in (
        "earliest on top in the noisy state",
        "Bold: every probe",
        "start: so at the first level",
        "–: not emerged",
    ):
        assert word in said


def test_every_colour_is_told_from_every_other_by_white_black_and_between():
    assert canvas.luminance((1, 1, 1)) == pytest.approx(1) and canvas.luminance((0, 0, 0)) == 0
    assert canvas.luminance((0.5, 0.5, 0.5)) == pytest.approx(0.214, abs=0.001)


MACHADO = {  # Machado, Oliveira and Fernandes 2009, severity 1: linear red, green and blue
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("seen", [np.eye(3), *map(np.array, MACHADO.values())], ids=["all", *MACHADO])
def test_the_colours_of_signals_are_told_apart_by_everyone(seen):
    from itertools import combinations

    from matplotlib.colors import to_rgb

    def lab(colour):
        linear = [((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92 for part in to_rgb(colour)]
        to_xyz = [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
        x, y, z = np.cbrt(to_xyz @ np.clip(seen @ linear, 0, 1) / [0.95047, 1, 1.08883])
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    for first, second in combinations(styles.SIGNAL_COLOURS.values(), 2):
        assert np.linalg.norm(lab(first) - lab(second)) > 45


def test_a_figure_is_written_in_every_format_with_its_caption_as_text_and_the_same_each_time(tmp_path):
    import re

    written = {}
    for turn in ("a", "b"):
        paths = [tmp_path / turn / f"emergence.{kind}" for kind in ("png", "svg", "pdf", "txt")]
        paths[0].parent.mkdir()
        canvas.publish(FIGURES["emergence"](6.75), paths, 60)
        written[turn] = [path.read_bytes() for path in paths]
    assert written["a"] == written["b"]
    _, svg, pdf, text = written["a"]
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: (?:[a-z]+ )*([\d.]+)px", svg.decode())]
    assert min(sizes) >= 6 and len(sizes) > 20  # a unit of the picture is a point
    assert b'width="486pt"' in svg and b"/Type3" not in pdf and pdf.startswith(b"%PDF")
    title, caption = text.decode().split("\n\n")
    assert title == "When does “brass” emerge? In doubt: few notes"
    assert "20 prompts with and 30 without the concept; 40 and 60 clips." in caption and caption.count("\n") == 1


def test_captions_beside_the_picture_leave_what_is_in_doubt_in_it(tmp_path):
    figure = FIGURES["emergence"](6.75)
    canvas.publish(figure, [tmp_path / "e.svg", tmp_path / "e.txt"], 60, "beside")
    drawn = (tmp_path / "e.svg").read_text()
    assert "Made by X." not in drawn and "When does" not in drawn and "In doubt: few notes" in drawn
    assert "Made by X." in (tmp_path / "e.txt").read_text()


def test_matrix_and_list_of_an_order_have_the_same_rows_and_grey_is_what_cannot_be_compared():
    concepts = ("is_brass", "is_synth_lead", "is_bass")
    found = ordering(concepts)
    for entry in found["orders"]:
        entry["before"] = [[None, 0.7, 0.9], [0.3, None, 0.6], [0.1, 0.4, None]]
    some = rows(concepts)
    for row in some:
        row["half_excess_sigma"] = {"is_bass": 30.0, "is_brass": 20.0, "is_synth_lead": 10.0}[row["concept"]]
    found["ranked"] = answers.ranked(some)
    mean = order.precedence(found["orders"], "noisy", ["is_bass", "is_brass", "is_synth_lead"])
    assert np.array_equal(mean, [[np.nan, 0.1, 0.4], [0.9, np.nan, 0.7], [0.6, 0.3, np.nan]], equal_nan=True)
    figure = order.order(some, found, "")
    (left,), right = panels(figure, "noisy"), panels(figure, "how sure")[-1]
    assert left.get_ylim() == right.get_ylim()
    assert [label.get_text() for label in left.get_yticklabels()] == ["bass", "brass", "synth lead"]
    assert [label.get_text() for label in right.get_xticklabels()] == ["bass", "brass", "synth lead"]
    assert np.ma.getmaskarray(right.get_images()[0].get_array()).diagonal().all()


def test_a_table_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "bad.csv").write_text("concept,step\nis_brass,x\n")
    with pytest.raises(UserError, match="is no table of results"):
        results.read(tmp_path / "bad.csv")
    with pytest.raises(UserError, match="does not exist"):
        results.read(tmp_path / "none.csv")
