"""Musicologist: when does a concept emerge while a diffusion model turns noise into music?

Notebooks use ``musicologist.public`` from here. It is loaded by name: what a script imports makes its products stale.
"""


def __getattr__(name: str) -> object:
    from importlib import import_module

    public = import_module("musicologist.public")
    if name in public.__all__:
        return getattr(public, name)
    raise AttributeError(f"module 'musicologist' has no attribute {name!r}")
