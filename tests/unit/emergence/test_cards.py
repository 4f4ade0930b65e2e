import json

from musicologist.concepts import definitions
from musicologist.core import results_writing
from musicologist.emergence import cards

CONCEPT = definitions.load("config/concepts.yaml")["is_brass"]
METRICS = {f"{name}{end}": 0.7 for name in (*cards.METRICS, *cards.LANDMARKS) for end in ("", "_low", "_high")}


CONTROLLED = {("is_brass", "svm", "noisy"): {"partialled": "not emerged"}}


def rows():
    same = {"concept": "is_brass", "n_pos_prompts": 5, "n_neg_prompts": 9, "n_pos": 10, "n_neg": 18, **METRICS}
    same |= dict.fromkeys(cards.AT_THE_END, 0.3) | {"p": 0.01, "q": 0.02, "p_random": float("nan"), "beats_random": 0}
    same |= {"q_random": float("nan"), "monotone": 1, "half_excess_censored": 0}
    same |= {"warning": "few notes: the probe learnt from 7 notes with it and 7 without"}
    keys = [(name, "noisy", step) for name in ("logistic", "svm") for step in (0, 9)]
    return [
        {**same, "classifier": name, "signal": signal, "answer": "emerged", "step": step, "roc_auc": 0.5 + step / 20}
        for name, signal, step in keys
    ]


def test_a_card_tells_each_curve_its_place_and_how_the_probe_was_made():
    report = {"C": 1.0, "gamma": None, "train": {"n_pos": 7}, "held_out": {}, "cross_validation": {"leakage": 0.1}}
    place = {"concept": "is_brass", "rank": 1.0, "rank_low": 1.0, "rank_high": 2.0}
    order = {"orders": [{"classifier": "svm", "signal": "noisy", "concepts": [place, {"concept": "is_bass"}]}]}
    summary = {"lags": [], "resamples": 100, "permutations": 100, "random_concepts": 50}
    agreement = {"brass": {"kappa": "0.9", "kappa_low": "0.8", "kappa_high": "1.0"}, "reed": {"kappa": "0.1"}}
    controls = {"last_level": {"partialled": {"svm": {"noisy": {"roc_auc": 0.6}}}}, "content": {}}
    found = cards.card(CONCEPT, rows(), summary, {"svm": report}, order, agreement, controls, CONTROLLED)
    assert found["controls"] == controls
    assert found["prompts"]["positive"] == ["brass"] and found["prompts"]["n_pos_prompts"] == 5
    assert [curve["classifier"] for curve in found["curves"]] == ["logistic", "svm"]
    assert found["curves"][0]["last_level"]["roc_auc"] == {"value": 0.95, "low": 0.7, "high": 0.7}
    assert found["curves"][0]["rank"] is None
    assert found["curves"][0]["warning"].startswith("few notes")
    assert [curve["under_controls"] for curve in found["curves"]] == [{}, {"partialled": "not emerged"}]
    assert list(found["against_random_concepts"]) == ["noisy"]  # once, whatever the number of classifiers
    assert found["probes"]["svm"]["train"]["n_pos"] == 7
    assert found["curves"][1]["rank"] == {"value": 1.0, "low": 1.0, "high": 2.0, "of": 2}
    assert found["probes"]["svm"]["cross_validation"]["leakage"] == 0.1
    assert found["agreement"] == {"brass": {"kappa": 0.9, "kappa_low": 0.8, "kappa_high": 1.0}}
    text = json.dumps(results_writing.without_nan(found))
    assert "NaN" not in text and '"p_random": null' in text
