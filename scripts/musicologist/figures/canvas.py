"""What all figures share: sizes, names, doubts, captions, files. Deterministic, and legible to the colour-blind.

A figure is drawn at the size it is printed at: sizes of text are those on paper, and none is below ``SMALLEST``.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.core.files import atomic_path, write_text

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIGNAL_NAMES = {"denoised": "x0 estimate (denoised)", "unguided": "x0 estimate, unguided", "noisy": "noisy state"}
METRIC_NAMES = {"roc_auc": "ROC-AUC", "average_precision": "average precision", "accuracy": "accuracy"}
METRIC_NAMES |= {"balanced_accuracy": "balanced accuracy"}
SMALLEST = 6.0  # points
CHARACTERS = 129.0  # of DejaVu Sans in an inch, times points
_IN_DOUBT = "In doubt: "
_TITLE, _CAPTION = 11.5, 7.0  # points
_UNTOLD: dict[str, dict[str, Any]] = {  # the same figure gives the same bytes
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def add_options(parser: "ArgumentParser") -> None:
    """What every program that draws is told: how its figures look, who made the data, and where to."""
    parser.add_argument("--dpi", type=int, required=True)
    parser.add_argument("--width", type=float, help="in inches; without it, as wide as the panels need on a screen")
    parser.add_argument("--captions", choices=("inside", "beside"), default="inside")
    parser.add_argument("--note", required=True, help="which models made the data")
    parser.add_argument("--output", nargs="+", required=True, help="pictures by their ending; .txt: title and caption")


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of this size in inches, without pyplot's global state."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    # In vector files text stays text, and journals take no Type 3 fonts.
    matplotlib.rcParams.update({"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "musicologist"})
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: "Figure", path: str | Path, dpi: int = 150) -> None:
    """Write a PNG, SVG or PDF, by the name's ending, atomically; the same figure gives the same bytes."""
    kind = Path(path).suffix if Path(path).suffix in _UNTOLD else ".png"
    lay_out(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format=kind[1:], dpi=dpi, metadata=_UNTOLD[kind])


def lay_out(figure: "Figure") -> None:
    """Find room for everything, once: to save would do it twice for each file."""
    if (layout := figure.get_layout_engine()) is not None:
        layout.execute(figure)
        figure.set_layout_engine(None)


def publish(figure: "Figure", paths: Iterable[str | Path], dpi: int, captions: str = "inside") -> None:
    """Write a figure to each of ``paths`` by its ending: .txt has its title and caption as text.

    ``captions`` "beside" leaves both out of the picture, all but what is in doubt.
    """
    title, caption = figure.get_suptitle(), " ".join(figure.get_supxlabel().split("\n"))
    if captions == "beside":
        doubt = title[title.index(_IN_DOUBT) :] if _IN_DOUBT in title else ""
        figure.suptitle(doubt, fontsize=_TITLE, x=0.02, ha="left")
        figure.supxlabel("")
    for path in map(Path, paths):
        if path.suffix == ".txt":
            write_text(path, f"{' '.join(title.split())}\n\n{caption}\n")
        else:
            save(figure, path, dpi)


def signals_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The signals that rows are of, in the order of the figures."""
    return [signal for signal in SIGNAL_NAMES if any(row["signal"] == signal for row in rows)]


def caption(parts: Iterable[str], width: float) -> list[str]:
    """The lines of a caption below a picture ``width`` inches wide: each part begins a new one, empty parts none."""
    return [line for part in parts for line in textwrap.wrap(part, int(CHARACTERS / _CAPTION * width))]


def height_of(lines: list[str]) -> float:
    """How many inches the lines of a caption take."""
    return 0.145 * len(lines)


def explain(figure: "Figure", title: str, lines: list[str], doubt: str = "") -> None:
    """Put a title over a figure, with what is in ``doubt`` about it on a line of its own, and a caption below."""
    fit = int(CHARACTERS / _TITLE * figure.get_size_inches()[0])
    said = [title, f"{_IN_DOUBT}{doubt}"] if doubt else [title]
    figure.suptitle("\n".join(textwrap.fill(part, fit) for part in said), fontsize=_TITLE, x=0.02, ha="left")
    figure.supxlabel("\n".join(lines), fontsize=_CAPTION, color="0.3", x=0.02, ha="left")


def title_of(concept: str) -> str:
    """A concept's name for people: is_synth_lead is "synth lead"."""
    return concept.removeprefix("is_").replace("_", " ")


def doubts(rows: Iterable[Mapping[str, Any]]) -> str:
    """The few words of all warnings in these rows of one concept, empty where there are none.

    A row's ``warning`` has words, a colon and a sentence, and more after " | ". Words that not all share name who has them.
    """
    said: dict[str, set[str]] = {}
    classifiers = set()
    for row in rows:
        classifiers.add(row["classifier"])
        for words, _, _ in (one.partition(": ") for one in row.get("warning", "").split(" | ") if one):
            said.setdefault(words, set()).add(row["classifier"])
    whose = {words: "" if mine == classifiers else f": {', '.join(sorted(mine))}" for words, mine in said.items()}
    return ", ".join(words + of for words, of in whose.items())


def hatch(axis: "Axes", left: float, bottom: float, width: float, height: float, **look: Any) -> None:
    """Hatch a part of a panel: what it shows is in doubt, and words nearby say why."""
    from matplotlib.patches import Rectangle

    style: dict[str, Any] = {"fill": False, "hatch": "////", "edgecolor": "0.6", "linewidth": 0} | look
    axis.add_patch(Rectangle((left, bottom), width, height, **style))


def level_label(log_snr_db: float, sep: str) -> str:
    """A noise level as log-SNR in dB and sigma, to two digits."""
    sigma = float(f"{10 ** (-log_snr_db / 20):.2g}")
    whole = round(log_snr_db)
    return (f"{whole:+d}".replace("-", "\N{MINUS SIGN}") if whole else "0") + f"{sep}{sigma:g}"


def luminance(colour: Sequence[float]) -> float:
    """The relative luminance of an sRGB colour (red, green, blue, each from 0 to 1), from 0 to 1, as WCAG 2 defines it."""
    red, green, blue = (((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
