"""What prompts tell a model about their clips, in nats: collected from the shards, and summed over the noise levels."""

import json
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from musicologist.core import noise_levels, parquet
from musicologist.core.errors import UserError

INFORMATION = parquet.schema(
    "information",
    [
        ("prompt_id", pa.int64()),
        ("sample", pa.int16()),
        ("step", pa.int16()),  # every guided one, kept or not
        ("sigma", pa.float64()),
        ("log_snr_db", pa.float64()),
        # squared distance of the noise predictions with and without the prompt, over all of the latent: nats per unit of the
        # natural logarithm of sigma (Kong et al. 2024, arXiv 2310.07972)
        ("nats_per_log_sigma", pa.float64()),
        ("nats", pa.float64()),  # times the step's width: summed over the steps, what the prompt tells there
    ],
)


def collected(parts: Sequence[Path]) -> pa.Table:
    """The shards' lines as one table of the schema ``information``, by prompt, sample and step.

    A step's width is the distance to the next guided one, of the last to the one before. Raises UserError for a part that is
    missing or holds anything else, and where one step alone is guided.
    """
    rows: list[dict[str, Any]] = []
    for part in parts:
        try:
            rows += [json.loads(line) for line in part.read_text(encoding="utf-8").splitlines()]
        except (OSError, ValueError) as error:
            raise UserError(f"{part} is no readable file of JSON Lines ({error}): delete it and run again.") from None
    sigmas = dict(sorted({row["step"]: row["sigma"] for row in rows}.items()))
    steps = list(sigmas)
    if len(steps) < 2:
        raise UserError(
            "Fewer than two steps are guided, which is no curve of what the prompts tell: widen trajectory.guidance_sigma_min "
            "and guidance_sigma_max, or raise trajectory.steps."
        )
    widths = [math.log(sigmas[one] / sigmas[other]) for one, other in pairwise(steps)]
    width = dict(zip(steps, [*widths, widths[-1]], strict=True))
    table = pa.Table.from_pylist(
        [
            {name: row[name] for name in ("prompt_id", "sample", "step", "sigma")}
            | {"log_snr_db": noise_levels.log_snr_db(row["sigma"])}
            | {"nats_per_log_sigma": row["nats"], "nats": row["nats"] * width[row["step"]]}
            for row in rows
        ]
    )
    return table.sort_by([(name, "ascending") for name in ("prompt_id", "sample", "step")])
