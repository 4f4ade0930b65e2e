"""Ground: models that make audio, one file a family."""
