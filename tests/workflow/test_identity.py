"""A clip is (prompt, sample): neither the shard it is in nor its batch nor other prompts change it."""

from collections import Counter

import numpy as np
import pytest
from musicologist.core import parquet, shards
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS

BASE = (
    ("  count: 22", "  count: 7"),
    ("steps: 6", "steps: 4"),
    ("keep: [0, 3, 5]", "keep: [1, 3]"),
    ("samples: 1", "samples: 2"),
)


def configuration(checkout, run, per_shard, batch, *more):
    changes = (
        *BASE,
        ("run: small", f"run: {run}"),
        ("prompts_per_shard: 11", f"prompts_per_shard: {per_shard}"),
        ("batch_size: 24", f"batch_size: {batch}"),
        *more,
    )
    return checkout.configuration(f"{run}.yaml", *changes)


def generate(checkout, run, per_shard, batch):
    config = configuration(checkout, run, per_shard, batch)
    number = -(-7 // per_shard)
    checkout.run(*(f"results/{run}/audio/shard_{shard:04d}.json" for shard in range(number)), config=config)
    clips = {}
    for tar in sorted((checkout / f"results/{run}/audio").rglob("*.tar")):
        for clip in shards.read(tar):
            clips[clip.record["signal"], clip.record["step"], clip.key] = clip
    return clips


@pytest.fixture(scope="module")
def reference(checkout):
    return generate(checkout, "whole", 7, 8)


@pytest.mark.parametrize(("per_shard", "batch"), [(3, 8), (1, 1), (7, 1)])
def test_shards_and_batches_change_no_clip(checkout, reference, per_shard, batch):
    clips = generate(checkout, f"cut{per_shard}{batch}", per_shard, batch)
    assert clips.keys() == reference.keys()
    assert len(clips) == 7 * 2 * 2 * 2
    for key, clip in clips.items():
        assert np.abs(clip.audio - reference[key].audio).max() <= 1e-4, key
        assert clip.record["seed"] == reference[key].record["seed"]


def test_how_many_shards_a_job_embeds_changes_no_embedding(checkout, reference):
    """Seven prompts in one shard and in seven, which one job embeds; with ten more that job is begun anew, and is alone."""
    table = "results/{}/embeddings/{}/step_03.parquet"
    found = {}
    for run, *cut in (("whole", 7, 8), ("cut11", 1, 1)):
        generate(checkout, run, *cut)
        config = configuration(checkout, run, *cut)
        targets = [table.format(run, signal) for signal in ("denoised", "deformed")]
        assert checkout.planned(*targets, config=config)["embed_audio"] == 1
        checkout.run(*targets, config=config)
        found[run] = [parquet.read(checkout / target, AUDIO_EMBEDDINGS) for target in targets]
    for whole, cut in zip(found["whole"], found["cut11"], strict=True):
        assert [whole[name] for name in whole.column_names[:-1]] == [cut[name] for name in whole.column_names[:-1]]
        assert np.abs(tables.embeddings(whole["embedding"]) - tables.embeddings(cut["embedding"])).max() < 1e-3
    assert sorted(path.name for path in (checkout / "results/cut11/embeddings/parts").iterdir()) == [
        "audio_0000.parquet",
        "deformed_0000.parquet",
    ]
    more = configuration(checkout, "cut11", 1, 1, ("  count: 7", "  count: 17"))
    assert checkout.planned(table.format("cut11", "denoised"), config=more)["embed_audio"] == 1


def test_clips_differ_from_each_other(reference):
    last = [clip.audio for (signal, step, _), clip in reference.items() if (signal, step) == ("denoised", 3)]
    assert len(last) == 14
    assert all(np.abs(a - b).max() > 0.01 for i, a in enumerate(last) for b in last[:i])


def test_ten_prompts_more_plan_new_shards_only(checkout, reference):
    generate(checkout, "cut11", 1, 1)
    config = configuration(checkout, "cut11", 1, 1, ("  count: 7", "  count: 17"))
    manifests = [f"results/cut11/audio/shard_{shard:04d}.json" for shard in range(17)]
    assert checkout.planned(*manifests, config=config) == Counter(write_prompts=5, generate_audio=10)
