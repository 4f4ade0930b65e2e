"""What notebooks and programs of one's own use: from arrays to a curve, its answer and its figure.

    import musicologist

    clips = musicologist.ScoredClips.from_arrays(decisions, labels, prompt_ids, sigmas)
    curve = musicologist.measure(clips)
    print(musicologist.answer(curve), curve.summary["half_rise"])
    musicologist.save(musicologist.draw(curve, "brass"), "brass.png")

With embeddings (levels, clips, size) and a fitted probe, ``decisions = musicologist.decisions(probe, embeddings)`` comes first.
"""

from importlib import metadata
from pathlib import Path

import numpy as np

from musicologist.core.errors import UserError
from musicologist.emergence.answers import of as answer
from musicologist.emergence.curve import Curve, Settings, measure
from musicologist.emergence.scored_clips import ScoredClips
from musicologist.figures.canvas import save
from musicologist.figures.emergence import draw
from musicologist.probes.classifiers import Classifier, Probe

__all__ = [
    "Classifier",
    "Curve",
    "Probe",
    "ScoredClips",
    "Settings",
    "UserError",
    "__version__",
    "answer",
    "decisions",
    "draw",
    "measure",
    "save",
]


def decisions(probe: Probe, embeddings: np.ndarray) -> np.ndarray:
    """A probe's decision values (levels, clips) on embeddings (levels, clips, size)."""
    return np.stack([probe.decision_function(level) for level in embeddings])


def _version() -> str:
    """As pyproject.toml says: the only place. A checkout that is not installed reads the file itself."""
    import tomllib

    project = Path(__file__).parents[2] / "pyproject.toml"
    if Path(__file__).parents[1].name == "scripts":
        return tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    return metadata.version("musicologist")


__version__ = _version()
