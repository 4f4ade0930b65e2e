"""Embed the clips of one shard with CLAP: a shard of generated audio with all its steps, or a shard of notes."""

import argparse
import itertools
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from musicologist import cli
from musicologist.errors import UserError


def main() -> None:
    """Write one row a clip; of generated audio, one row group for each signal and step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True, choices=["audio", "notes"])
    parser.add_argument("--input", required=True, type=Path, help="audio: the shard's manifest; notes: a tar file")
    parser.add_argument("--model", required=True, help="directory, checkpoint or Hugging Face id")
    parser.add_argument("--digest", required=True, help="digest of the model, for the record")
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--modules", nargs="*", default=[], help="environment modules that the job was to load")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    os.environ["HF_HUB_OFFLINE"] = "1"
    from musicologist import clap, devices, tables

    tars = [arguments.input] if arguments.corpus == "notes" else tars_of(arguments.input)
    kind = "note_embeddings" if arguments.corpus == "notes" else "audio_embeddings"
    devices.check_modules(arguments.modules)
    model = clap.load(arguments.model, devices.resolve(arguments.device))
    metadata = {
        "model": arguments.model,
        "digest": arguments.digest,
        "window_s": str(model.window / model.sample_rate),
        "sample_rate": str(model.sample_rate),
    }

    def write(size: int) -> None:
        with tables.writer(arguments.output, kind, metadata) as append:
            for tar in cli.progress(tars, len(tars), "tar files embedded"):
                append(embed(model, tar, size, arguments.corpus))

    # A size that turns out too large is given up for the whole shard: its clips' bits then depend on one size alone.
    batch = devices.BatchSize("embedding.batch_size", arguments.batch_size)
    batch.fit(write)
    print(f"Clips embedded at once: {batch}.", file=sys.stderr)


def tars_of(manifest: Path) -> list[Path]:
    """The tar files that a shard's manifest lists."""
    try:
        levels = json.loads(manifest.read_text(encoding="utf-8"))["levels"]
        return [manifest.parent / level["tar"] for level in levels]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{manifest} is no readable manifest of a shard ({error}): delete it and run again.") from None


def embed(model: Any, tar: Path, batch_size: int, corpus: str) -> Any:
    """A table of one tar file's embeddings, in the order of its clips; memory holds a batch of audio."""
    import numpy as np
    import pyarrow as pa
    from musicologist import tables

    records, keys, pieces = [], [], []
    for batch in batches(model, tar, batch_size):
        keys += [key for key, _, _ in batch]
        records += [record for _, record, _ in batch]
        pieces.append(model.embed_audio([audio for _, _, audio in batch], batch_size))
    embedding = tables.embedding_column(np.concatenate(pieces))
    if corpus == "notes":
        return pa.table({"note_id": keys, "embedding": embedding})
    names = ("prompt_id", "sample", "signal", "step", "sigma", "log_snr_db")
    lacking = [(key, name) for key, record in zip(keys, records, strict=True) for name in names if name not in record]
    if lacking:
        raise UserError(f"{tar}: the record of clip {lacking[0][0]} has no {lacking[0][1]}: expected generated audio.")
    return pa.table({**{name: [record[name] for record in records] for name in names}, "embedding": embedding})


def batches(model: Any, tar: Path, size: int) -> Iterator[list[tuple[str, dict[str, Any], Any]]]:
    """Yield lists of (key, record, mono audio at the model's rate)."""
    from musicologist import clap, shards

    def clips() -> Iterator[tuple[str, dict[str, Any], Any]]:
        for clip in shards.read(tar):
            place = f"{tar}, clip {clip.key}"
            yield clip.key, clip.record, clap.prepare(clip.audio, clip.sample_rate, model.sample_rate, place)

    stream = clips()
    while batch := list(itertools.islice(stream, size)):
        yield batch


if __name__ == "__main__":
    cli.run(main)
