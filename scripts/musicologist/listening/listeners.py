"""Blind listening: reading what people answered level by level, and measuring their curves as those of probes.

A trial is one clip, heard from noise to music without its label; at each level the listener says whether the concept is there.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core.errors import UserError, suggest
from musicologist.statistics import auc, bootstrap, curves

COLUMNS = ("listener", "concept", "prompt_id", "sample", "asked", "signal", "step", "sigma", "answer")
"""What the page exports, an answer a row; ``asked`` is 1 where the prompt asks for the concept and 0 where it does not."""
ANSWERS = {"yes": 1.0, "unsure": 0.5, "no": 0.0}
_FEWEST = 2
"""Prompts that a side needs for an interval."""
_MOST = 2**31 - 1  # of a number that is written into tables


@dataclass(frozen=True)
class Answer:
    """What one listener said about one clip at one level; ``heard`` is a value of ``ANSWERS``."""

    listener: str
    concept: str
    prompt: int
    sample: int
    asked: bool
    signal: str
    step: int
    sigma: float
    heard: float
    run: str = ""


def files(places: Iterable[str | Path]) -> list[Path]:
    """The CSV files among ``places``, each a file or a folder of them, sorted by folder.

    Raises UserError for a place that does not exist or a folder without any.
    """
    found: list[Path] = []
    for place in map(Path, places):
        if not place.exists():
            raise UserError(
                f"inputs.listeners: {place} does not exist: give a CSV that the page's blind listening exported."
            )
        mine = sorted(place.glob("*.csv")) if place.is_dir() else [place]
        if not mine:
            raise UserError(f"inputs.listeners: {place} holds no .csv file: put there what the page exported.")
        found += mine
    return found


def read(path: str | Path, concepts: Sequence[str]) -> list[Answer]:
    """The answers of one exported CSV, in its order.

    Raises UserError for a file that is none, a column that is missing or stands twice, a concept that is not among
    ``concepts``, an answer that is neither yes, no nor unsure, and a number that is none.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream)
            missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
            if missing:
                raise UserError(
                    f"{path} has no column {missing[0]!r}: expected {', '.join(COLUMNS)}, with commas between, as the "
                    "listening page exports."
                )
            if twice := [name for name in COLUMNS if list(table.fieldnames or ()).count(name) > 1]:
                raise UserError(f"{path}: the column {twice[0]} stands twice: rename one of the two.")
            return [_answer(row, f"{path}, line {table.line_num}", concepts) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{path} is no readable CSV ({error}): give one that the page's blind listening exported."
        ) from None


def gathered(places: Iterable[str | Path], concepts: Sequence[str]) -> tuple[list[Answer], list[Path]]:
    """The answers of all files among ``places``, and the files that were left out for a later export that repeats them.

    The page exports all answers since it was opened: who saves twice has a second file that begins with the first. Raises
    UserError as ``files`` and ``read``, and where answers are of several runs, or do not agree on what a clip's prompt asks for
    or on the noise level of a step.
    """
    by_file = {path: read(path, concepts) for path in files(places)}
    repeated = [path for path in by_file if _is_repeated(path, by_file)]
    answers, seen = [], dict[str, tuple[Any, Path]]()
    for path, mine in by_file.items():
        for answer in mine if path not in repeated else ():
            for what, value in _claims(answer):
                before, first = seen.setdefault(what, (value, path))
                if before != value:
                    raise UserError(
                        f"inputs.listeners: {what} is {before!r} in {first} and {value!r} in {path}: give the answers that "
                        "were exported of one run."
                    )
            answers.append(answer)
    return answers, repeated


def _claims(answer: Answer) -> Iterator[tuple[str, Any]]:
    """What all answers of one run must agree on."""
    if answer.run:
        yield "run", answer.run
    yield f"sigma of step {answer.step}", answer.sigma
    yield f"asked of {answer.concept}, prompt {answer.prompt}", int(answer.asked)


def _is_repeated(path: Path, by_file: Mapping[Path, Sequence[Answer]]) -> bool:
    """Whether another file begins with all answers of this one; of equal files the first is kept."""
    mine, order = by_file[path], list(by_file)
    longer = [other for other in order if other != path and by_file[other][: len(mine)] == mine]
    return any(len(by_file[other]) > len(mine) or order.index(other) < order.index(path) for other in longer)


