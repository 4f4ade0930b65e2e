"""Given prompts: an edited text makes its own shard stale."""

from collections import Counter

import pytest


@pytest.fixture(scope="module")
def given(checkout):
    texts = [f"A bright flute note at {bpm} bpm." for bpm in range(70, 100, 5)]
    (checkout / "given.txt").write_text("\n".join(texts) + "\n")
    config = checkout.configuration(
        "given.yaml",
        ("run: small", "run: given"),
        ("prompts:\n", "inputs:\n  prompts: given.txt\nprompts:\n"),
        ("  count: 22", "  count: 6"),
        ("prompts_per_shard: 11", "prompts_per_shard: 3"),
        ("steps: 6", "steps: 3"),
        ("keep: [0, 3, 5]", "keep: [2]"),
    )
    checkout.run("results/given/atlas.csv", config=config)
    return checkout, config


def test_an_edited_prompt_makes_its_shard_stale_and_no_other(given):
    checkout, config = given
    assert checkout.planned("results/given/atlas.csv", config=config) == Counter()
    checkout.edit("given.txt", "75 bpm", "75 bpm with drums")
    plan = checkout.planned("results/given/atlas.csv", config=config)
    assert plan == Counter(
        import_prompts=1,
        collect_prompts=1,
        annotate_prompts=1,
        generate_audio=1,
        embed_audio=1,
        collect_embeddings=1,
        score_audio=4,
        measure_emergence=2,
        collect_atlas=1,
    )
