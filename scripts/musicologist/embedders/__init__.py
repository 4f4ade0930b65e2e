"""Ground: models that hear audio, one file a family."""
