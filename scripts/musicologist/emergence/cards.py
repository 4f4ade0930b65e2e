"""A concept's card: everything that was found about it, in one place, for people and programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from musicologist.concepts.definitions import Concept

Row = Mapping[str, Any]

CURVE = ("classifier", "signal", "answer", "p", "q", "monotone", "half_excess_censored", "warning")
AT_THE_END = ("sigma", "accuracy", "majority", "prevalence", "icc", "design_effect")
LANDMARKS = ("half_excess_sigma", "half_rise_sigma", "logistic_sigma", "onset_sigma")
METRICS = (
    *("roc_auc", "average_precision", "ap_over_prevalence"),
    *("balanced_accuracy", "balanced_accuracy_prior", "balanced_accuracy_cv"),
)
RANDOM = ("p_random", "q_random", "beats_random")
_NOT_OF_PROBES = ("classifier", "embeddings", "dataset")
"""What a probe's report says that its card leaves out."""


def card(
    concept: Concept,
    rows: Sequence[Row],
    summary: Row,
    probes: Mapping[str, Row],
    order: Row,
    agreement: Mapping[str, Row],
    controls: Row,
    controlled: Mapping[tuple[str, ...], Mapping[str, str]],
) -> dict[str, Any]:
    """The card of one concept.

    ``rows`` are its rows of atlas.csv, ``summary`` its emergence.json, ``probes`` its probes' reports by classifier, ``order``
    is order.json, ``agreement`` the rows of agreement.csv by aspect (none where prompts were annotated once), ``controls`` its
    controls.json, ``controlled`` the answers of curves under controls (``answers.of_controls``).
    """
    curves: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        curves.setdefault((row["classifier"], row["signal"]), []).append(row)
    counts = {name: rows[0][name] for name in ("n_pos_prompts", "n_neg_prompts", "n_pos", "n_neg")}
    return {
        "concept": concept.name,
        "group": concept.group,
        "label": "what the prompt asks for",
        "prompts": {
            "match": concept.prompt_match,
            "positive": list(concept.positive_aspects),
            "left_out": list(concept.near_aspects),
            **counts,
        },
        "agreement": {
            aspect: {name: float(agreement[aspect][name]) for name in ("kappa", "kappa_low", "kappa_high")}
            for aspect in concept.positive_aspects
            if aspect in agreement
        },
        "curves": [
            {
                **_curve(levels),
                "under_controls": controlled.get((concept.name, *key), {}),
                **_place(order, concept.name, *key),
            }
            for key, levels in curves.items()
        ],
        # of a linear probe of the concept, whatever the classifiers are
        "against_random_concepts": {
            row["signal"]: {name: row[name] for name in RANDOM} for row in reversed(rows) if RANDOM[0] in row
        },
        "lags": summary["lags"],
        "probes": {
            name: {key: value for key, value in report.items() if key not in _NOT_OF_PROBES}
            for name, report in probes.items()
        },
        "controls": {name: value for name, value in controls.items() if name not in ("concept", "curves")},
        "resamples": summary["resamples"],
        "permutations": summary["permutations"],
        "random_concepts": summary["random_concepts"],
    }


def _curve(levels: Sequence[Row]) -> dict[str, Any]:
    """What holds for one curve, and its last level."""
    end = levels[-1]
    described = {name: end[name] for name in CURVE}
    described |= {name: _value_and_interval(end, name) for name in LANDMARKS}
    described["last_level"] = {name: end[name] for name in AT_THE_END}
    described["last_level"] |= {name: _value_and_interval(end, name) for name in METRICS}
    return described


def _value_and_interval(row: Row, name: str) -> dict[str, float]:
    return {"value": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}


def _place(order: Row, concept: str, classifier: str, signal: str) -> dict[str, Any]:
    """The concept's rank among those that emerged; none where it has no place."""
    for entry in order["orders"]:
        if (entry["classifier"], entry["signal"]) == (classifier, signal):
            for row in entry["concepts"]:
                if row["concept"] == concept:
                    ends = {"value": row["rank"], "low": row["rank_low"], "high": row["rank_high"]}
                    return {"rank": ends | {"of": len(entry["concepts"])}}
    return {"rank": None}
