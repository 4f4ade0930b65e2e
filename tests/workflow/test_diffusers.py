"""Models in diffusers' format, from their check to the atlas: tiny ones in the exact folders of Stable Audio 3 and Open."""

import json
import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest
from musicologist.core import shards

from tests.support import tiny_models

pytestmark = pytest.mark.slow

SMALLER = (
    ("prompts_per_shard: 11", "prompts_per_shard: 22"),
    ("shards_per_batch: 2", "shards_per_batch: 1"),
    ("steps: 6", "steps: 4"),
    ("keep: [0, 3, 5]", "keep: [0, 3]"),
    ("seconds_total: 4", "seconds_total: 1"),
    ("count: 330", "count: 110"),
    ("  shards: 2", "  shards: 1"),
    ("notes_per_class: 600", "notes_per_class: 60"),
    ("    svm: {C: 1}\n", ""),
    ("  deformation: true\n  unconditional: 4\n", "  deformation: false\n  unconditional: 0\n"),
)
LEVELS = {"StableAudio3Pipeline": ("492", "0.135"), "StableAudioPipeline": ("100", "0.3")}
DECODERS = {"StableAudio3Pipeline": "plain", "StableAudioPipeline": "compiled"}


@pytest.mark.parametrize("kind", LEVELS)
def test_a_model_in_diffusers_format_is_checked_sampled_and_heard(checkout, kind):
    tiny_models.diffusers_directory(checkout / kind, kind)
    highest, lowest = LEVELS[kind]
    model = f"diffusion: {kind}\n  decoder: {DECODERS[kind]}"
    own = (("run: small", f"run: {kind}"), ("diffusion: resources/models/diffusion", model))
    levels = (("sigma_max: 100", f"sigma_max: {highest}"), ("sigma_min: 0.2", f"sigma_min: {lowest}"))
    config = checkout.configuration(f"{kind}.yaml", *own, *levels, *SMALLER)
    results = checkout / "results" / kind
    checkout.run(f"results/{kind}/atlas.csv", config=config)
    assert json.loads((results / "preflight.json").read_text())["bytes"]["audio"] > 0
    clips = list(shards.read(results / "audio/denoised/step_03/shard_0000.tar"))
    assert len(clips) == 22 and all(clip.audio.std() > 0 for clip in clips)
    assert {clip.record["model"] for clip in clips} == {kind}
    assert {clip.record["decoder"] for clip in clips} == {DECODERS[kind]}
    log = (checkout / "logs" / kind / "generate_audio/shard_0000.log").read_text()
    assert ("The decoder was not compiled" in log) == (DECODERS[kind] == "compiled" and not shutil.which("g++"))
    assert pq.read_table(results / "embeddings/noisy/step_00.parquet").num_rows == 22
    atlas = pd.read_csv(results / "atlas.csv")
    assert len(atlas) == 2 * 2 * 2 and atlas["roc_auc"].between(0, 1).all()
    assert atlas["sigma"].max() == pytest.approx(float(highest), rel=1e-3)
    assert checkout.planned(f"results/{kind}/atlas.csv", config=config) == {}
