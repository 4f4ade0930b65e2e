"""What another embedder says of the same clips: its answer, how well it tells them apart in the end, how much it differs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from musicologist.core.errors import UserError
from musicologist.emergence.scored_clips import ScoredClips
from musicologist.statistics import auc
from musicologist.statistics.distributions import student_quantile

Row = Mapping[str, Any]
Key = tuple[str, str, str]  # concept, classifier, signal

FEWEST = 5
"""Prompts that each side needs before an error can be stated."""
_MEASURED = ("roc_auc", "roc_auc_low", "roc_auc_high")


def difference(own: ScoredClips, other: ScoredClips) -> tuple[float, float, float]:
    """By how much the other's ROC-AUC is larger than one's own at the last level of the same clips, and its 95 % interval.

    Pairs are clips, clusters are prompts. NaN with fewer than FEWEST prompts on a side. Raises UserError where the two did not
    score the same clips.
    """
    names = ("prompt_ids", "labels", "prompts", "samples")
    if any(not np.array_equal(getattr(own, name), getattr(other, name)) for name in names):
        raise UserError(
            "Two embedders' scores are not of the same clips: score them again with `snakemake -R score_audio`."
        )
    if min(int((own.labels == side).sum()) for side in (0, 1)) < FEWEST:
        return float("nan"), float("nan"), float("nan")
    mine = own.known
    found = auc.difference(
        other.decision[-1, mine], own.decision[-1, mine], own.clip_labels[mine], own.clip_prompt_ids[mine]
    )
    half = float(student_quantile(found.freedom, 0.975) * np.sqrt(found.variance))
    return found.value, found.value - half, found.value + half


def rows(
    embedder: str,
    own: Mapping[Key, Row],
    other: Mapping[Key, Row],
    differences: Mapping[Key, tuple[float, float, float]],
) -> list[dict[str, Any]]:
    """One row a curve; ``own`` and ``other`` are the last levels of atlas.csv, ``differences`` as ``difference`` gives them.

    ``differs`` says that the areas do so beyond their error, ``agrees`` that they do not and that the answers are the same. It
    is None where the answers are the same and too few prompts tell the error of the areas.
    """
    found = []
    for key, mine in own.items():
        value, low, high = differences[key]
        theirs, differs = other[key], bool(low > 0 or high < 0)
        same = theirs["answer"] == mine["answer"]
        found.append(
            dict(zip(("concept", "classifier", "signal"), key, strict=True))
            | {"embedder": embedder, "answer": theirs["answer"], "own_answer": mine["answer"]}
            | {name: theirs[name] for name in _MEASURED}
            | {f"own_{name}": mine[name] for name in _MEASURED}
            | {"difference": value, "difference_low": low, "difference_high": high, "differs": differs}
            | {"agrees": None if same and not np.isfinite(value) else same and not differs}
        )
    return found


def sentence(row: Row, own: str) -> str:
    """What a row says, for people; ``own`` is the name of the run's own embedder."""
    theirs, mine = (f"{row[f'{of}roc_auc']:.2f}{_interval(row, f'{of}roc_auc')}" for of in ("", "own_"))
    same = row["answer"] == row["own_answer"]
    verdict = {
        True: "agrees",
        False: "agrees on the answer but not on how well" if same else "does not agree",
        None: "gives the same answer, on too few prompts to say how well",
    }[row["agrees"]]
    answers = row["answer"] if same else f"{row['answer']} ({own}: {row['own_answer']})"
    apart = (
        f": {'higher' if row['difference'] > 0 else 'lower'} by {abs(row['difference']):.2f}" if row["differs"] else ""
    )
    return (
        f"{row['embedder']}, listening beside {own}, {verdict}: {answers}; ROC-AUC on the finished clips {theirs} "
        f"({own} {mine}){apart}."
    )


def summary(chosen: Sequence[Row], own: str) -> str:
    """How many of the concepts another embedder agrees on, and which not; ``chosen`` has one row a concept of one embedder."""
    names: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for row in chosen:
        names[row["agrees"]].append(row["concept"].removeprefix("is_").replace("_", " "))
    others = f"; not on {', '.join(names[False])}" if names[False] else ""
    others += f"; too few prompts for {', '.join(names[None])}" if names[None] else ""
    return (
        f"{chosen[0]['embedder']}, listening beside {own}, agrees on {len(names[True])} of {len(chosen)} concepts (answer, and "
        f"ROC-AUC on the finished clips within its error){others}."
    )


def _interval(row: Row, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f" [{low:.2f}, {high:.2f}]" if np.isfinite(low) else ""
