"""Classifiers that tell from an embedding whether a concept is there: what each must offer, and how fitted ones are kept."""

import importlib
import importlib.util
import sys
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Protocol

import numpy as np

from musicologist.core import lean
from musicologist.core.errors import UserError
from musicologist.probes import decisions
from musicologist.probes.decisions import Decision
from musicologist.statistics import auc

Settings = Mapping[str, float]
"""What a classifier is fitted with, by name: ``{"C": 10.0, "gamma": 0.5}``."""


class Probe(Protocol):
    """A fitted classifier, as scikit-learn's are."""

    def decision_function(self, embeddings: np.ndarray) -> np.ndarray:
        """Signed distances (clips,) from the boundary of embeddings (clips, size); above 0 the concept is there."""


Score = Callable[[np.ndarray, np.ndarray, np.ndarray, Settings], np.ndarray]
"""(labels, train, test, settings) -> decision values of the notes ``test`` of a probe fitted on the notes ``train``."""


class Classifier(ABC):
    """A kind of probe: how it is fitted, what there is to choose, and how figures show it.

    One more is one file and one line. Copy ``logistic.py`` to a file of your own, ``my/lda.py``::

        from musicologist.probes.classifiers import Classifier

        class LinearDiscriminants(Classifier):
            label = "linear discriminants"
            settings = {"shrinkage": 0.1}

            def fit(self, embeddings, labels, settings, seed):
                from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

                return LinearDiscriminantAnalysis(solver="lsqr", **settings).fit(embeddings, labels)

    and name it in the configuration, where a list of values has the best chosen for each concept::

        probes:
          classifiers:
            lda: {file: my/lda.py, shrinkage: [0.01, 0.1]}

    In the library itself the line is an entry of ``registry.ADDRESSES``.
    """

    label: ClassVar[str]
    """What legends call it."""

    colour: ClassVar[str | None] = None
    """In figures; None for the next free one of a cycle that the colour-blind can tell apart."""

    marker: ClassVar[str | None] = None
    """Matplotlib's name of its mark; None for the next free one."""

    settings: ClassVar[Settings] = {}
    """All settings there are, with their defaults. Where several combinations are equally good, the first is taken."""

    trusted: ClassVar[tuple[str, ...]] = ()
    """Types that its saved probes hold beside arrays and what scikit-learn has: none else is loaded. ``__name__ + ".Mine"``."""

    memory_mb: int = 2000
    """What the job that fits may take."""

    @abstractmethod
    def fit(self, embeddings: np.ndarray, labels: np.ndarray, settings: Settings, seed: int) -> Probe:
        """A probe fitted on embeddings (notes, size) of unit norm, which are not scaled further, and labels 0 or 1 (notes,).

        ``settings`` has a value for each of the class's. Import heavy packages here: a dry-run reads the file too.
        """

    def decision(self, probe: Probe) -> Decision | None:
        """What its fitted probe says as arrays, with which clips are scored; None where the probe itself is needed for that.

        Worth overriding where hundreds of jobs score clips: they then import nothing but NumPy.
        """
        return None

    def scorer(self, embeddings: np.ndarray, seed: int) -> Score:
        """A function that fits on some of the notes (notes, size) and scores others, for cross-validation.

        Worth overriding where fits on parts of the same notes can share work, as kernels can.
        """

        def score(labels: np.ndarray, train: np.ndarray, test: np.ndarray, settings: Settings) -> np.ndarray:
            probe = self.fit(embeddings[train], labels[train], settings, seed)
            return probe.decision_function(embeddings[test])

        return score


def at(address: str) -> Classifier:
    """The classifier that a module of the library (``musicologist.probes.svm``) or a file (``my/lda.py``) defines.

    Raises UserError where there is no such file, it cannot be run, or it does not define one classifier.
    """
    module = _of_file(address) if address.endswith(".py") else importlib.import_module(address)
    found = [kind for kind in vars(module).values() if _defined(kind, module)]
    if len(found) != 1:
        names = f"{len(found)} ({', '.join(kind.__name__ for kind in found)})" if found else "none"
        raise UserError(f"{address} should define one subclass of Classifier, but defines {names}.")
    lacking = sorted(found[0].__abstractmethods__) or [name for name in ("label",) if not hasattr(found[0], name)]
    if lacking:
        raise UserError(f"{address}: {found[0].__name__} lacks {lacking[0]}, which a classifier needs: add it.")
    return found[0]()


