"""Embeddings that a user has, as tensors of torch (.pt) or arrays of NumPy (.npy). Nothing pickled is ever run."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from musicologist.core import levels
from musicologist.core.errors import UserError
from musicologist.core.levels import Level

if TYPE_CHECKING:
    import pyarrow as pa

ARRAY_SUFFIXES = (".pt", ".npy")
_TOLERANCE = 1e-3
_SMALLEST = 1e-30  # a norm below which float32 has no digits left


def load_array(path: str | Path) -> np.ndarray:
    """A file's array, float32.

    Raises UserError where the file is missing, broken, or holds anything but one array of numbers.
    """
    path = Path(path)
    try:
        array = _tensor(path) if path.suffix == ".pt" else _array_of(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected an array of embeddings.") from None
    except Exception as error:  # of a spoilt file NumPy and torch raise nearly anything, a tokenizer's errors among it
        detail = " ".join(str(error).split())[:100]
        raise UserError(
            f"{path} cannot be read as a plain {'tensor' if path.suffix == '.pt' else 'array'} ({detail}): save the "
            "embeddings as one tensor or array; other objects are not loaded, for they could run code."
        ) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        found = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else f"a {type(array).__name__}"
        raise UserError(f"{path} holds {found}: expected one array of floating-point numbers.")
    return array.astype(np.float32)


def _tensor(path: Path) -> object:
    import torch

    found = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(found, torch.Tensor) or not found.is_floating_point():
        return found
    if (
        found.layout != torch.strided
        or found.is_meta
        or found.untyped_storage().nbytes() < found.numel() * found.itemsize
    ):
        raise ValueError("a tensor that is sparse, without data, or larger than what is stored of it")
    return found.detach().float().numpy()


def _array_of(path: Path) -> object:
    """The array of a .npy file, once its header is seen to claim no more than the file holds."""
    from numpy.lib import format as npy

    with open(path, "rb") as file:
        version = npy.read_magic(file)
        readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}  # 3.0 is for names of fields
        if version not in readers:
            raise ValueError(f"version {version[0]}.{version[1]} of the format, which no plain array needs")
        shape, _, kind = readers[version](file)
        claimed, there = math.prod(shape) * kind.itemsize, path.stat().st_size - file.tell()
        if not kind.hasobject and claimed > there:
            raise ValueError(f"its header claims {claimed} bytes, and {there} are there")
    return np.load(path, allow_pickle=False)


def unit(embedding: np.ndarray, place: str) -> tuple[np.ndarray, bool]:
    """Embeddings (rows, size) of unit norm, and whether they had to be normalised for it; within 1e-3 they are left alone.

    Raises UserError, naming ``place``, for another shape, and for a row that is not finite or zero.
    """
    if embedding.ndim != 2 or not embedding.shape[1]:
        raise UserError(f"{place} has the shape {list(embedding.shape)}: expected rows of numbers, one an embedding.")
    norms = np.linalg.norm(embedding.astype(np.float64), axis=1)
    bad = np.flatnonzero(~np.isfinite(norms) | (norms < _SMALLEST))
    if len(bad):
        what = (
            "only zeros, or as good as"
            if norms[bad[0]] < _SMALLEST
            else "numbers that are not finite (NaN or infinite)"
        )
        raise UserError(f"{place}: row {bad[0]} has {what} ({len(bad)} such rows): embed that audio again.")
    if len(embedding) > 1 and (embedding == embedding[0]).all():
        raise UserError(f"{place}: all {len(embedding)} rows are the same: embed the audio again, each clip by itself.")
    if np.abs(norms - 1).max(initial=0) <= _TOLERANCE:
        return embedding, False
    return (embedding / norms[:, None]).astype(np.float32), True


_KEPT = ("embedder", "licence", "size", "model", "digest", "window_s", "sample_rate")


def file_of(folder: str | Path, level: Level) -> Path:
    """The file with a level's embeddings; UserError where there is none, or more than one."""
    folder, (signal, step) = Path(folder), level
    names = [str(levels.path("", level, suffix)) for suffix in (".parquet", *ARRAY_SUFFIXES)]
    if signal == "denoised":
        names += [f"diff_step_{step}/laion-clap_embeddings{suffix}" for suffix in ARRAY_SUFFIXES]
    found = [name for name in names if (folder / name).is_file()]
    if not found:
        raise UserError(
            f"{folder} has no embeddings of {signal} at step {step}: expected one of {', '.join(names)}; set "
            "trajectory.signals and trajectory.keep to what it has."
        )
    if len(found) > 1:
        raise UserError(f"{folder} has both {found[0]} and {found[1]}, the same level twice: remove one of the two.")
    return folder / found[0]


