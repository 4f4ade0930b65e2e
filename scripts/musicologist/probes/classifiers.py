"""Probes: classifiers that tell from an embedding whether a concept is there."""

from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from musicologist.core.errors import UserError
from musicologist.statistics import auc

_TRUSTED = ("numpy.dtype", "sklearn.svm._classes.SVC", "sklearn.linear_model._logistic.LogisticRegression")


class Probe(Protocol):
    """A fitted classifier, as scikit-learn's are."""

    def decision_function(self, embeddings: np.ndarray) -> np.ndarray:
        """Signed distances (clips,) from the boundary of embeddings (clips, 512); above 0 the concept is there."""


def fit(
    classifier: str, embeddings: np.ndarray, labels: np.ndarray, strength: float, seed: int, gamma: float = 1.0
) -> Probe:
    """Fit a ``logistic`` regression or an RBF ``svm`` with C = ``strength`` on embeddings (notes, 512) and labels (notes,).

    Embeddings have unit norm and are not scaled further, as in the study. ``gamma`` narrows the svm's kernel: it is in units
    of ``natural_gamma``, and 1 is what scikit-learn calls "scale".
    """
    if classifier == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=strength, max_iter=2000, random_state=seed).fit(embeddings, labels)
    from sklearn.svm import SVC

    width = gamma * natural_gamma(embeddings)
    return SVC(C=strength, kernel="rbf", gamma=width, random_state=seed).fit(embeddings, labels)


def natural_gamma(embeddings: np.ndarray) -> float:
    """One over the total variance of embeddings (notes, size): the kernel width that suits their spread."""
    return float(1 / (embeddings.shape[1] * embeddings.var()))


def report(probe: Probe, embeddings: np.ndarray, labels: np.ndarray) -> dict[str, float | int]:
    """How well the probe does on these notes: number of each class, accuracy, balanced accuracy, ROC-AUC."""
    from sklearn.metrics import balanced_accuracy_score

    decision = probe.decision_function(embeddings)
    predicted = (decision > 0).astype(int)
    return {
        "n_pos": int((labels == 1).sum()),
        "n_neg": int((labels == 0).sum()),
        "accuracy": round(float((predicted == labels).mean()), 4),
        "balanced_accuracy": round(float(balanced_accuracy_score(labels, predicted)), 4),
        "roc_auc": round(float(auc.area(decision, labels)), 4),
    }


def _skops() -> ModuleType:
    """skops' reader and writer, imported without torch.

    When it is imported skops walks all packages of scikit-learn, one of which imports torch where that is installed: a second
    and a half in each of hundreds of jobs, for nothing.
    """
    import sys

    walked = "sklearn.externals.array_api_compat.torch"
    hidden = walked not in sys.modules
    if hidden:
        sys.modules[walked] = None
    try:
        from skops import io
    finally:
        if hidden:
            del sys.modules[walked]
    return io


def save(probe: Probe, path: str | Path) -> None:
    """Write a probe with skops: no pickle, so loading one runs no code."""
    _skops().dump(probe, path)


def load(path: str | Path) -> Any:
    """Read a probe; UserError where the file is missing, broken or holds anything else."""
    import zipfile

    try:
        return _skops().load(path, trusted=list(_TRUSTED))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a probe that train_probe wrote.") from None
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is no readable probe ({str(error)[:120]}): delete it and run again.") from None
