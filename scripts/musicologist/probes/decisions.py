"""Decision functions as arrays: what a fitted probe says, in matrix products of NumPy and without the package that fitted it.

A probe's file holds them beside the probe itself (``classifiers.save``): hundreds of jobs score clips, and importing
scikit-learn takes each of them longer than the scores.
"""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from zipfile import ZipFile

_ROWS = 512
"""Whose kernel is made at once: memory is bounded, whatever the number of clips."""


@dataclass(frozen=True)
class Linear:
    """Linear in the embedding: ``weights`` (size,) and ``bias``, above 0 the concept is there."""

    weights: np.ndarray
    bias: float

    @property
    def n_features_in_(self) -> int:
        """Numbers in an embedding, by scikit-learn's name."""
        return len(self.weights)

    def decision_function(self, embeddings: np.ndarray) -> np.ndarray:
        """Decision values (clips,) of embeddings (clips, size)."""
        return embeddings @ self.weights + self.bias


@dataclass(frozen=True)
class RadialBasis:
    """A sum of Gaussians: ``coefficients`` (vectors,) times exp(-``gamma`` distance^2) from ``vectors`` (vectors, size).

    In float32: a matrix product and an exponential a pair, tens of times faster than libsvm's loop in double precision. The
    decisions differ by less than a thousandth of their spread.
    """

    vectors: np.ndarray
    coefficients: np.ndarray
    bias: float
    gamma: float

    @property
    def n_features_in_(self) -> int:
        """Numbers in an embedding, by scikit-learn's name."""
        return self.vectors.shape[1]

    def decision_function(self, embeddings: np.ndarray) -> np.ndarray:
        """Decision values (clips,) of embeddings (clips, size)."""
        vectors, coefficients = self.vectors.astype(np.float32), self.coefficients.astype(np.float32)
        # -gamma (|row|^2 - 2 row·vector + |vector|^2) as one product, of rows and vectors with two more numbers each.
        ones = np.ones(max(_ROWS, len(vectors)), np.float32)
        factors = np.float32(self.gamma) * np.column_stack([2 * vectors, -ones[: len(vectors)], -(vectors**2).sum(1)]).T
        found = []
        for start in range(0, len(embeddings), _ROWS):
            rows = embeddings[start : start + _ROWS].astype(np.float32)
            exponents = np.column_stack([rows, (rows**2).sum(1), ones[: len(rows)]]) @ factors
            found.append(np.exp(exponents, out=exponents) @ coefficients)
        return np.concatenate([np.empty(0, np.float32), *found]) + np.float32(self.bias)


Decision = Linear | RadialBasis

_KINDS: dict[str, type[Decision]] = {"linear": Linear, "radial_basis": RadialBasis}
_INDEX = "decision.json"


def write(decision: Decision, file: "ZipFile") -> None:
    """Add a decision function to a file: its numbers as JSON, its arrays as plain float32."""
    kind = next(name for name, kind in _KINDS.items() if isinstance(decision, kind))
    numbers, shapes = {}, {}
    for name, value in asdict(decision).items():
        if isinstance(value, np.ndarray):
            shapes[name] = value.shape
            file.writestr(f"decision/{name}", np.ascontiguousarray(value, "<f4").tobytes())
        else:
            numbers[name] = float(value)
    file.writestr(_INDEX, json.dumps({"kind": kind, "numbers": numbers, "shapes": shapes}))


def read(file: "ZipFile") -> Decision | None:
    """The decision function that a file holds; None where it holds none. Raises anything where what it holds is broken."""
    if _INDEX not in file.namelist():
        return None
    index = json.loads(file.read(_INDEX))
    parts: dict[str, Any] = {
        name: np.frombuffer(file.read(f"decision/{name}"), "<f4").reshape(shape)
        for name, shape in index["shapes"].items()
    }
    parts |= {name: float(value) for name, value in index["numbers"].items()}
    if not all(np.isfinite(value).all() for value in parts.values()):
        raise ValueError("its decision function has numbers that are not finite")
    return _KINDS[index["kind"]](**parts)
