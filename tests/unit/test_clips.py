import numpy as np
import pyarrow as pa
import pytest
from musicologist import clips, tables
from musicologist.errors import UserError


def scores():
    rng = np.random.default_rng(0)
    rows = [
        {"prompt_id": p, "sample": s, "signal": signal, "step": step, "sigma": 10.0 - step, "log_snr_db": 0.0}
        | {"decision": float(100 * p + 10 * s + step), "predicted": 1, "prompt_label": {5: 1, 7: 0}.get(p)}
        for signal in ("noisy", "denoised")
        for step in (4, 0)
        for p in (7, 5, 6)
        for s in (0, 1)
    ]
    return pa.Table.from_pylist([rows[i] for i in rng.permutation(len(rows))], schema=tables.SCHEMAS["scores"])


def test_levels_and_clips_are_put_in_order():
    found = clips.arrange(scores(), "scores.parquet")
    assert sorted(found) == ["denoised", "noisy"]
    mine = found["noisy"]
    assert mine.step.tolist() == [0, 4] and mine.sigma.tolist() == [10, 6]
    assert mine.prompt_ids.tolist() == [5, 6, 7] and mine.labels.tolist() == [1, -1, 0]
    assert mine.decision[1].tolist() == [504, 514, 604, 614, 704, 714]
    assert mine.known.tolist() == [True, True, False, False, True, True]


def test_levels_with_other_clips_are_refused():
    table = scores()
    kept = [not (row["step"] == 4 and row["prompt_id"] == 6) for row in table.to_pylist()]
    with pytest.raises(UserError, match="holds other clips at some steps of denoised"):
        clips.arrange(table.filter(pa.array(kept)), "scores.parquet")
