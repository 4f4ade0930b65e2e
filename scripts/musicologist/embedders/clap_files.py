"""What a CLAP consists of on disk, checked without loading anything."""

from pathlib import Path

from musicologist.core.errors import UserError
from musicologist.models import hub, weights

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
DIRECTORY: hub.Files = (
    ("config.json",),
    ("preprocessor_config.json", "processor_config.json"),
    WEIGHTS,
    ("tokenizer.json",),
    ("tokenizer_config.json", ""),
)


def needed(repository: hub.Repository) -> hub.Files:
    """The files of a hub repository that are wanted: a checkpoint of LAION's own package, or transformers' directory."""
    return [(repository.file,)] if repository.file else DIRECTORY


def check(place: Path) -> None:
    """Raise UserError where a checkpoint is truncated, or a directory lacks a file or has truncated weights.

    transformers replaces some missing files by others without a word, and unpickling junk can raise anything.
    """
    if place.is_file():
        weights.check(place)
        return
    for group in DIRECTORY:
        if not any(name == "" or (place / name).is_file() for name in group):
            raise UserError(
                f"{place} has no {' or '.join(group)}: expected a directory that ClapModel, its feature extractor and its "
                "tokenizer were saved to."
            )
    weights.check(next(place / name for name in WEIGHTS if (place / name).is_file()))
