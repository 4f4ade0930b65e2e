"""Embeddings of generated audio that a user has, a file a level.

The original study's ``diff_step_5/laion-clap_embeddings.pt``, a tensor (prompts, samples, 512) of x0 estimates, or
``SIGNAL/step_05`` as .parquet (this workflow's table), .npy or .pt.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from musicologist.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

    from musicologist.generated import Level

_ARRAYS = (".pt", ".npy")
_KEPT = ("model", "digest", "window_s", "sample_rate")


def file_of(folder: str | Path, level: "Level") -> Path:
    """The file with a level's embeddings; UserError where there is none, or more than one."""
    folder, (signal, step) = Path(folder), level
    names = [f"{signal}/step_{step:02d}{suffix}" for suffix in (".parquet", *_ARRAYS)]
    if signal == "denoised":
        names += [f"diff_step_{step}/laion-clap_embeddings{suffix}" for suffix in _ARRAYS]
    found = [name for name in names if (folder / name).is_file()]
    if not found:
        raise UserError(
            f"{folder} has no embeddings of {signal} at step {step}: expected one of {', '.join(names)}; set "
            "trajectory.signals and trajectory.keep to what it has."
        )
    if len(found) > 1:
        raise UserError(f"{folder} has both {found[0]} and {found[1]}, the same level twice: remove one of the two.")
    return folder / found[0]


def read(path: Path, level: "Level", sigma: float, prompts: int, samples: int) -> tuple["pa.Table", dict[str, str]]:
    """A table of audio embeddings, sorted by prompt and sample, and metadata that says where it comes from.

    ``sigma`` is the configured schedule's noise level, for what does not record its own.

    Raises UserError where the file is unreadable, holds other prompts or samples than 0 to ``prompts`` - 1 and 0 to
    ``samples`` - 1, or a row that is not finite or zero.
    """
    table, metadata = (_table if path.suffix == ".parquet" else _array)(path, level, sigma, prompts, samples)
    return table, {"source": str(path), **metadata}


def _array(path: Path, level: "Level", sigma: float, prompts: int, samples: int) -> tuple["pa.Table", dict[str, str]]:
    import numpy as np
    import pyarrow as pa

    from musicologist import arrays, schedule, tables

    array = arrays.load(path)
    expected = (prompts, samples, tables.EMBEDDING_SIZE)
    if array.shape != expected:
        raise UserError(
            f"{path} has the shape {list(array.shape)}: expected {list(expected)}, that is prompts.count, audio.samples and "
            "the embedding's size."
        )
    embedding, changed = arrays.unit(array.reshape(-1, tables.EMBEDDING_SIZE), str(path))
    rows = prompts * samples
    columns = {
        "prompt_id": np.repeat(np.arange(prompts), samples),
        "sample": np.tile(np.arange(samples), prompts),
        "signal": [level[0]] * rows,
        "step": [level[1]] * rows,
        "sigma": [sigma] * rows,
        "log_snr_db": [schedule.log_snr_db(sigma)] * rows,
        "embedding": tables.embedding_column(embedding),
    }
    return pa.table(columns), {"sigma_from": "the configured schedule", "normalised": str(changed).lower()}


def _table(path: Path, level: "Level", sigma: float, prompts: int, samples: int) -> tuple["pa.Table", dict[str, str]]:
    from musicologist import arrays, tables

    table = tables.read(path, "audio_embeddings", remedy="give a table that this workflow wrote")
    table = table.sort_by([("prompt_id", "ascending"), ("sample", "ascending")])
    clips = list(zip(table["prompt_id"].to_pylist(), table["sample"].to_pylist(), strict=True))
    expected = [(prompt, sample) for prompt in range(prompts) for sample in range(samples)]
    if clips != expected:
        twice = len(set(clips)) < len(clips)
        odd = min(set(clips) ^ set(expected), default=clips[0])
        raise UserError(
            f"{path} has {len(clips)} rows" + (", some clips twice" if twice else "") + f": expected {prompts} prompts "
            f"(prompts.count) with {samples} samples (audio.samples) each, once; look at prompt {odd[0]}, sample {odd[1]}."
        )
    found = set(zip(table["signal"].to_pylist(), table["step"].to_pylist(), strict=True))
    if found != {level}:
        raise UserError(f"{path} holds {sorted(found)}: expected {level[0]} at step {level[1]} only, as its name says.")
    embedding, changed = arrays.unit(tables.embeddings(table["embedding"]), str(path))
    column = table.schema.get_field_index("embedding")
    table = table.set_column(column, "embedding", tables.embedding_column(embedding))
    known = {name: value for name, value in tables.metadata(path).items() if name in _KEPT}
    return table, {**known, "normalised": str(changed).lower()}