def _answer(row: Mapping[str, str], place: str, concepts: Sequence[str]) -> Answer:
    if row["concept"] not in concepts:
        raise UserError(
            f"{place}: the concept {row['concept']!r} is not in this run; {suggest(row['concept'], concepts)}."
        )
    if row["answer"] not in ANSWERS:
        raise UserError(f"{place}: found the answer {row['answer']!r}, expected yes, no or unsure.")
    try:
        asked, sigma = int(row["asked"]), float(row["sigma"])
        numbers = int(row["prompt_id"]), int(row["sample"]), int(row["step"])
    except (TypeError, ValueError) as error:
        raise UserError(f"{place}: {error}: prompt_id, sample, asked, step and sigma are numbers.") from None
    if asked not in (0, 1) or not (np.isfinite(sigma) and sigma > 0):
        raise UserError(f"{place}: expected asked 0 or 1 and a sigma above 0, found {asked} and {sigma}.")
    if not all(0 <= number <= _MOST for number in numbers):
        raise UserError(f"{place}: expected prompt_id, sample and step from 0 to {_MOST}, found {numbers}.")
    prompt, sample, step = numbers
    return Answer(
        row["listener"],
        row["concept"],
        prompt,
        sample,
        bool(asked),
        row["signal"],
        step,
        sigma,
        ANSWERS[row["answer"]],
        row.get("run") or "",
    )


def measure(answers: Sequence[Answer], resamples: int, seed: int) -> list[dict[str, Any]]:
    """Curves of all listeners together: a row for each concept, signal and level, noisiest first.

    ``yes_share`` is how often they hear the concept in clips whose prompt asks for it (unsure counts a half),
    ``false_share`` in the others; ``roc_auc`` takes the answers as ratings (Green and Swets 1966), so that it compares
    with a probe's. ``threshold_sigma`` is the noise level at which the share of clips that ask for it has risen half
    its way, as ``curves.half_rise`` of a probe's curve. Intervals are 95 %, over prompts: of the area clustered
    DeLong's, of the others percentiles of ``resamples`` bootstrap draws. None is what cannot be said: an area without
    both sides, an interval of fewer than two prompts.
    """
    found = []
    for concept, signal in sorted({(answer.concept, answer.signal) for answer in answers}):
        mine = [answer for answer in answers if (answer.concept, answer.signal) == (concept, signal)]
        levels = sorted({(answer.step, answer.sigma) for answer in mine})
        asked = [answer for answer in mine if answer.asked]
        shares = _shares(asked, levels, resamples, seed)
        thresholds = _thresholds(shares, levels)
        for number, (step, sigma) in enumerate(levels):
            here = [answer for answer in mine if answer.step == step]
            other = [answer.heard for answer in here if not answer.asked]
            found.append(
                {
                    "concept": concept,
                    "signal": signal,
                    "step": step,
                    "sigma": sigma,
                    "log_snr_db": -20 * float(np.log10(sigma)),
                    "listeners": len({answer.listener for answer in mine}),
                    "n_pos": sum(answer.asked for answer in here),
                    "n_neg": len(other),
                    **_with_interval("yes_share", shares[:, number]),
                    "false_share": float(np.mean(other)) if other else None,
                    **_area(here),
                    **_with_interval("threshold_sigma", np.exp(thresholds)),
                }
            )
    return found


def _shares(asked: Sequence[Answer], levels: Sequence[tuple[int, float]], resamples: int, seed: int) -> np.ndarray:
    """Mean answers (1 + resamples, levels) to clips that ask for the concept: as measured, then with prompts drawn anew."""
    prompts = sorted({answer.prompt for answer in asked})
    total, count = np.zeros((2, len(prompts), len(levels)))
    place = {step: number for number, (step, _) in enumerate(levels)}
    for answer in asked:
        total[prompts.index(answer.prompt), place[answer.step]] += answer.heard
        count[prompts.index(answer.prompt), place[answer.step]] += 1
    weights = np.ones((1, len(prompts)))
    if len(prompts) >= _FEWEST:
        weights = np.concatenate([weights, bootstrap.draws(len(prompts), resamples, seed).T])
    drawn = weights @ count
    return np.divide(weights @ total, drawn, out=np.full(drawn.shape, np.nan), where=drawn > 0)


def _thresholds(shares: np.ndarray, levels: Sequence[tuple[int, float]]) -> np.ndarray:
    """log sigma (1 + resamples,) of half the rise; NaN with a single level."""
    if len(levels) < 2:
        return np.full(len(shares), np.nan)
    return curves.half_rise(np.log([sigma for _, sigma in levels]), shares)


def _with_interval(name: str, values: np.ndarray) -> dict[str, float | None]:
    low, high = bootstrap.interval(values[1:]) if len(values) > 1 else (np.nan, np.nan)
    parts = {name: values[0], f"{name}_low": low, f"{name}_high": high}
    return {key: float(value) if np.isfinite(value) else None for key, value in parts.items()}


def _area(here: Sequence[Answer]) -> dict[str, float | None]:
    labels = np.array([answer.asked for answer in here], int)
    prompts = np.array([answer.prompt for answer in here])
    if min(len(set(prompts[labels == label])) for label in (0, 1)) < _FEWEST:
        return dict.fromkeys(("roc_auc", "roc_auc_low", "roc_auc_high"))
    found = auc.clustered(np.array([answer.heard for answer in here]), labels, prompts)
    low, high = auc.interval(found)
    return {"roc_auc": found.value, "roc_auc_low": low, "roc_auc_high": high}
