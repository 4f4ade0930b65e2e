"""Which prompts, clips and notes the listening page lets one hear. Everything here is deterministic."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Name = TypeVar("Name", bound=Hashable)

PLACES = (("asked", "best"), ("other", "best"), ("asked", "worst"), ("asked", "median"), ("other", "median"))
"""Sides and places that a concept's page shows, the most telling first: what the probe is surest of among the clips
whose prompt asks for the concept and among those whose prompt does not (false alarms)."""


@dataclass(frozen=True)
class Ranked:
    """The clips of one concept by side, highest score first."""

    asked: tuple[int, ...]
    other: tuple[int, ...]

    def at(self, side: str, place: str) -> int | None:
        """The clip at the place ``best``, ``median`` or ``worst`` of a side; None where the side is empty."""
        clips = self.asked if side == "asked" else self.other
        if not clips:
            return None
        return clips[{"best": 0, "median": len(clips) // 2, "worst": len(clips) - 1}[place]]


def mean_rank(decisions: np.ndarray) -> np.ndarray:
    """One score a clip (clips,) out of the decisions of several probes (probes, clips): the mean of their ranks.

    Probes have no common scale, ranks do. Ties keep the clips' order.
    """
    order = np.argsort(np.argsort(decisions, axis=1, kind="stable"), axis=1, kind="stable")
    return order.mean(axis=0)


def ranked(score: np.ndarray, labels: np.ndarray) -> Ranked:
    """The clips with label 1 and those with label 0, each by falling ``score`` (clips,); others, near ones, are left out."""
    falling = np.argsort(-score, kind="stable")
    return Ranked(*(tuple(int(clip) for clip in falling if labels[clip] == label) for label in (1, 0)))


def wanted(concepts: Mapping[str, Ranked]) -> dict[tuple[str, str, str], int]:
    """The clips that the pages of these concepts would like to show, by concept, side and place."""
    found = {}
    for name, mine in concepts.items():
        for side, place in PLACES:
            clip = mine.at(side, place)
            if clip is not None:
                found[name, side, place] = clip
    return found


def cover(wanted: Mapping[tuple[str, str, str], Name], candidates: Sequence[Name], count: int) -> list[Name]:
    """At most ``count`` of the candidates, chosen so that each concept has clips of both sides, in the candidates' order.

    Greedy, as for maximum coverage (Nemhauser, Wolsey and Fisher 1978): each turn takes the candidate that is worth most, of
    equals the first. A place on the side that asks for the concept is worth twice one on the other, and a half, a third ... of
    that where one, two ... places of the same concept and side are filled. When no place is left the first candidates follow.
    """
    worth = {"asked": 2.0, "other": 1.0}
    places: dict[Name, list[tuple[str, str, str]]] = {candidate: [] for candidate in candidates}
    for place, candidate in wanted.items():
        if candidate in places:
            places[candidate].append(place)
    filled: dict[tuple[str, str], int] = {}

    def gain(candidate: Name) -> float:
        return sum(worth[side] / (1 + filled.get((name, side), 0)) for name, side, _ in places[candidate])

    left = list(candidates)
    while left and len(candidates) - len(left) < count:
        best = max(left, key=gain)
        left.remove(best)
        for name, side, _ in places[best]:
            filled[name, side] = filled.get((name, side), 0) + 1
    return [candidate for candidate in candidates if candidate not in left]


def notes(
    instruments: Mapping[str, str], labels: Mapping[str, int], taken: Collection[str], count: int
) -> dict[int, list[str]]:
    """``count`` notes of each label: each of another instrument, those that the page has already first.

    ``instruments`` and ``labels`` are by note id. Within an instrument the middle one of its notes' ids is taken, which
    for NSynth is a middle pitch. Instruments are spread evenly over their sorted names, so that not all are of one
    kind.
    """
    found = {}
    for label in sorted(set(labels.values())):
        by_instrument: dict[str, list[str]] = {}
        for note, value in labels.items():
            if value == label:
                by_instrument.setdefault(instruments[note], []).append(note)
        names = sorted(by_instrument)
        known = [name for name in names if set(by_instrument[name]) & set(taken)]
        places = np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)
        spread = [names[place] for place in places]
        picked = [*known, *(name for name in spread if name not in known)][:count]
        found[label] = [_middle(by_instrument[name], taken) for name in picked]
    return found


def _middle(notes: Sequence[str], taken: Collection[str]) -> str:
    known = sorted(set(notes) & set(taken))
    return known[0] if known else sorted(notes)[len(notes) // 2]
