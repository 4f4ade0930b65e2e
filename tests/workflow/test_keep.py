"""audio.keep: listening — what is heard is deleted, and nothing is stale for it."""

from collections import Counter

from musicologist.core import shards

CHANGES = (
    ("run: small", "run: listening"),
    ("concepts: [is_brass, is_warm]", "concepts: [is_brass]"),
    ("  count: 22", "  count: 4"),
    ("prompts_per_shard: 11", "prompts_per_shard: 2\n  keep: listening\n  listening: 3"),
    ("steps: 6", "steps: 3"),
    ("keep: [0, 3, 5]", "keep: [0, 2]"),
    ("signals: [denoised, noisy]", "signals: [denoised]"),
)
RESULTS = "results/listening"
TARGETS = (
    f"{RESULTS}/distances.png",
    f"{RESULTS}/embeddings/deformed/step_00.parquet",
    f"{RESULTS}/acoustics/audio.parquet",
)
TABLES = {"collect_embeddings": 1, "collect_deformed": 1, "plot_distances": 1}
AUDIO = {"generate_audio": 1, "embed_audio": 1, "measure_acoustics": 1, "collect_acoustics": 1, **TABLES}


def test_what_was_heard_is_deleted_and_nothing_is_stale_for_it(checkout):
    config = checkout.configuration("listening.yaml", *CHANGES)
    checkout.run(*TARGETS, config=config)
    audio = checkout / RESULTS / "audio"
    kept = {
        path.relative_to(audio).as_posix(): [clip.key for clip in shards.read(path)] for path in audio.rglob("*.tar")
    }
    assert kept == {
        f"denoised/step_{step}/shard_000{shard}.tar": keys
        for step in ("00", "02")
        for shard, keys in enumerate((["000000_00", "000001_00"], ["000002_00"]))
    }
    assert checkout.planned(*TARGETS, config=config) == Counter()

    def planned(*changes):
        return checkout.planned(*TARGETS, config=checkout.configuration("changed.yaml", *CHANGES, *changes))

    assert planned(("  count: 4", "  count: 6")) == Counter({"write_prompts": 1, **AUDIO})
    assert planned(("keep: [0, 2]", "keep: [0]")) == Counter(TABLES)
    both = {"generate_audio": 2, "embed_audio": 2, "measure_acoustics": 2}
    assert planned(("keep: [0, 2]", "keep: [0, 1, 2]")) == Counter({**AUDIO, **both})
    assert planned(("  listening: 3", "  listening: 4")) == Counter(AUDIO)
