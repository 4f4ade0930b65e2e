"""Musicologist: when does a concept emerge while a diffusion model turns noise into music?

The library knows nothing of Snakemake. What a notebook needs stands in ``musicologist.public`` and can be had from here; it
is loaded when first asked for, and by no import statement: what a script imports is what makes its products stale.
"""


def __getattr__(name: str) -> object:
    from importlib import import_module

    public = import_module("musicologist.public")
    if name not in public.__all__:
        raise AttributeError(f"module 'musicologist' has no attribute {name!r}")
    return getattr(public, name)
