"""In processes of their own, for what is imported stays."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = str(Path(__file__).parents[3] / "scripts")
FITTING = """
import sys
import numpy as np
if sys.argv[1] == "prepared":
    from musicologist.probes import fitting_imports
    fitting_imports.prepare()
    assert not {"scipy.stats", "skops.io._trusted_types", "rich", "pandas", "torch"} & set(sys.modules)
from musicologist.probes import classifiers, logistic, svm
rows = np.random.default_rng(0).normal(size=(300, 16)).astype(np.float32)
labels = (rows[:, 0] + rows[:, 1] ** 2 > 1).astype(int)
for name, classifier in (("logistic", logistic.Logistic()), ("svm", svm.SupportVectors())):
    probe = classifier.fit(rows, labels, {"C": 1.0, "gamma": 1.0}, 0)
    classifiers.save(probe, f"{name}.skops", classifier.decision(probe))
    np.save(f"{name}.npy", probe.decision_function(rows))
"""
LATER = """
from musicologist.probes import fitting_imports
fitting_imports.prepare()
import sys
import numpy as np
from sklearn.preprocessing import PowerTransformer, QuantileTransformer
rows = np.random.default_rng(0).gamma(1, size=(200, 1))
found = QuantileTransformer(n_quantiles=200, output_distribution="normal").fit_transform(rows)
assert np.abs(np.sort(found[:, 0]) + np.sort(-found[:, 0])[::-1]).max() < 1e-9
assert abs(PowerTransformer("box-cox").fit_transform(rows).mean()) < 1e-9
assert "scipy.stats" in sys.modules
from scipy.stats import norm
assert norm.cdf(0) == 0.5
"""


def run(program, folder, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    subprocess.run(command, check=True, cwd=folder, env={**os.environ, "PYTHONPATH": SCRIPTS})


def test_probes_fitted_with_few_imports_are_those_fitted_with_all(tmp_path):
    from musicologist.probes import classifiers

    folders = [tmp_path / how for how in ("prepared", "plain")]
    for folder in folders:
        folder.mkdir()
        run(FITTING, folder, folder.name)
    for name in ("logistic", "svm"):
        found, expected = (np.load(folder / f"{name}.npy") for folder in folders)
        assert np.array_equal(found, expected)
        probe = classifiers.skops_io().load(tmp_path / "prepared" / f"{name}.skops", trusted=["numpy.dtype"])
        assert type(probe).__module__.startswith("sklearn.")


@pytest.mark.slow
def test_what_was_left_out_is_imported_when_it_is_used(tmp_path):
    run(LATER, tmp_path)