def _defined(kind: Any, module: ModuleType) -> bool:
    return isinstance(kind, type) and issubclass(kind, Classifier) and kind.__module__ == module.__name__


def _of_file(path: str) -> ModuleType:
    """Run a file as a module of its own; it stays known by the name that its types are saved under."""
    if not Path(path).is_file():
        raise UserError(f"{path} does not exist: expected a file that defines a classifier.")
    name = f"classifier_{Path(path).stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification and specification.loader
    module = sys.modules[name] = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        raise UserError(f"{path} cannot be run ({type(error).__name__}: {error}): mend the file.") from None
    return module


def report(
    probe: Probe, embeddings: np.ndarray, labels: np.ndarray, instruments: np.ndarray
) -> dict[str, float | int | None]:
    """How well the probe does on these notes: notes and instruments on each side, accuracy, balanced accuracy, ROC-AUC.

    The area's interval is over instruments, whose notes stay together; None with fewer than five of them on a side.
    """
    decision = probe.decision_function(embeddings)
    predicted = (decision > 0).astype(int)
    right = predicted == labels
    sides = [right[labels == side].mean() for side in (0, 1) if (labels == side).any()]
    heard = [len(np.unique(instruments[labels == side])) for side in (1, 0)]
    ends = auc.interval(auc.clustered(decision, labels, instruments)) if min(heard) > 1 else (np.nan, np.nan)
    low, high = (None if np.isnan(end) else round(end, 4) for end in ends)
    return {
        "n_pos": int((labels == 1).sum()),
        "n_neg": int((labels == 0).sum()),
        "instruments_pos": heard[0],
        "instruments_neg": heard[1],
        "accuracy": round(float(right.mean()), 4),
        "balanced_accuracy": round(float(np.mean(sides)), 4),
        "roc_auc": round(float(auc.area(decision, labels)), 4),
        "roc_auc_low": low,
        "roc_auc_high": high,
    }


def skops_io() -> ModuleType:
    """skops' reader and writer, imported without torch.

    When it is imported skops walks all packages of scikit-learn, one of which imports torch where that is installed.
    """
    with lean.without("sklearn.externals.array_api_compat.torch"):
        from skops import io
    return io


def save(probe: Probe, path: str | Path, decision: Decision | None = None) -> None:
    """Write a probe with skops: no pickle, so loading one runs no code; its ``decision`` lies beside it in the same file."""
    skops_io().dump(probe, path)
    if decision is not None:
        with zipfile.ZipFile(path, "a") as file:
            decisions.write(decision, file)


_LARGEST = 4 << 30  # bytes


def load(path: str | Path, classifier: Classifier) -> Probe:
    """What a saved probe of this classifier decides: its decision as arrays where the file has it, else the probe itself.

    UserError where the file is missing, broken or holds types that the classifier does not trust.
    """
    try:
        if Path(path).stat().st_size > _LARGEST:
            raise ValueError("it is too long for a probe")
        with zipfile.ZipFile(path) as file:
            if sum(member.file_size for member in file.infolist()) > _LARGEST:
                raise ValueError("its contents are too long for a probe")
            if (decision := decisions.read(file)) is not None:
                return decision
        probe = skops_io().load(path, trusted=["numpy.dtype", *classifier.trusted])
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a probe that train_probe wrote.") from None
    except MemoryError:
        raise
    except Exception as error:  # skops raises whatever its members make it raise
        raise UserError(f"{path} is no readable probe ({str(error)[:120]}): delete it and run again.") from None
    if not callable(getattr(probe, "decision_function", None)):
        raise UserError(f"{path} holds a {type(probe).__name__}, no probe: delete it and run again.")
    return probe
