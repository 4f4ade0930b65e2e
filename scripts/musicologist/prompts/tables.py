"""Schemas of prompts and annotations, and the annotation of one prompt."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from musicologist.core import parquet

ANNOTATIONS = parquet.schema(
    "annotations",
    [
        ("prompt_id", pa.int64()),
        ("aspects", pa.list_(pa.string())),
        ("aspects_raw", pa.list_(pa.string())),
        ("bpm", pa.float64()),  # beats per minute; null where the prompt names no tempo
        ("annotator", pa.string()),
        ("pass", pa.int8()),  # 1, 2 ...; 0 is the majority of several passes
    ],
)

PROMPTS = parquet.schema(
    "prompts",
    [
        ("prompt_id", pa.int64()),
        ("text", pa.string()),
        ("writer", pa.string()),
        (
            "unknown_words",
            pa.list_(pa.string()),
        ),  # that the diffusion model does not know; null where it reads any text
    ],
)


@dataclass(frozen=True)
class Annotation:
    """What one prompt asks for: ``aspects`` in the vocabulary's order, ``raw`` as answered, bpm or None."""

    aspects: tuple[str, ...]
    raw: tuple[str, ...]
    bpm: float | None


def annotation_table(rows: Iterable[tuple[int, Annotation, int]], annotator: str) -> pa.Table:
    """A table of kind ``annotations`` out of (prompt_id, annotation, pass); pass 0 is the majority of several passes."""
    rows = list(rows)
    columns = {
        "prompt_id": [prompt_id for prompt_id, _, _ in rows],
        "aspects": [annotation.aspects for _, annotation, _ in rows],
        "aspects_raw": [annotation.raw for _, annotation, _ in rows],
        "bpm": [annotation.bpm for _, annotation, _ in rows],
        "annotator": [annotator] * len(rows),
        "pass": [number for _, _, number in rows],
    }
    return pa.table(columns, schema=ANNOTATIONS)
