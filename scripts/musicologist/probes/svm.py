"""Support vector machine with an RBF kernel."""

from typing import ClassVar

import numpy as np

from musicologist.probes.classifiers import Classifier, Probe, Score, Settings


class SupportVectors(Classifier):
    """RBF support vector machine; ``gamma`` narrows the kernel, in units of ``natural_gamma``: scikit-learn's "scale"."""

    label = "SVM"
    colour = "#D55E00"
    marker = "s"
    settings: ClassVar[Settings] = {"C": 1.0, "gamma": 1.0}

    def fit(self, embeddings: np.ndarray, labels: np.ndarray, settings: Settings, seed: int) -> Probe:
        """See ``Classifier.fit``."""
        from sklearn.svm import SVC

        width = settings["gamma"] * natural_gamma(embeddings)
        return SVC(C=settings["C"], kernel="rbf", gamma=width, random_state=seed).fit(embeddings, labels)

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


def natural_gamma(embeddings: np.ndarray) -> float:
    """One over the total variance of embeddings (notes, size): the kernel width that suits their spread."""
    return float(1 / (embeddings.shape[1] * embeddings.var()))
