"""Support vector machine with an RBF kernel."""

from typing import Any, ClassVar

import numpy as np

from musicologist.probes.classifiers import Classifier, Probe, Score, Settings
from musicologist.probes.decisions import RadialBasis

_FASTER_FROM = 4000
"""Notes; of fewer, importing scikit-learn-intelex takes longer than it saves."""

_REST_MB = 1000
"""What a fit takes beside its cache: the interpreter, and the notes in double precision."""


class SupportVectors(Classifier):
    """RBF support vector machine; ``gamma`` narrows the kernel, in units of ``natural_gamma``: scikit-learn's "scale".

    The cache of the kernel is as large as the kernel, where the job has memory for that: with less of it libsvm makes the
    same numbers several times. With many notes scikit-learn-intelex fits, where it is installed: the same machine, sooner.
    """

    label = "SVM"
    colour = "#D55E00"
    marker = "s"
    settings: ClassVar[Settings] = {"C": 1.0, "gamma": 1.0}
    trusted = (f"{RadialBasis.__module__}.{RadialBasis.__name__}",)

    def fit(self, embeddings: np.ndarray, labels: np.ndarray, settings: Settings, seed: int) -> Probe:
        """See ``Classifier.fit``."""
        whole_mb = 4 * len(labels) ** 2 / 1e6 + 1
        machine = _solver(len(labels))(
            C=settings["C"],
            kernel="rbf",
            gamma=settings["gamma"] * natural_gamma(embeddings),
            cache_size=max(200, min(whole_mb, self.memory_mb - _REST_MB)),
            random_state=seed,
        ).fit(embeddings, labels)
        return machine if type(machine).__module__.startswith("sklearn.") else _decision(machine)

    def decision(self, probe: Probe) -> RadialBasis | None:
        """See ``Classifier.decision``."""
        from sklearn.svm import SVC

        if isinstance(probe, RadialBasis):
            return probe
        fitted: Any = probe
        return _decision(fitted) if type(fitted) is SVC and fitted.kernel == "rbf" else None

    def scorer(self, embeddings: np.ndarray, seed: int) -> Score:
        """See ``Classifier.scorer``. The kernel matrix is made once for each width, not once for each fit."""
        from sklearn.svm import SVC

        norm = (embeddings.astype(np.float64) ** 2).sum(1)
        distance = (norm[:, None] + norm[None] - 2 * embeddings.astype(np.float64) @ embeddings.T).clip(min=0)
        natural = natural_gamma(embeddings)
        kernels: dict[float, np.ndarray] = {}

        def score(labels: np.ndarray, train: np.ndarray, test: np.ndarray, settings: Settings) -> np.ndarray:
            gamma = settings["gamma"]
            if gamma not in kernels:
                kernels.clear()
                kernels[gamma] = np.exp(-gamma * natural * distance)
            machine = SVC(C=settings["C"], kernel="precomputed", random_state=seed)
            machine.fit(kernels[gamma][np.ix_(train, train)], labels[train])
            return machine.decision_function(kernels[gamma][np.ix_(test, train)])

        return score


def _solver(notes: int) -> Any:
    """scikit-learn's class, or for many notes that of scikit-learn-intelex where it is installed."""
    if notes >= _FASTER_FROM:
        try:
            from sklearnex.svm import SVC
        except ImportError:
            pass
        else:
            return SVC
    from sklearn.svm import SVC

    return SVC


def _decision(machine: Any) -> RadialBasis:
    """Of a fitted machine of either package."""
    bias = float(np.ravel(machine.intercept_)[0])
    return RadialBasis(machine.support_vectors_, np.ravel(machine.dual_coef_), bias, float(machine.gamma))


def natural_gamma(embeddings: np.ndarray) -> float:
    """One over the total variance of embeddings (notes, size): the kernel width that suits their spread."""
    return float(1 / (embeddings.shape[1] * embeddings.var()))
