"""audio.keep — what every embedder has heard is deleted, and nothing is stale for it; what is kept as latents is decoded."""

import textwrap
from collections import Counter

import pyarrow.parquet as pq
from musicologist.core import shards
from musicologist.embedders import registry

CHANGES = (
    ("run: small", "run: listening"),
    ("  clap: resources/models/clap", "  embedders: {clap: resources/models/clap, loudness: loudness.py}"),
    ("concepts: [is_brass, is_warm]", "concepts: [is_brass]"),
    ("  count: 22", "  count: 4"),
    ("prompts_per_shard: 11", "prompts_per_shard: 2\n  keep: listening\n  listening: 3"),
    ("steps: 6", "steps: 3"),
    ("keep: [0, 3, 5]", "keep: [0, 2]"),
    ("signals: [denoised, noisy]", "signals: [denoised]"),
    ("deformation: true", "deformation: true\n  renoising: true"),
)
RESULTS = "results/listening"
TARGETS = (
    f"{RESULTS}/distances.png",
    f"{RESULTS}/embeddings/deformed/step_02.parquet",
    f"{RESULTS}/embeddings/renoised/step_02.parquet",
    f"{RESULTS}/acoustics/audio.parquet",
    f"{RESULTS}/embedders/loudness/embeddings/denoised/step_02.parquet",
)
TABLES = {
    "mark_levels": 1,
    "collect_embeddings": 2,
    "collect_deformed": 1,
    "collect_renoised": 1,
    "plot_distances": 1,
}
AUDIO = {
    "generate_audio": 1,
    "renoise_audio": 1,
    "embed_renoised": 1,
    "embed_audio": 2,
    "measure_acoustics": 1,
    "collect_acoustics": 1,
    **TABLES,
}


def test_what_was_heard_is_deleted_and_nothing_is_stale_for_it(checkout):
    least = registry.__doc__.split("::\n")[1].split("``")[0].replace("False, False", "False, True")
    (checkout / "loudness.py").write_text("import numpy as np\n" + textwrap.dedent(least))
    config = checkout.configuration("listening.yaml", *CHANGES)
    checkout.run(*TARGETS, config=config)
    audio = checkout / RESULTS / "audio"
    kept = {
        path.relative_to(audio).as_posix(): [clip.key for clip in shards.read(path)] for path in audio.rglob("*.tar")
    }
    assert kept == {
        f"{signal}/step_{step}/shard_000{shard}.tar": keys
        for signal in ("denoised", "renoised")
        for step in ("00", "02")
        for shard, keys in enumerate((["000000_00", "000001_00"], ["000002_00"]))
    }
    assert not list((audio / "latents").glob("*.safetensors")) and list((audio / "information").glob("*.jsonl"))
    for target in (TARGETS[-1], f"{RESULTS}/embeddings/denoised/step_00.parquet"):  # both heard what is not kept
        assert pq.read_metadata(checkout / target).num_rows == 4
    assert checkout.planned(*TARGETS, config=config) == Counter()

    def planned(*changes):
        return checkout.planned(*TARGETS, config=checkout.configuration("changed.yaml", *CHANGES, *changes))

    assert planned(("  count: 4", "  count: 6")) == Counter({"write_prompts": 1, **AUDIO})
    assert planned(("keep: [0, 2]", "keep: [2]")) == Counter(TABLES)
    both = {"generate_audio": 2, "renoise_audio": 2, "embed_audio": 4, "embed_renoised": 2, "measure_acoustics": 2}
    assert planned(("keep: [0, 2]", "keep: [0, 1, 2]")) == Counter({**AUDIO, **both})
    assert planned(("  listening: 3", "  listening: 4")) == Counter(AUDIO)


LATENTS = "results/latents"


def test_latents_are_decoded_for_each_embedder_and_for_people(checkout):
    """To the listening page; an embedder added later generates nothing and makes nothing of the other's anew."""
    least = registry.__doc__.split("::\n")[1].split("``")[0].replace("False, False", "False, True")
    (checkout / "loudness.py").write_text("import numpy as np\n" + textwrap.dedent(least))
    own = [change for change in CHANGES if "embedders" not in change[1] and "renoising" not in change[1]]
    own = [
        (old, new.replace("keep: listening", "keep: latents").replace("run: listening", "run: latents"))
        for old, new in own
    ]
    own += [("  shards: 2", "  shards: 1")]
    config = checkout.configuration("latents.yaml", *own)
    page, vectors = f"{LATENTS}/listen/index.html", f"{LATENTS}/embeddings/denoised/step_02.parquet"
    checkout.run(page, config=config)
    audio = checkout / LATENTS / "audio"
    assert not (audio / "unheard").exists()
    latents = [path.relative_to(audio).as_posix() for path in sorted(audio.glob("latents/*/*/*.safetensors"))]
    assert latents == [
        f"latents/denoised/step_{step}/shard_000{shard}.safetensors" for step in ("00", "02") for shard in (0, 1)
    ]
    kept = {key for path in audio.rglob("*.tar") for key in (clip.key for clip in shards.read(path))}
    assert kept == {"000000_00", "000001_00", "000002_00"}
    assert pq.read_metadata(checkout / vectors).num_rows == 4
    assert checkout.planned(page, config=config) == Counter()

    whole = checkout.configuration("whole.yaml", *own, ("keep: latents", "keep: all"), ("run: latents", "run: whole"))
    other = "results/whole/audio/denoised/step_02/shard_0000.tar"
    checkout.run(other, config=whole)
    pairs = zip(shards.read(checkout / other), shards.read(checkout / other.replace("whole", "latents")), strict=True)
    for exact, decoded in pairs:
        assert (exact.key, exact.record["seed"]) == (decoded.key, decoded.record["seed"])
        error = (exact.audio - decoded.audio).std() / exact.audio.std()
        assert 0 < error < 0.01

    def planned(*changes, targets=(page,)):
        return checkout.planned(*targets, config=checkout.configuration("changed.yaml", *own, *changes))

    second = f"{LATENTS}/embedders/loudness/embeddings/denoised/step_02.parquet"
    added = ("  clap: resources/models/clap", "  embedders: {clap: resources/models/clap, loudness: loudness.py}")
    hears = Counter({"decode_audio": 2, "embed_audio": 2, "collect_embeddings": 1})
    assert planned(added, targets=(vectors, second)) == hears
    checkout.run(vectors, second, config="changed.yaml")
    assert checkout.planned(vectors, second, config="changed.yaml") == Counter()
    assert planned(("keep: [0, 2]", "keep: [2]"), targets=(vectors,)) == Counter(
        {"mark_levels": 1, "collect_embeddings": 1}
    )
    new = (vectors.replace("step_02", "step_01"),)
    assert planned(("keep: [0, 2]", "keep: [0, 1, 2]"), targets=new) == Counter(
        {**hears, "generate_audio": 2, "mark_levels": 1}
    )
    more = planned(("  listening: 3", "  listening: 4"))
    assert more == Counter({"decode_listening": 1, "write_run_card": 1, "write_listening_page": 1})
