import csv
import subprocess
import sys

import pyarrow as pa
import pytest
from musicologist.core import parquet
from musicologist.prompts import tables
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon
from musicologist.prompts.tables import ANNOTATIONS, PROMPTS

TEXTS = ["A bright flute melody", "A tuba", "A synthetic brass"]


@pytest.mark.parametrize(("writer", "said"), [("given", "flute (used by 2: too few to say)"), ("template", "")])
def test_labels_are_counted_and_what_the_lexicon_reads_badly_of_others_prompts_is_named(tmp_path, writer, said):
    rows = [{"prompt_id": i, "text": text, "writer": writer, "unknown_words": []} for i, text in enumerate(TEXTS)]
    parquet.write(tmp_path / "prompts.parquet", PROMPTS, pa.Table.from_pylist(rows, PROMPTS), {})
    found = [(number, annotation, 1) for number, annotation in enumerate(annotate_by_lexicon(TEXTS))]
    table = tables.annotation_table(found, "lexicon")
    parquet.write(tmp_path / "annotations.parquet", ANNOTATIONS, table, {"annotator": "lexicon"})
    places = ["--annotations", tmp_path / "annotations.parquet", "--prompts", tmp_path / "prompts.parquet"]
    concepts = ["--concepts-file", "config/concepts.yaml", "--concepts", "is_brass", "is_flute"]
    rule = ["--labels", "corrected", "--original-labels", "config/original_labels.yaml"]
    command = [
        sys.executable,
        "scripts/count_labels.py",
        *places,
        *concepts,
        *rule,
        "--output",
        tmp_path / "labels.csv",
    ]
    subprocess.run(list(map(str, command)), check=True)
    with (tmp_path / "labels.csv").open() as file:
        brass, flute = csv.DictReader(file)
    assert (brass["asked_for"], flute["asked_for"], flute["not_asked_for"]) == ("2", "1", "2")
    assert (brass["read_badly"], flute["read_badly"]) == ("", said)
