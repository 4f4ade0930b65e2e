"""The closed vocabularies: aspects of prompts, and NSynth's families, sources and qualities."""

ASPECTS = (
    "bass",
    "brass",
    "drum",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
    "bright sound",
    "warm sound",
    "distortion",
    "fast_decay",
    "long_release",
    "multiphonic",
    "nonlinear_env",
    "percussive",
    "reverb",
    "tempo-synced",
    "acoustic",
    "electronic",
    "synthetic",
)
"""What a prompt can be annotated with. NSynth's "dark" is "warm sound" here, "bright" is "bright sound"."""

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
