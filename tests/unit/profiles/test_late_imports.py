"""pandas is loaded where Slurm's efficiency report is written, and not whenever Snakemake starts."""

import json
import subprocess
import sys

from snakemake_executor_plugin_safe_slurm.late_imports import late

USED = """
import json, sys
import snakemake_executor_plugin_safe_slurm as safe
from snakemake_executor_plugin_slurm import efficiency_report as report

told = [name in sys.modules for name in ("pandas", "snakemake_executor_plugin_slurm")]
told.append(report.parse_maxrss("2048K"))
import pandas
print(json.dumps([*told, report.pd.DataFrame is pandas.DataFrame, safe.official.create_efficiency_report is not None]))
"""


def test_pandas_comes_with_the_efficiency_report():
    done = subprocess.run([sys.executable, "-c", USED], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False, True, 2.0, True, True]


def test_a_module_that_is_there_stays():
    with late("json"):
        assert sys.modules["json"] is json


def test_an_import_that_fails_leaves_no_stand_in():
    try:
        with late("wave"):
            assert "wave" in sys.modules and "Late" in type(sys.modules["wave"]).__name__
            raise ImportError
    except ImportError:
        pass
    assert "Late" not in type(sys.modules.get("wave")).__name__
