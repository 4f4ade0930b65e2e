"""One legend for all panels of a figure."""

from typing import TYPE_CHECKING, Any

from musicologist.figures.canvas import CHARACTERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SMALL = 7.5  # points


def legend_above(axis: "Axes", figure: "Figure") -> None:
    """Fill an axis of no height with one legend of all that is drawn in the figure; the panels make room for it."""
    named: dict[str, Any] = {}
    for panel in figure.axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    axis.set_axis_off()
    if not named:
        return
    width = figure.get_size_inches()[0]
    columns = max(1, min(len(named), int(CHARACTERS / _SMALL * width / (8 + max(map(len, named))))))
    look: dict[str, Any] = {"frameon": False, "fontsize": _SMALL, "borderaxespad": 0, "columnspacing": 1.2}
    axis.legend(named.values(), named, loc="upper left", bbox_to_anchor=(0, 1), ncols=columns, **look)
