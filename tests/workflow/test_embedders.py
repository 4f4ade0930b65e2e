"""Other embedders than CLAP, of other widths, from notes to the atlas: naming one plans its own jobs and what follows."""

import pyarrow.parquet as pq
import pytest
from musicologist.core import parquet

WIDE = """
import importlib.util

import numpy as np

_file = importlib.util.spec_from_file_location("own_embedder", "examples/own_embedder.py")
_own = importlib.util.module_from_spec(_file)
_file.loader.exec_module(_own)
LICENCE, READS_TEXT, check = "none needed", False, _own.check


class Wide(_own.MelStatistics):
    size = 1024

    def _embed(self, clip):
        return super()._embed(clip) @ np.linalg.qr(np.random.default_rng(0).normal(size=(1024, 128)))[0].T


def load(model, device="cpu"):
    return Wide()
"""
EMBEDDERS = {"examples/own_embedder.py": 128, "musicnn": 200, "wide.py": 1024}
OTHERS = {
    "generate_audio",
    "generate_unconditional",
    "render_notes",
    "pack_notes",
    "write_prompts",
    "measure_acoustics",
}


@pytest.mark.parametrize(("embedder", "size"), EMBEDDERS.items())
def test_an_embedder_of_any_width_runs_through(finished, embedder, size):
    (finished / "wide.py").write_text(WIDE)
    config = finished.configuration("other.yaml", ("clap: resources/models/clap", f"clap: {embedder}"))
    plan = finished.planned(config=config)
    assert plan["embed_audio"] == plan["embed_notes"] == 2
    assert not OTHERS & set(plan)
    assert "embed_texts" not in plan  # none of these reads
    finished.run(config=config)
    results = finished / "results/small"
    for path in ("embeddings/notes.parquet", "embeddings/noisy/step_05.parquet"):
        assert pq.read_schema(results / path).field("embedding").type.list_size == size
        about = parquet.metadata(results / path)
        assert about["size"] == str(size)
        assert about["embedder"] == embedder
        assert about["licence"] == ("ISC" if embedder == "musicnn" else "none needed")
    controls = (results / "concepts/is_brass/controls.json").read_text()
    assert '"zero_shot_kappa": null' in controls
    assert (results / "atlas.png").exists()
