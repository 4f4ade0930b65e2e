"""What an embedder's own tags say of concepts: curves of a second opinion that nobody trained on notes."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from musicologist.core import parquet
from musicologist.embeddings import of_clips, tables, tagged
from musicologist.emergence import answers, controls, curve
from musicologist.emergence.curve import Settings
from musicologist.emergence.scored_clips import ScoredClips

COLUMNS = (
    *("concept", "tags", "signal", "step", "sigma", "log_snr_db"),
    *("n_pos_prompts", "n_neg_prompts", "n_pos", "n_neg", "roc_auc", "roc_auc_low", "roc_auc_high"),
)
"""Of the long table ``rows``."""
_TAG_AGAIN = "tag the clips anew with `snakemake --forcerun tag_audio`"

Decisions = dict[tuple[str, str, str], np.ndarray]
"""As ``controls.CurveKey`` has it."""


def strongest(path: str | Path, asked: Mapping[str, Sequence[str]]) -> pa.Table:
    """A table of tags with one column a concept in place of all tags: the highest probability of those ``asked`` of it.

    Memory holds a row group and the columns that are given.
    """
    names = json.loads(parquet.metadata(path)[tagged.NAMES])
    places = {concept: [names.index(tag) for tag in tags] for concept, tags in asked.items()}

    def narrow(group: pa.Table) -> pa.Table:
        probability = tables.embeddings(group["probability"])
        for concept, mine in places.items():
            group = group.append_column(concept, pa.array(probability[:, mine].max(axis=1)))
        return group.drop_columns("probability")

    with pq.ParquetFile(path) as file:
        return pa.concat_tables(narrow(file.read_row_group(number)) for number in range(file.num_row_groups))


def decisions(table: pa.Table, concept: str, scored: Mapping[str, ScoredClips], place: str | Path) -> Decisions:
    """What ``strongest`` says of one concept, by signal (levels, clips), in the order of its scored clips.

    Raises UserError, naming ``place``, where the table holds other clips.
    """
    signals, steps = table["signal"].to_numpy(), table["step"].to_numpy()
    found = {}
    for signal, mine in scored.items():
        levels = []
        for step in mine.step:
            level = table.filter((signals == signal) & (steps == step))
            rows = of_clips.rows_of(level, mine.clips, f"{place} at step {step} of {signal}", _TAG_AGAIN)
            levels.append(level[concept].to_numpy()[rows])
        found["tags", "tags", signal] = np.stack(levels)
    return found


def rows(
    concept: str, tags: Sequence[str], decided: Decisions, scored: Mapping[str, ScoredClips]
) -> Iterator[dict[str, Any]]:
    """Rows with the COLUMNS: ROC-AUC by level against the prompts' labels, with the interval that a probe's has."""
    for row in controls.rows(concept, decided, scored):
        yield {name: row[name] for name in COLUMNS if name in row} | {"tags": ", ".join(tags)}


def summaries(
    measured: Mapping[str, tuple[Decisions, Mapping[str, ScoredClips]]],
    found: Iterable[Mapping[str, Any]],
    settings: Settings,
) -> list[dict[str, Any]]:
    """By concept and signal the answer of the curve, q over these concepts, and the row of ``found`` at its last level.

    ``measured`` are decisions and scored clips by concept, ``found`` all their ``rows``, levels in their order.
    """
    curves: dict[answers.Key, Mapping[str, Any]] = {}
    for concept, (decided, scored) in measured.items():
        for one in curve.of_controls(decided, {"tags": scored}, settings):
            curves[concept, one["signal"]] = one
    last: dict[answers.Key, Mapping[str, Any]] = {(row["concept"], row["signal"]): row for row in found}
    concluded = answers.conclude(curves)
    said = ("answer", "q")
    return [
        {**last[key], "tags": last[key]["tags"].split(", ")} | {name: concluded[key][name] for name in said}
        for key in curves
    ]


def sentence(row: Mapping[str, Any], embedder: str) -> str:
    """What one of the ``summaries`` says, for people."""
    low, high = row["roc_auc_low"], row["roc_auc_high"]
    interval = f" [{low:.2f}, {high:.2f}]" if np.isfinite(low) else ""
    many = "s" if len(row["tags"]) > 1 else ""
    return (
        f"{embedder}'s own tag{many} {', '.join(row['tags'])}, which no note taught: {row['answer']}; ROC-AUC at the last "
        f"level of {row['signal']} {row['roc_auc']:.2f}{interval}."
    )
