"""The program that prints what README and METHODS state about a run."""

import json

import pyarrow as pa
import pytest
from musicologist.core import parquet, results_writing
from musicologist.emergence.tables import CONTROLS

from benchmarks import evidence


def control(concept, name, area):
    row = {"concept": concept, "control": name, "classifier": "svm", "signal": "denoised", "step": 24, "sigma": 0.2}
    row |= {"log_snr_db": 14.0, "n_pos_prompts": 10, "n_neg_prompts": 30, "n_pos": 20, "n_neg": 60}
    return row | {"roc_auc": area, "roc_auc_low": area - 0.1, "roc_auc_high": area + 0.1, "called_share": None}


def test_each_figure_is_a_line_and_what_a_run_lacks_is_left_out(tmp_path, monkeypatch, capsys):
    rows = []
    for concept, area, left in (("is_flute", 0.9, 0.85), ("is_techno", 0.8, 0.5)):
        rows += [
            {"concept": concept, "classifier": "svm", "signal": "denoised", "step": step, "roc_auc": area}
            for step in (0, 24)
        ]
        (tmp_path / "concepts" / concept).mkdir(parents=True)
        table = pa.Table.from_pylist([control(concept, "partialled", 0.1), control(concept, "conditional", left)])
        parquet.write(tmp_path / "concepts" / concept / "controls.parquet", CONTROLS, table)
        told = json.dumps({"explained_by_other_aspects": 0.4})
        (tmp_path / "concepts" / concept / "controls.json").write_text(told)
    results_writing.write(tmp_path / "atlas.csv", rows)
    difference = {"difference": -0.05, "difference_low": -0.08, "difference_high": -0.02, "sigma": 100.0}
    pair = {"concept": "all", "classifier": "svm", "first": "denoised", "second": "unguided"}
    results_writing.write(
        tmp_path / "signals.csv", [{**pair, **difference}, {**pair, "concept": "is_flute", **difference}]
    )
    rows = [{"signal": signal, "sentence": f"musicnn's own tag of {signal}."} for signal in ("noisy", "denoised")]
    (tmp_path / "embedders/musicnn").mkdir(parents=True)
    (tmp_path / "embedders/musicnn/tags.json").write_text(json.dumps({"curves": rows}))
    monkeypatch.setattr("sys.argv", ["evidence.py", str(tmp_path)])
    evidence.main()
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.endswith("of 2 concepts, " + tmp_path.name + ", denoised, by step: 0.850, 0.850")
    assert lines[0] == "denoised - unguided, svm, by sigma: -0.050 [-0.080, -0.020] at 100"
    assert lines[1].startswith(
        "without the other named aspects (denoised, last level): techno 0.80 to 0.50 [0.40, 0.60], "
    )
    assert "flute 0.90 to 0.85" in lines[1]
    assert lines[2:] == ["musicnn's own tag of denoised."]


def test_switching_is_told_by_group(tmp_path):
    row = {"concept": "all", "group": "instrument_family", "classifier": "svm", "sigma_switch": 16.6}
    row |= {"sigma_switch_low": 12.9, "sigma_switch_high": 21.8, "pairs": 44}
    results_writing.write(tmp_path / "switching.csv", [{**row, "survives": share} for share in (0.95, 0.5, 0.1)])
    [line] = evidence.switching(tmp_path)
    assert line.startswith("sigma_switch of instrument_family, svm: 16.6 [12.9, 21.8], 44 pairs")
    assert "survives in 0.95, 0.50, 0.10" in line
    with pytest.raises(Exception, match="does not exist"):
        evidence.signals(tmp_path)
