"""A classifier of your own: linear discriminants. In a configuration it is one line, and all of the workflow follows:

    probes:
      classifiers:
        lda: {file: examples/own_classifier.py, shrinkage: [0.01, 0.1]}

By itself (python examples/own_classifier.py [PICTURE.png]) it learns from made-up notes and hears made-up clips.
"""

import sys

import numpy as np
from musicologist.probes.classifiers import Classifier, Probe, Settings


class LinearDiscriminants(Classifier):
    """Fisher's linear discriminants; ``shrinkage`` draws the covariance towards a multiple of the identity."""

    label = "linear discriminants"
    settings = {"shrinkage": 0.1}  # noqa: RUF012 (a table of defaults, never written to)

    def fit(self, embeddings: np.ndarray, labels: np.ndarray, settings: Settings, seed: int) -> Probe:
        """See ``Classifier.fit``: a probe with ``decision_function``, as all of scikit-learn's classifiers have one."""
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=settings["shrinkage"]).fit(embeddings, labels)


def main() -> None:
    """Learn from 400 notes, hear 120 clips of 60 prompts at eight noise levels, and draw the curve."""
    import musicologist

    rng = np.random.default_rng(0)
    direction = np.eye(16)[0]
    sides = rng.integers(0, 2, 400)
    notes = rng.normal(size=(400, 16)) + 2 * sides[:, None] * direction
    probe = LinearDiscriminants().fit(notes, sides, LinearDiscriminants.settings, seed=0)

    sigmas = np.geomspace(100, 0.5, 8)
    prompt_ids = np.repeat(np.arange(60), 2)
    labels = (prompt_ids % 3 == 0).astype(int)
    heard = 2.5 / (1 + (sigmas / 10) ** 2)
    embeddings = rng.normal(size=(8, 120, 16)) + heard[:, None, None] * labels[:, None] * direction

    decisions = musicologist.decisions(probe, embeddings)
    clips = musicologist.ScoredClips.from_arrays(decisions, labels, prompt_ids, sigmas)
    curve = musicologist.measure(clips)
    sigma50 = curve.summary["half_rise"]
    print(f"{musicologist.answer(curve)}; sigma50 {sigma50['value']:.2g} [{sigma50['low']:.2g}, {sigma50['high']:.2g}]")
    figure = musicologist.draw(curve, "brass", LinearDiscriminants.label)
    musicologist.save(figure, sys.argv[1] if sys.argv[1:] else "brass.png")


if __name__ == "__main__":
    main()
