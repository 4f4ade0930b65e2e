"""The schema of the notes table."""

import pyarrow as pa

from musicologist.core import parquet

NOTES = parquet.schema(
    "notes",
    [
        ("note_id", pa.string()),  # NSynth's note_str
        ("instrument", pa.string()),  # NSynth's instrument_str: the group of a split
        ("family", pa.string()),
        ("source", pa.string()),
        ("qualities", pa.list_(pa.string())),
        ("pitch", pa.int16()),  # MIDI
        ("velocity", pa.int16()),  # MIDI
        ("split", pa.string()),  # NSynth's own: train, valid or test
    ],
)
