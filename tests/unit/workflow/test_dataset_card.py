import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from musicologist.core import parquet
from musicologist.emergence.tables import EMERGENCE, SCORES
from musicologist.prompts.tables import ANNOTATIONS, PROMPTS

ROOT = Path(__file__).parents[3]
RUN = {
    "run": "mine",
    "seed": 7,
    "version": "0.2.0",
    "commit": "abc",
    "date": "2026-11-29",
    "counts": {"prompts": 2},
    "models": [
        {"role": "hears it", "title": "a CLAP", "digest": "12", "licence": "MIT", "warning": "A stand-in."},
    ],
    "notes": {"source": "NSynth", "licence": "CC BY 4.0"},
}


def empty(schema, **values):
    rows = [dict.fromkeys(schema.names) | values]
    return pa.Table.from_pylist(rows, schema=schema)


def test_a_run_becomes_a_folder_with_a_card_that_names_every_table_licence_and_column(tmp_path):
    parquet.write(tmp_path / "emergence.parquet", EMERGENCE, empty(EMERGENCE, concept="is_a"))
    parquet.write(tmp_path / "prompts.parquet", PROMPTS, empty(PROMPTS, text="A flute."))
    parquet.write(tmp_path / "annotations.parquet", ANNOTATIONS, empty(ANNOTATIONS))
    scores = [tmp_path / f"is_{concept}/scores_svm.parquet" for concept in "ab"]
    for path in scores:
        path.parent.mkdir()
        parquet.write(path, SCORES, empty(SCORES, concept=path.parent.name, classifier="svm"))
    (tmp_path / "run.json").write_text(json.dumps(RUN))
    (tmp_path / "out/old").mkdir(parents=True)
    tables = [f"--{name}={tmp_path / name}.parquet" for name in ("emergence", "prompts", "annotations")]
    given = [f"--run={tmp_path / 'run.json'}", *tables, f"--output={tmp_path / 'out'}", "--scores", *map(str, scores)]
    subprocess.run([sys.executable, "scripts/export_dataset.py", *given], check=True, cwd=ROOT)
    out = tmp_path / "out"
    said = (out / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(said.split("---")[1])
    assert [config["config_name"] for config in head["configs"]] == ["emergence", "scores", "prompts", "annotations"]
    files = {config["config_name"]: sorted(out.glob(config["data_files"])) for config in head["configs"]}
    assert [len(found) for found in files.values()] == [1, 2, 1, 1] and not (out / "old").exists()
    assert {pq.read_table(file)["concept"][0].as_py() for file in files["scores"]} == {"is_a", "is_b"}
    assert head["license"] == "other"
    for word in (
        "a CLAP (12), licence MIT. **A stand-in.**",
        "NSynth, licence CC BY 4.0",
        "`decision` (double)",
        "2 rows",
    ):
        assert word in said
    citation = (out / "CITATION.bib").read_text(encoding="utf-8")
    assert (
        citation.startswith("@software{musicologist,")
        and "Run mine, seed 7, commit abc" in citation
        and citation in said
    )
