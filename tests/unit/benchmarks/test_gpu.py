import json
import sys

import pytest

from benchmarks import gpu

pytestmark = pytest.mark.slow


def test_every_part_is_timed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--small", "--device", "cpu", "--json", str(tmp_path / "gpu.json")])
    gpu.main()
    rows = json.loads((tmp_path / "gpu.json").read_text())["rows"]
    assert {row["what"].split(",")[0] for row in rows} == {
        "sampling",
        "decoding 10 s",
        "noise of a step",
        "FLAC of 10 s",
        "embedding 10 s",
    }
    assert [row["setting"] for row in rows[:4]] == list(gpu.devices.PRECISIONS)
    assert all(row["value"] > 0 for row in rows)
    assert capsys.readouterr().out.count("\n|") == len(rows) + 2
