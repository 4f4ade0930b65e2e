"""What all figures share: sizes, names, doubts, a noise level's label. Deterministic, and legible to the colour-blind."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.core.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIGNAL_NAMES = {"denoised": "x0 estimate (denoised)", "unguided": "x0 estimate, unguided", "noisy": "noisy state"}
METRIC_NAMES = {
    "roc_auc": "ROC-AUC",
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
    "accuracy": "accuracy",
}


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of this size in inches, without pyplot's global state."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: "Figure", path: str | Path, dpi: int = 150) -> None:
    """Write a PNG atomically; the same figure gives the same bytes."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dpi, metadata={"Software": None})


def title_of(concept: str) -> str:
    """A concept's name for people: is_synth_lead is "synth lead"."""
    return concept.removeprefix("is_").replace("_", " ")


def doubts(rows: Iterable[Mapping[str, Any]]) -> str:
    """The few words of all warnings in these rows of one concept, empty where there are none.

    A row's ``warning``, if it has one, has words, a colon and a sentence, and more of them after " | ". Words that not all
    classifiers share are followed by those that have them.
    """
    said: dict[str, set[str]] = {}
    classifiers = set()
    for row in rows:
        classifiers.add(row["classifier"])
        for words, _, _ in (one.partition(": ") for one in row.get("warning", "").split(" | ") if one):
            said.setdefault(words, set()).add(row["classifier"])
    return ", ".join(
        words + ("" if mine == classifiers else f": {', '.join(sorted(mine))}") for words, mine in said.items()
    )


def hatch(axis: "Axes", left: float, bottom: float, width: float, height: float, **look: Any) -> None:
    """Hatch a part of a panel: what it shows is in doubt, and words nearby say why."""
    from matplotlib.patches import Rectangle

    style: dict[str, Any] = {"fill": False, "hatch": "////", "edgecolor": "0.6", "linewidth": 0} | look
    axis.add_patch(Rectangle((left, bottom), width, height, **style))


def level_label(log_snr_db: float, sep: str) -> str:
    """A noise level as log-SNR in dB and sigma, to two digits."""
    sigma = float(f"{10 ** (-log_snr_db / 20):.2g}")
    return f"{log_snr_db:+.0f}".replace("-", "\N{MINUS SIGN}").replace("+0", "0") + f"{sep}{sigma:g}"