def read(path: Path, level: Level, sigma: float, prompts: int, samples: int) -> tuple["pa.Table", dict[str, str]]:
    """A table of audio embeddings, sorted by prompt and sample, and metadata that says where it comes from.

    ``sigma`` is the configured schedule's noise level, for what does not record its own.

    Raises UserError where the file is unreadable, holds other prompts or samples than 0 to ``prompts`` - 1 and 0 to
    ``samples`` - 1, or a row that is not finite or zero.
    """
    table, metadata = (_table if path.suffix == ".parquet" else _array)(path, level, sigma, prompts, samples)
    return table, {"source": str(path), **metadata}


def _array(path: Path, level: Level, sigma: float, prompts: int, samples: int) -> tuple["pa.Table", dict[str, str]]:
    import pyarrow as pa

    from musicologist.core import noise_levels
    from musicologist.embeddings import tables

    array = load_array(path)
    if array.ndim != 3 or array.shape[:2] != (prompts, samples):
        raise UserError(
            f"{path} has the shape {list(array.shape)}: expected [{prompts}, {samples}, size], that is prompts.count, "
            "audio.samples and the embedding's size."
        )
    embedding, changed = unit(array.reshape(prompts * samples, -1), str(path))
    rows = prompts * samples
    columns = {
        "prompt_id": np.repeat(np.arange(prompts), samples),
        "sample": np.tile(np.arange(samples), prompts),
        "signal": [level[0]] * rows,
        "step": [level[1]] * rows,
        "sigma": [sigma] * rows,
        "log_snr_db": [noise_levels.log_snr_db(sigma)] * rows,
        "embedding": tables.embedding_column(embedding),
    }
    return pa.table(columns), {"sigma_from": "the configured schedule", "normalised": str(changed).lower()}


def _table(path: Path, level: Level, sigma: float, prompts: int, samples: int) -> tuple["pa.Table", dict[str, str]]:
    from musicologist.core import parquet
    from musicologist.embeddings import of_clips, tables
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
    from musicologist.inputs import importing

    table = parquet.read(path, AUDIO_EMBEDDINGS, remedy="give a table that this workflow wrote")
    whose = f"{prompts} prompts (prompts.count) with {samples} samples (audio.samples) each"
    expected = of_clips.grid(range(prompts), range(samples), whose)
    table = table.take(of_clips.rows_of(table, expected, path, "give a table that has each of them once"))
    found = set(zip(table["signal"].to_pylist(), table["step"].to_pylist(), strict=True))
    if found != {level}:
        raise UserError(
            f"{path} holds {sorted(found, key=str)}: expected {level[0]} at step {level[1]} only, as its name says."
        )
    noise = set(zip(table["sigma"].to_pylist(), table["log_snr_db"].to_pylist(), strict=True))
    for pair in noise:
        importing.require_noise(*pair, str(path), "give a table that this workflow wrote")
    if len(noise) > 1:
        raise UserError(
            f"{path} has the noise levels {', '.join(f'{sigma:g}' for sigma, _ in sorted(noise)[:3])} (sigma): expected one."
        )
    embedding, changed = unit(tables.embeddings(table["embedding"]), str(path))
    column = table.schema.get_field_index("embedding")
    table = table.set_column(column, "embedding", tables.embedding_column(embedding))
    known = {name: value for name, value in parquet.metadata(path).items() if name in _KEPT}
    return table, {**known, "normalised": str(changed).lower()}
