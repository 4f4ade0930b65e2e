"""`labels: original` to the end, over the two concepts of the original study whose rule puts drums on both sides."""

import json
import shutil

import pandas as pd
import pytest

from tests.workflow.conftest import inputs

CONCEPTS = ("is_percussion", "is_techno")
TAGS = (["drum"], ["mallet"], ["flute"], ["keyboard", "electronic"])
"""Of every fourth prompt: on both sides of both concepts, positive for both, negative for both, on neither side."""
GIVEN = {"prompts": "prompts.txt", "annotations": "annotations.json"}
BASE = (
    ("concepts: [is_brass, is_warm]", f"labels: original\nconcepts: [{', '.join(CONCEPTS)}]"),
    ("    svm: {C: 1}\n", ""),
    ("  count: 22", "  count: 12"),
    ("prompts_per_shard: 11", "prompts_per_shard: 12"),
    ("samples: 1", "samples: 2"),
    ("steps: 6", "steps: 3"),
    ("keep: [0, 3, 5]", "keep: [0, 2]"),
    ("signals: [denoised, noisy]", "signals: [denoised]"),
    ("  shards: 2", "  shards: 1"),
    ("deformation: true", "deformation: false"),
    ("unconditional: 4", "unconditional: 0"),
)


@pytest.fixture(scope="module")
def heard(checkout):
    """A run with audio, finished, whose prompts have the tags above."""
    texts = [f"A piece with {' and '.join(TAGS[number % 4])}, number {number}." for number in range(12)]
    records = [{"prompt": text, "aspects": TAGS[number % 4], "bpm": None} for number, text in enumerate(texts)]
    (checkout / "annotations.json").write_text(json.dumps(records))
    (checkout / "prompts.txt").write_text("".join(f"{text}\n" for text in texts))
    checkout.run(config=checkout.configuration("heard.yaml", ("run: small", "run: heard"), inputs(**GIVEN), *BASE))
    return checkout


def check(results):
    """A card for every concept, whose curves and controls count prompts on both sides twice; one content for each clip."""
    for concept in CONCEPTS:
        folder = results / "concepts" / concept
        scores = pd.read_parquet(folder / "scores_logistic.parquet")
        twice = scores.groupby(["prompt_id", "sample", "step"]).size()
        assert (twice == [2 if prompt % 4 == 0 else 1 for prompt, *_ in twice.index]).all()
        card = json.loads((folder / "card.json").read_text())
        assert (card["prompts"]["n_pos_prompts"], card["prompts"]["n_neg_prompts"]) == (6, 6)
        controls = pd.read_parquet(folder / "controls.parquet")
        assert {"in_domain", "content", "mismatched"} <= set(controls["control"])
        against_prompts = controls[~controls["control"].isin(("content", "near"))]
        assert (against_prompts[["n_pos", "n_neg"]] == 12).all().all()
        content = pd.read_parquet(folder / "content.parquet")
        assert len(content) == 24
        assert content[content["prompt_id"] % 4 == 0]["prompt_label"].isna().all()
        assert (folder / "emergence.png").stat().st_size > 0


def test_with_audio(heard):
    check(heard / "results/heard")
    controls = pd.read_parquet(heard / "results/heard/concepts/is_techno/controls.parquet")
    assert {"partialled", "handcrafted"} <= set(controls["control"])
    assert (heard / "results/heard/concepts/is_techno/pca.gif").stat().st_size > 0


def test_with_given_embeddings(heard):
    """From another run's embeddings; its notes and probes are copied, for they are not what is tried here."""
    first, second = heard / "results/heard", heard / "results/given"
    for name in (
        "notes",
        "embeddings/notes.parquet",
        "embeddings/instruments.parquet",
        "embeddings/components.parquet",
    ):
        copy(first / name, second / name)
    for concept in CONCEPTS:
        for name in ("dataset.parquet", "logistic.skops", "logistic.json"):
            copy(first / "concepts" / concept / name, second / "concepts" / concept / name)
    given = inputs(embeddings="results/heard/embeddings", **GIVEN)
    config = heard.configuration("given.yaml", ("run: small", "run: given"), given, *BASE)
    pictures = [f"results/given/concepts/{concept}/emergence.png" for concept in CONCEPTS]
    heard.run(*pictures, f"results/given/concepts/{CONCEPTS[0]}/card.json", config=config)
    check(second)
    for concept in CONCEPTS:
        name = f"concepts/{concept}/emergence.csv"
        assert (first / name).read_bytes() == (second / name).read_bytes()


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)
