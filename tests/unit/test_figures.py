import numpy as np
import pytest
from musicologist import animation, figures, longtables, statistics
from musicologist.errors import UserError
from PIL import Image


def rows(concepts=("is_brass", "is_synth_lead"), steps=(0, 8, 24), prompts=20):
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
                    for metric in statistics.METRICS:
                        value = float(rng.uniform(0.4, 0.9))
                        row |= {metric: value, f"{metric}_low": value - 0.1, f"{metric}_high": value + 0.1}
                    found.append(row)
    return found


REPORTS = {name: {"held_out": {"accuracy": 0.8, "roc_auc": 0.9}} for name in ("logistic", "svm")}


def texts(figure):
    import matplotlib.text

    return [artist.get_text() for artist in figure.findobj(matplotlib.text.Text)]


def test_emergence_shows_both_signals_and_says_counts_and_held_out_accuracy(tmp_path):
    figure = figures.emergence(
        [row for row in rows() if row["concept"] == "is_brass"], REPORTS, "roc_auc", "Made by X."
    )
    said = " ".join(texts(figure))
    for word in ("x0 estimate", "noisy state", "20 prompts with and 30 without", "0.80", "Made by X.", "sigma", "step"):
        assert word in said
    figures.save(figure, tmp_path / "a.png", 60)
    again = figures.emergence([row for row in rows() if row["concept"] == "is_brass"], REPORTS, "roc_auc", "Made by X.")
    figures.save(again, tmp_path / "b.png", 60)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert Image.open(tmp_path / "a.png").size[0] > 400


def test_every_plot_has_log_snr_and_sigma_below_and_the_step_above():
    mine = [row for row in rows() if row["concept"] == "is_brass"]
    levels = [
        {"step": step, "log_snr_db": step - 40.0} | dict.fromkeys(("l1", "l2", "cosine"), (0.1, 0.2, 0.3))
        for step in (8, 24)
    ]
    for figure in (
        figures.emergence(mine, REPORTS, "roc_auc", ""),
        figures.atlas(rows(), "roc_auc", ""),
        figures.distances({"denoised": levels, "noisy": levels}, ""),
    ):
        figure.canvas.draw()
        said = texts(figure)
        assert {"log-SNR in dB, noise level sigma below", "denoising step (from 0)", "8", "24"} <= set(said)
    assert figures.level_label(-40, "/") == "\N{MINUS SIGN}40/100"
    assert figures.level_label(0, "/") == "0/1"
    assert figures.level_label(13.98, "/") == "+14/0.2"


def test_no_text_is_cut_or_outside_the_picture():
    for figure in (
        figures.emergence(
            [row for row in rows() if row["concept"] == "is_brass"], REPORTS, "roc_auc", "Made by X. " * 20
        ),
        figures.atlas(rows(), "roc_auc", "Made by X. " * 20),
    ):
        figure.canvas.draw()
        drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert drawn.x0 >= -0.02
        assert drawn.y0 >= -0.02
        assert drawn.x1 <= width + 0.02
        assert drawn.y1 <= height + 0.02


def test_the_atlas_hatches_what_cannot_be_judged():
    from matplotlib.patches import Rectangle

    few = figures.atlas(rows(prompts=4), "roc_auc", "")
    many = figures.atlas(rows(prompts=5), "roc_auc", "")
    hatched = [[patch for patch in figure.findobj(Rectangle) if patch.get_hatch()] for figure in (few, many)]
    assert len(hatched[0]) == 4
    assert hatched[1] == []


def test_the_animation_has_a_frame_for_each_step_and_is_the_same_each_time(tmp_path):
    from musicologist import probes

    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 30)
    notes = rng.normal(size=(60, 512)).astype(np.float32)
    notes[labels == 1, 0] += 10
    probe = probes.fit("logistic", notes, labels, 1.0, 0)
    frames = [
        animation.Frame(signal, step, 10 - step, 0.0, notes[30:40] + step, notes[:10])
        for signal in ("denoised", "noisy")
        for step in (0, 4, 9)
    ]
    for name in ("a.gif", "b.gif"):
        animation.animate("is_brass", notes, labels, probe, frames, "Made by X.", 200, tmp_path / name)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert Image.open(tmp_path / "a.gif").n_frames == 3


def test_a_table_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "bad.csv").write_text("concept,step\nis_brass,x\n")
    with pytest.raises(UserError, match="is no table of results"):
        longtables.read(tmp_path / "bad.csv")
    with pytest.raises(UserError, match="does not exist"):
        longtables.read(tmp_path / "none.csv")
