"""Where the products of an embedder stand, and whose they are."""


def heard(files, below="<results>", **values):
    """A pattern of files that depend on an embedder, or, with ``values`` of wildcards, the files of all of these.

    They stand in the embedder's folder, embedders/NAME/, but for those of the run's first.
    """
    pattern = f"{below}/{RUN.ear}{files}"
    return expand(pattern, **values, allow_missing=True) if values else pattern


def ear_of(wildcards):
    """The folder of the embedder that a job is about, as in ``RUN.ears``."""
    return wildcards.get("ear", "")


def embeddings_of(signals):
    """The tables of embeddings of these signals, one a level."""
    return heard("embeddings/{signal}/step_{step}.parquet", signal=signals, step=RUN.steps)
