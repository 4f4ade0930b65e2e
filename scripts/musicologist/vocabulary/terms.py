"""NSynth's closed vocabularies: families, sources and qualities of notes. The aspects of prompts stand in ``aspects``."""

FAMILIES = (
    "bass",
    "brass",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
)
"""NSynth's instrument families, in the order of its codes 0 to 10 (Engel et al. 2017, arXiv 1704.01279)."""

SOURCES = ("acoustic", "electronic", "synthetic")
"""NSynth's methods of sound production, codes 0 to 2."""

QUALITIES = (
    "bright",
    "dark",
    "distortion",
    "fast_decay",
    "long_release",
    "multiphonic",
    "nonlinear_env",
    "percussive",
    "reverb",
    "tempo-synced",
)
"""NSynth's note qualities, in the order of its codes 0 to 9."""

_EXCLUSIVE = ({"bright", "dark"}, {"fast_decay", "long_release", "percussive", "nonlinear_env"})
"""Qualities that undo each other."""


def compatible(qualities: tuple[str, ...]) -> bool:
    """Whether no two of the qualities undo each other."""
    return all(len(group & set(qualities)) <= 1 for group in _EXCLUSIVE)
