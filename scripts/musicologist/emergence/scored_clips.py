"""Scores of one probe arranged level by level, every level with the same clips in the same order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import noise_levels, parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import of_clips
from musicologist.embeddings.of_clips import Clips
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import ArrayLike

EQUAL_PROMPTS = "equal_prompts"
"""The key of a table's metadata that has, by prompt id, the first prompt of the same text."""
FEWEST = 2
"""Prompts that each side needs before anything can be said."""


@dataclass(frozen=True)
class ScoredClips:
    """The clips of one signal along the kept steps.

    ``step`` and ``sigma`` are (levels,), in the order of the steps; ``decision`` and ``predicted`` (levels, clips); ``prompts``
    (clips,) index ``prompt_ids`` and ``labels`` (prompts,), which are 1, 0, or -1 for a prompt that takes no side; ``samples``
    (clips,) number a prompt's clips. A prompt that counts on both sides (``labels: original``) is there twice, and so are its
    clips. Prompts of the same text are one, the first of them: ``own_ids`` (clips,) then has the clips' own prompt ids.
    """

    step: np.ndarray
    sigma: np.ndarray
    decision: np.ndarray
    predicted: np.ndarray
    prompts: np.ndarray
    prompt_ids: np.ndarray
    labels: np.ndarray
    samples: np.ndarray
    own_ids: np.ndarray | None = None

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
        order, size = np.argsort(prompts, kind="stable"), np.bincount(prompts)
        samples = np.empty(prompts.size, int)
        samples[order] = np.arange(prompts.size) - np.repeat(np.cumsum(size) - size, size)
        predicted = (decision > 0).astype(int)
        return cls(np.arange(sigma.size), sigma, decision, predicted, prompts, ids, label.astype(int), samples)

    @property
    def log_sigma(self) -> np.ndarray:
        """Natural logarithm of the noise levels (levels,)."""
        return np.log(self.sigma)

    @property
    def known(self) -> np.ndarray:
        """Which clips (clips,) have a prompt that takes a side."""
        return self.clip_labels >= 0

    @property
    def clip_labels(self) -> np.ndarray:
        """The labels (clips,) of the clips' prompts."""
        return self.labels[self.prompts]

    @property
    def clip_prompt_ids(self) -> np.ndarray:
        """The ids (clips,) of the clips' prompts: the same for both rows of a clip whose prompt counts on both sides."""
        return self.prompt_ids[self.prompts]

    @property
    def clips(self) -> Clips:
        """The clips by name, to find them in other tables."""
        ids = self.clip_prompt_ids if self.own_ids is None else self.own_ids
        return Clips(ids, self.samples, "the scores")

    @property
    def enough(self) -> bool:
        """Whether each side has the FEWEST prompts."""
        return min(int((self.labels == label).sum()) for label in (0, 1)) >= FEWEST

    def place(self, level: int) -> dict[str, Any]:
        """``step``, ``sigma`` and ``log_snr_db`` of a level."""
        sigma = float(self.sigma[level])
        return {"step": int(self.step[level]), "sigma": sigma, "log_snr_db": noise_levels.log_snr_db(sigma)}


def counts(labels: np.ndarray, prompts: np.ndarray) -> dict[str, int]:
    """How many prompts and clips are on each side, of labels and prompts (clips,); labels other than 0 and 1 do not count."""
    return {
        "n_pos_prompts": len(np.unique(prompts[labels == 1])),
        "n_neg_prompts": len(np.unique(prompts[labels == 0])),
        "n_pos": int((labels == 1).sum()),
        "n_neg": int((labels == 0).sum()),
    }


def arrange(table: "pa.Table", place: str | Path) -> dict[str, ScoredClips]:
    """Scored clips by signal of a table of the schema ``scores``; prompts that its metadata calls equal are one prompt.

    Raises UserError, naming ``place``, where levels hold different clips.
    """
    columns = {name: table[name].to_numpy() for name in table.column_names if name != "prompt_label"}
    columns["prompt_label"] = table["prompt_label"].fill_null(-1).to_numpy()
    first = json.loads((table.schema.metadata or {}).get(EQUAL_PROMPTS.encode(), b"{}"))
    order = np.lexsort([columns["sample"], columns["prompt_label"], columns["prompt_id"], columns["step"]])
    columns = {name: values[order] for name, values in columns.items()}
    found = {}
    for signal in sorted(set(columns["signal"])):
        mine = {name: values[columns["signal"] == signal] for name, values in columns.items()}
        steps, size = np.unique(mine["step"], return_counts=True)
        keys = np.stack([mine["prompt_id"], mine["sample"].astype(np.int64)])
        if len(set(size)) > 1 or (keys.reshape(2, len(steps), -1) != keys[:, None, : size[0]]).any():
            raise UserError(
                f"{place} holds other clips at some steps of {signal} than at others: {of_clips.SCORE_AGAIN}."
            )
        level = {name: values.reshape(len(steps), -1) for name, values in mine.items()}
        own_ids = level["prompt_id"][0]
        together = np.array([first.get(str(number), number) for number in own_ids], np.int64) if first else own_ids
        sided = np.stack([together, level["prompt_label"][0].astype(np.int64)])
        (prompt_ids, labels), prompts = np.unique(sided, axis=1, return_inverse=True)
        found[signal] = ScoredClips(
            step=steps,
            sigma=level["sigma"][:, 0],
            decision=level["decision"],
            predicted=level["predicted"],
            prompts=prompts.reshape(-1),
            prompt_ids=prompt_ids,
            labels=labels,
            samples=level["sample"][0],
            own_ids=own_ids if first else None,
        )
    return found


def read_embeddings(path: str | Path, scored: Mapping[str, ScoredClips]) -> tuple[str, int, np.ndarray]:
    """A table of one level's embeddings in the order of the scored clips of its signal.

    Gives the signal, which of its levels the table holds, and the embeddings (clips, 512). Raises UserError where the table
    holds other clips.
    """
    table = parquet.read(path, AUDIO_EMBEDDINGS)
    signal, step = table["signal"][0].as_py(), table["step"][0].as_py()
    mine = scored[signal]
    embedding = of_clips.in_order(table, mine.clips, path, of_clips.SCORE_AGAIN)
    return signal, int(np.searchsorted(mine.step, step)), embedding
