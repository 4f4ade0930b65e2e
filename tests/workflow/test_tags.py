"""Tags of embedders that have names for what they hear, from the audio to the cards: musicnn's, and those of an own file."""

import json
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from musicologist.core import parquet, shards
from musicologist.embedders import musicnn

from tests.workflow.conftest import ROOT, Checkout
from tests.workflow.test_diffusers import SMALLER

pytestmark = pytest.mark.slow

OWN = (
    (ROOT / "examples/own_embedder.py").read_text()
    + '''

TAGS = ["low", "guitar"]
TAGS_OF_ASPECTS = {"bass": ["low"]}


def tagger(model):
    """How much of the spectrum lies in the lower half of the bands, and the rest."""

    def tags(embeddings):
        power = 10 ** embeddings[:, :64]
        low = power[:, :32].sum(1) / power.sum(1)
        return np.stack([low, 1 - low], axis=1).astype(np.float32)

    return tags
'''
)
CHEAP = (
    *SMALLER,
    ("prompts_per_shard: 22", "prompts_per_shard: 8"),  # so that a job embeds two shards of three
    ("concepts: [is_brass, is_warm]", "concepts: [is_bass, is_guitar, is_warm]"),
    ("  clap: resources/models/clap\n", "  embedders: {musicnn: musicnn, own: own.py}\n"),
)


def test_tags_are_read_off_what_was_heard_measured_and_shown_on_the_cards(tmp_path):
    checkout = Checkout(tmp_path)
    (checkout / "own.py").write_text(OWN)
    config = checkout.configuration("tags.yaml", *CHEAP)
    results = checkout / "results/small"
    cards = [f"results/small/concepts/{concept}/card.json" for concept in ("is_bass", "is_guitar", "is_warm")]
    checkout.run(cards[0], config=config)
    assert checkout.planned(cards[0], config=config) == Counter()
    own, other = (pq.read_table(results / place / "tags.parquet") for place in ("", "embedders/own"))
    assert len(own) == len(other) == 22 * 2 * 2
    assert json.loads(parquet.metadata(results / "tags.parquet")["tags"]) == list(musicnn.TAGS)
    heard = {clip.key: clip for clip in shards.read(results / "audio/denoised/step_03/shard_0001.tar")}
    clip = heard["000015_00"]
    audio = shards.mono_at(clip.audio, clip.sample_rate, musicnn.SAMPLE_RATE, clip.key)
    _, [expected] = musicnn.load().features_and_tags([audio])
    frame = own.to_pandas()
    at = (frame["prompt_id"] == clip.record["prompt_id"]) & (frame["signal"] == "denoised") & (frame["step"] == 3)
    assert np.abs(frame[at]["probability"].iloc[0] - expected).max() < 1e-4
    measured = {place: pd.read_csv(results / place / "tags.csv") for place in ("", "embedders/own")}
    assert set(measured[""]["concept"]) == {"is_guitar"} and len(measured[""]) == 2 * 2
    assert set(measured["embedders/own"]["concept"]) == {"is_bass", "is_guitar"}
    said = json.loads((results / "tags.json").read_text())
    assert said["without_tags"] == ["is_bass", "is_warm"] and len(said["curves"]) == 2
    bass, guitar, warm = (json.loads((checkout / card).read_text())["tags"] for card in cards)
    assert {row["embedder"] for row in bass} == {"own"} and {row["embedder"] for row in guitar} == {"musicnn", "own"}
    assert warm == [] and all(row["answer"] and row["sentence"] for row in bass + guitar)
    end = measured[""][(measured[""]["signal"] == "denoised") & (measured[""]["step"] == 3)]["roc_auc"].item()
    assert [row["roc_auc"] for row in guitar if (row["embedder"], row["signal"]) == ("musicnn", "denoised")] == [end]
    words = ("scripts/musicologist/embedders/musicnn_tags.py", '"guitar": ("guitar",)', '"guitar": ("guitar", "sitar")')
    with checkout.edited(*words):
        stale = checkout.planned(cards[0], config=config)
    assert stale == Counter({"tag_audio": 1, "measure_tags": 1, "write_cards": 1})
