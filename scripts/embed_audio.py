"""Embed the clips of some shards: of generated audio with all its steps, or of notes."""

import argparse
import hashlib
import itertools
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.core import programs, progress
from musicologist.core.errors import UserError
from musicologist.models.devices import PRECISIONS


def main() -> None:
    """Write one row a clip; of generated audio, one row group for each signal and step, and finished clips under noise too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True, choices=["audio", "notes"])
    parser.add_argument("--inputs", required=True, nargs="+", type=Path, help="manifests of shards; notes: tar files")
    parser.add_argument("--family", required=True, help="module that loads the model, or a file NAME.py")
    parser.add_argument("--model", required=True, help="directory, checkpoint or Hugging Face id")
    parser.add_argument("--digest", required=True, help="digest of the model, for the record")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--threads", type=int, default=1, help="that read and resample, beside the one that embeds")
    parser.add_argument("--scaling", nargs="*", default=[], help="of features that are not on the unit sphere")
    parser.add_argument("--modules", nargs="*", default=[], help="environment modules that the job was to load")
    parser.add_argument("--output", nargs="+", required=True, help="table to write, and a second one of deformed clips")
    arguments = parser.parse_args()
    if len(arguments.output) > 2 - (arguments.corpus == "notes"):
        parser.error("one output, and for generated audio a second one of the deformation control")

    os.environ["HF_HUB_OFFLINE"] = "1"
    from musicologist.audio import manifests
    from musicologist.core import parquet
    from musicologist.embeddings import scaling, soundness
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, NOTE_EMBEDDINGS
    from musicologist.models import devices

    notes = arguments.corpus == "notes"
    shards = [[{"tar": path}] if notes else manifests.read_manifest(path) for path in arguments.inputs]
    schema = NOTE_EMBEDDINGS if notes else AUDIO_EMBEDDINGS
    scaled = scaling.read(arguments.scaling) or (lambda table: table)
    devices.check_modules(arguments.modules)
    family = devices.family(arguments.family)
    device = devices.resolve(arguments.device, arguments.precision)
    model = soundness.embedder(family.load(arguments.model, device), arguments.family)
    metadata = {
        "embedder": arguments.family.removeprefix("musicologist.embedders."),
        "licence": family.LICENCE,
        "size": str(model.size),
        "model": arguments.model,
        "digest": arguments.digest,
        "precision": arguments.precision,
        "window_s": str(model.window / model.sample_rate),
        "sample_rate": str(model.sample_rate),
    }

    def write(size: int) -> None:
        with parquet.writer(arguments.output[0], schema, metadata) as append:
            for levels in shards:
                heard: dict[bytes, Any] = {}  # where guidance is off the guided estimate is the unguided one
                for level in progress.shown(levels, len(levels), "tar files embedded"):
                    append(scaled(embed(model, level["tar"], size, arguments.corpus, arguments.threads, heard)))
        for path in arguments.output[1:]:
            with parquet.writer(path, schema, metadata) as append:
                for levels in shards:
                    for table in embed_deformed(model, levels, size, arguments.threads):
                        append(table)

    # A size that turns out too large is given up for all of them: their clips' bits then depend on one size alone.
    batch = devices.BatchSize("embedding.batch_size", arguments.batch_size)
    with devices.half(device, arguments.precision):
        batch.fit(write)
    print(f"Clips embedded at once: {batch}.", file=sys.stderr)


def embed(model: Any, tar: Path, batch_size: int, corpus: str, threads: int, heard: dict[bytes, Any]) -> Any:
    """A table of one tar file's embeddings, in the order of its clips; ``heard`` has embeddings by the digest of the sound."""
    import numpy as np
    import pyarrow as pa
    from musicologist.embeddings import soundness, tables

    records, keys, sounds, silent = [], [], [], []
    for batch in batches(model, tar, batch_size, threads):
        silent += [key for key, _, audio in batch if not audio.any()]
        keys += [key for key, _, _ in batch]
        records += [record for _, record, _ in batch]
        digests = [hashlib.sha256(audio.data).digest() for _, _, audio in batch]
        new = {digest: audio for digest, (_, _, audio) in zip(digests, batch, strict=True) if digest not in heard}
        found = model.embed_audio(list(new.values()), batch_size) if new else ()
        heard.update(zip(new, soundness.one_each(found, len(new), str(tar)), strict=True))
        sounds += digests
    if silent:
        print(f"{tar}: {len(silent)} of {len(keys)} clips are silent, first {', '.join(silent[:5])}.", file=sys.stderr)
    embedding = tables.embedding_column(
        soundness.require(np.stack([heard[digest] for digest in sounds]), str(tar), len(keys) - len(silent), model.size)
    )
    if corpus == "notes":
        return pa.table({"note_id": keys, "embedding": embedding})
    names = ("prompt_id", "sample", "signal", "step", "sigma", "log_snr_db")
    lacking = [(key, name) for key, record in zip(keys, records, strict=True) for name in names if name not in record]
    if lacking:
        raise UserError(f"{tar}: the record of clip {lacking[0][0]} has no {lacking[0][1]}: expected generated audio.")
    return pa.table({**{name: [record[name] for record in records] for name in names}, "embedding": embedding})


def embed_deformed(model: Any, levels: Sequence[Mapping[str, Any]], batch_size: int, threads: int) -> Iterator[Any]:
    """A table for each step: the clips of the last step, at that step's signal-to-noise ratio, as the signal ``deformed``."""
    import numpy as np
    import pyarrow as pa
    from musicologist.audio import deformation
    from musicologist.embeddings import soundness, tables

    final = max(levels, key=lambda level: (level["signal"] == "denoised", level["step"]))
    steps = {level["step"]: {name: level[name] for name in ("step", "sigma", "log_snr_db")} for level in levels}
    clips, pieces, place = [], {step: [] for step in steps}, str(final["tar"])
    for batch in batches(model, final["tar"], batch_size, threads):
        clips += [(record["prompt_id"], record["sample"]) for _, record, _ in batch]
        for step, level in steps.items():
            noisy = [
                deformation.noisy(audio, level["sigma"], (record["prompt_id"], record["sample"]))
                for _, record, audio in batch
            ]
            pieces[step].append(model.embed_audio(noisy, batch_size))
    prompts, samples = zip(*clips, strict=True)
    for step, level in sorted(steps.items()):
        known = {name: [value] * len(clips) for name, value in {"signal": "deformed", **level}.items()}
        embedding = tables.embedding_column(soundness.require(np.concatenate(pieces[step]), place, 0, model.size))
        yield pa.table({"prompt_id": prompts, "sample": samples, **known, "embedding": embedding})


def batches(model: Any, tar: Path, size: int, threads: int) -> Iterator[list[tuple[str, dict[str, Any], Any]]]:
    """Yield lists of (key, record, mono audio at the model's rate), which other threads read and resample in advance."""
    from musicologist.core import shards
    from musicologist.core.threads import in_order

    def prepared(one: shards.Encoded) -> tuple[str, dict[str, Any], Any]:
        clip = one.clip()
        place = f"{tar}, clip {clip.key}"
        return clip.key, clip.record, shards.mono_at(clip.audio, clip.sample_rate, model.sample_rate, place)

    stream = in_order(prepared, shards.encoded(tar), threads, ahead=2 * size)
    while batch := list(itertools.islice(stream, size)):
        yield batch


if __name__ == "__main__":
    programs.run(main)
