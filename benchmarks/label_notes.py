"""Time the labels of all concepts over NSynth-train-sized metadata: python benchmarks/label_notes.py"""

import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.concepts import datasets, definitions
from musicologist.notes.tables import NOTES
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

ROWS = 289_205  # NSynth's train split


def main() -> None:
    rng = np.random.default_rng(0)
    present = rng.random((ROWS, len(QUALITIES))) < 0.12
    columns = {
        "note_id": [f"note_{number:06d}" for number in range(ROWS)],
        "instrument": [f"instrument_{number % 953:03d}" for number in range(ROWS)],
        "family": rng.choice(FAMILIES, ROWS),
        "source": rng.choice(SOURCES, ROWS),
        "qualities": [[QUALITIES[index] for index in np.flatnonzero(row)] for row in present],
        "pitch": rng.integers(21, 109, ROWS),
        "velocity": rng.integers(25, 128, ROWS),
        "split": ["train"] * ROWS,
    }
    notes = pa.table(columns).cast(NOTES)
    all_concepts = definitions.load(ROOT / "config/concepts.yaml")

    begin = time.perf_counter()
    coded = datasets.NoteLabels(notes)
    labels = {name: coded.labels(concept) for name, concept in all_concepts.items()}
    seconds = time.perf_counter() - begin
    positives = sum(int((label == 1).sum()) for label in labels.values())
    print(f"{len(labels)} concepts over {ROWS:,} notes: {seconds:.2f} s, {positives:,} positive labels")


if __name__ == "__main__":
    main()
