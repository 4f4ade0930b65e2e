"""Logistic regression."""

from typing import Any, ClassVar

import numpy as np

from musicologist.probes.classifiers import Classifier, Probe, Settings
from musicologist.probes.decisions import Linear


class Logistic(Classifier):
    """Logistic regression with an L2 penalty; ``C`` is the inverse strength of regularisation."""

    label = "logistic regression"
    colour = "#0072B2"
    marker = "o"
    settings: ClassVar[Settings] = {"C": 1.0}

    def fit(self, embeddings: np.ndarray, labels: np.ndarray, settings: Settings, seed: int) -> Probe:
        """See ``Classifier.fit``."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=settings["C"], max_iter=2000, random_state=seed).fit(embeddings, labels)

    def decision(self, probe: Probe) -> Linear | None:
        """See ``Classifier.decision``."""
        from sklearn.linear_model import LogisticRegression

        fitted: Any = probe
        return Linear(fitted.coef_[0], float(fitted.intercept_[0])) if type(fitted) is LogisticRegression else None
