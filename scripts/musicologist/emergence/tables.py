"""Schemas of scores, curves, landmarks, controls and content labels."""

import pyarrow as pa

from musicologist.core import parquet

_INTERVALS = (
    *("accuracy", "tpr", "tnr", "balanced_accuracy", "balanced_accuracy_prior", "balanced_accuracy_cv"),
    *("roc_auc", "average_precision", "ap_over_prevalence"),
    *("half_excess_sigma", "half_rise_sigma", "logistic_sigma", "onset_sigma"),
)
_FIGURES = (
    *("sigma", "log_snr_db", "prevalence", "majority", "icc", "design_effect", "p", "q", "p_random", "q_random"),
    *("p_level", "critical_auc", "linear_auc", "random_low", "random_high", "p_random_level"),
)

CONTROLS = parquet.schema(
    "controls",
    [
        ("concept", pa.string()),
        # partialled: loudness, centroid and flatness taken out of the probe's decision; conditional: the other aspects that
        # prompts name taken out; near: near prompts counted as negatives; mismatched: prompts have one
        # another's labels (mean and percentiles of the labellings, no interval of the mean); content: labels of the
        # clips' content in place of the prompts'; zero_shot: CLAP's text probe; handcrafted: a probe of cepstra, no
        # CLAP; in_domain: a probe trained on the finished clips of other prompts, a ceiling; unconditional: clips whose
        # prompt asks for it against clips made without prompts; decoded_noise: noise in the latent, decoded
        ("control", pa.string()),
        # a configured one: that probe's decisions; else the control's own kind of probe
        ("classifier", pa.string()),
        ("signal", pa.string()),
        ("step", pa.int16()),
        ("sigma", pa.float64()),
        ("log_snr_db", pa.float64()),
        ("n_pos_prompts", pa.int32()),
        ("n_neg_prompts", pa.int32()),
        ("n_pos", pa.int32()),
        ("n_neg", pa.int32()),
        ("roc_auc", pa.float64()),  # missing with fewer than two prompts on a side
        ("roc_auc_low", pa.float64()),
        ("roc_auc_high", pa.float64()),
        ("called_share", pa.float64()),  # of unconditional clips or of noise: how many the probe calls positive
    ],
    measured=True,
)

CONTENT = parquet.schema(
    "content",
    [
        ("prompt_id", pa.int64()),
        ("sample", pa.int16()),
        # 1 or 0: what the prompt asks for; null where it takes no side, or both (`labels: original`)
        ("prompt_label", pa.int8()),
        ("zero_shot", pa.float64()),  # decision on the finished clip of a probe of CLAP's texts
        # of a probe trained on the other prompts' finished clips; missing with too few prompts
        ("in_domain", pa.float64()),
        # 1 for as large a share of the clips as of the prompts that ask for it, those with the highest decision
        ("zero_shot_label", pa.int8()),
        ("in_domain_label", pa.int8()),  # null where there is no decision
    ],
    measured=True,
)

SCORES = parquet.schema(
    "scores",
    [
        ("concept", pa.string()),
        ("classifier", pa.string()),
        ("prompt_id", pa.int64()),
        ("sample", pa.int16()),
        ("signal", pa.string()),
        ("step", pa.int16()),
        ("sigma", pa.float64()),
        ("log_snr_db", pa.float64()),
        ("decision", pa.float64()),  # signed distance from the probe's boundary
        ("predicted", pa.int8()),
        # 1, 0, or null: the prompt takes no side; where it takes both there is a row for each
        ("prompt_label", pa.int8()),
    ],
)

EMERGENCE = parquet.schema(
    "emergence",  # emergence.csv of all concepts, and what is concluded; docs/METHODS.md explains the columns
    [(name, pa.string()) for name in ("concept", "classifier", "signal", "answer", "warning")]
    + [(name, pa.int64()) for name in ("step", "n_pos_prompts", "n_neg_prompts", "n_pos", "n_neg")]
    + [(name, pa.int64()) for name in ("beats_random", "monotone", "half_excess_censored")]
    + [(f"{name}{end}", pa.float64()) for name in _INTERVALS for end in ("", "_low", "_high")]
    + [(name, pa.float64()) for name in _FIGURES],
    measured=True,
)

LANDMARKS = parquet.schema(
    "landmarks",
    [
        ("classifier", pa.string()),
        ("signal", pa.string()),
        # 0: as measured; the same number is the same draw of prompts in all tables of a run
        ("resample", pa.int32()),
        # natural logarithm of sigma, as the next three; the first level for what has half of its excess there, -inf: never
        ("half_excess", pa.float64()),
        ("half_rise", pa.float64()),
        ("logistic", pa.float64()),
        ("onset", pa.float64()),  # -inf: not above its null at the last level
    ],
    measured=True,
)
