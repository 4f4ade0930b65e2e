"""Scores of one probe arranged level by level, every level with the same clips in the same order."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from musicologist.core.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class ScoredClips:
    """The clips of one signal along the kept steps.

    ``step`` and ``sigma`` are (levels,), in the order of the steps; ``decision`` and ``predicted`` (levels, clips); ``prompts``
    (clips,) index ``prompt_ids`` and ``labels`` (prompts,), which are 1, 0, or -1 for a prompt that is on neither side. A
    prompt that counts on both sides (``labels: original``) is there twice, and so are its clips.
    """

    step: np.ndarray
    sigma: np.ndarray
    decision: np.ndarray
    predicted: np.ndarray
    prompts: np.ndarray
    prompt_ids: np.ndarray
    labels: np.ndarray

    @classmethod
    def from_arrays(
        cls, decisions: "ArrayLike", labels: "ArrayLike", prompt_ids: "ArrayLike", sigmas: "ArrayLike"
    ) -> "ScoredClips":
        """The clips of arrays of one's own, the levels numbered from 0.

        ``decisions`` (levels, clips) are above 0 where a probe hears the concept; ``prompt_ids`` (clips,) are numbers or
        texts; ``labels`` (clips,), or one for each prompt in ascending order of their ids: 1 for prompts with the concept, 0
        without, -1 for those that count on neither side; ``sigmas`` (levels,) are noise levels, the highest first. Raises
        UserError where the arrays do not fit one another, or a prompt has two labels.
        """
        decision, sigma = np.asarray(decisions, float), np.asarray(sigmas, float)
        ids, first, prompts = np.unique(np.asarray(prompt_ids), return_index=True, return_inverse=True)
        if decision.ndim != 2 or decision.shape != (sigma.size, prompts.size) or not np.isfinite(decision).all():
            raise UserError(
                f"decisions have the shape {decision.shape}: expected finite numbers, a row for each of the {sigma.size} "
                f"sigmas and a column for each of the {prompts.size} prompt_ids."
            )
        if not (sigma > 0).all() or (np.diff(sigma) >= 0).any():
            raise UserError(
                "sigmas should be positive and fall, as the noise does: reverse them and the rows of decisions."
            )
        label = np.asarray(labels)
        if label.shape == prompts.shape:
            two = np.flatnonzero(label != label[first][prompts])
            if two.size:
                raise UserError(
                    f"labels has two for the prompt {ids[prompts[two[0]]]}: expected one for all of its clips."
                )
            label = label[first]
        if label.shape != ids.shape or not np.isin(label, (-1, 0, 1)).all():
            raise UserError(
                f"labels have the shape {label.shape}: expected 1, 0 or -1 for each of the {prompts.size} clips or of the "
                f"{ids.size} prompts."
            )
        return cls(np.arange(sigma.size), sigma, decision, (decision > 0).astype(int), prompts, ids, label.astype(int))

    @property
    def log_sigma(self) -> np.ndarray:
        """Natural logarithm of the noise levels (levels,)."""
        return np.log(self.sigma)

    @property
    def known(self) -> np.ndarray:
        """Which clips (clips,) have a prompt on either side."""
        return self.labels[self.prompts] >= 0


def arrange(table: "pa.Table", place: str) -> dict[str, ScoredClips]:
    """Trajectories by signal of a table of the schema ``scores``.

    Raises UserError, naming ``place``, where levels hold different clips.
    """
    columns = {name: table[name].to_numpy() for name in table.column_names if name != "prompt_label"}
    columns["prompt_label"] = table["prompt_label"].fill_null(-1).to_numpy()
    order = np.lexsort([columns["sample"], columns["prompt_label"], columns["prompt_id"], columns["step"]])
    columns = {name: values[order] for name, values in columns.items()}
    found = {}
    for signal in sorted(set(columns["signal"])):
        mine = {name: values[columns["signal"] == signal] for name, values in columns.items()}
        steps, size = np.unique(mine["step"], return_counts=True)
        keys = np.stack([mine["prompt_id"], mine["sample"].astype(np.int64)])
        if len(set(size)) > 1 or (keys.reshape(2, len(steps), -1) != keys[:, None, : size[0]]).any():
            raise UserError(
                f"{place} holds other clips at some steps of {signal} than at others: delete it and run again."
            )
        level = {name: values.reshape(len(steps), -1) for name, values in mine.items()}
        sided = np.stack([level["prompt_id"][0], level["prompt_label"][0].astype(np.int64)])
        (prompt_ids, labels), prompts = np.unique(sided, axis=1, return_inverse=True)
        found[signal] = ScoredClips(
            steps,
            level["sigma"][:, 0],
            level["decision"],
            level["predicted"],
            prompts.reshape(-1),
            prompt_ids,
            labels,
        )
    return found


def rows_of(trajectory: ScoredClips, prompt_ids: np.ndarray, place: str) -> np.ndarray:
    """Where a trajectory's clips stand (clips,) in a table sorted by prompt and sample with these prompt ids (rows,).

    Raises UserError, naming ``place``, where the table holds other clips.
    """
    wanted = trajectory.prompt_ids[trajectory.prompts]
    size = np.bincount(trajectory.prompts)
    within = np.arange(len(wanted)) - np.repeat(np.cumsum(size) - size, size)
    rows = np.searchsorted(prompt_ids, wanted) + within
    inside = rows < len(prompt_ids)
    if not (inside.all() and np.array_equal(prompt_ids[rows], wanted) and len(np.unique(rows)) == len(prompt_ids)):
        raise UserError(f"{place} holds other clips than the scores: delete both and run again.")
    return rows
