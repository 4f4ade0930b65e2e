import pytest
from musicologist.workflow import targets

SAID = "MissingRuleException:\nNo rule to produce {} (if you use input functions make sure …)."
KNOWN = {"concept": ["is_brass", "is_warm"], "classifier": ["svm"]}
PRODUCTS = [
    "results/demo/concepts/{concept}/emergence.png",
    "results/demo/concepts/{concept}/scores_{classifier}.parquet",
    "results/demo/audio/shard_{shard}.json",
    "results/demo/atlas.png",
]


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("comitment", "commitment"),
        ("results/demo/atlas.pgn", "results/demo/atlas.png"),
        ("results/demo/concepts/is_bras/emergence.png", "results/demo/concepts/is_brass/emergence.png"),
        ("results/demo/concepts/is_warm/scores_swm.parquet", "results/demo/concepts/is_warm/scores_svm.parquet"),
        ("is_bras", "results/demo/concepts/is_brass/emergence.png"),
    ],
)
def test_the_target_that_was_meant_is_named(target, meant):
    said = targets.explained(SAID.format(target), ["commitment", "all"], PRODUCTS, KNOWN)
    assert said == f"No rule makes {target}; did you mean {meant}?"


def test_what_is_like_nothing_and_what_is_no_target_at_all():
    assert "lists rules" in targets.explained(SAID.format("xyzzy"), ["all"], PRODUCTS, KNOWN)
    assert targets.explained("WorkflowError: x", ["all"], PRODUCTS, KNOWN) == "WorkflowError: x"
