"""How figures show each classifier: its name in legends, a colour that the colour-blind tell apart, a mark."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

SIGNAL_COLOURS = {"denoised": "#332288", "unguided": "#44AA99", "noisy": "#DDAA33"}
"""Tol's: two of them differ by 50 or more in Lab for every kind of colour blindness, in lightness too."""
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe and Ito 2008
_MARKS = "os^vP<>"  # not those that mean something else in a figure: the diamond and the cross


@dataclass(frozen=True)
class Style:
    """How figures show a classifier: its name in legends, its colour, and matplotlib's name of its mark."""

    label: str
    colour: str
    mark: str


def of_classifiers(classifiers: Iterable[str], given: Iterable[Sequence[str]] = ()) -> dict[str, Style]:
    """The style of each classifier by name. ``given`` are (name, label, colour, mark).

    What is empty there, or not given at all, is the name itself or the first of a cycle that no other has.
    """
    own = {name: (label, colour, mark) for name, label, colour, mark in given}
    colours, marks = (
        cycle([value for value in values if value not in {style[part] for style in own.values()}] or values)
        for part, values in ((1, _COLOURS), (2, _MARKS))
    )
    found = {}
    for name in classifiers:
        label, colour, mark = own.get(name, ("", "", ""))
        found[name] = Style(label or name, colour or next(colours), mark or next(marks))
    return found


def of_rows(rows: Iterable[Mapping[str, Any]], given: Iterable[Sequence[str]] = ()) -> dict[str, Style]:
    """The style of each classifier that rows are of, in their order."""
    return of_classifiers(dict.fromkeys(row["classifier"] for row in rows), given)
