"""Generators by name: families of models that make audio, one file each. One more is its file and one line here.

Jobs are told the module and load it by name (``devices.family``), and its digest is a parameter of their rules: one more makes
nothing stale. It is read where nothing is computed too (the check before a run), so it imports torch in its functions.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from musicologist.core.checkout import found
from musicologist.core.errors import UserError
from musicologist.generators.contract import Facts, Generator
from musicologist.models import devices, hub

FAMILIES = {
    "stable_audio_tools": ("model_config.json", "musicologist.generators.stable_audio_tools"),
    "diffusers_audio": ("model_index.json", "musicologist.generators.diffusers_audio"),
}
"""Of each family the configuration file by which its models are known, and its module."""

ON_THE_HUB = {"stable-audio-3": "diffusers_audio"}
"""Families by a part of a repository's name: before it is fetched, and after, a run must be told the same one."""


class Family(Protocol):
    """What the module of a family has."""

    FILES: hub.Files
    """Files of a model: its configuration first, then the weights."""
    CONFIGURATION: hub.Files
    """Those of them that ``read_config`` reads: small."""

    def read_config(self, directory: str | Path) -> dict[str, Any]:
        """A model's configuration; UserError where a part is missing or it is of a model that cannot be sampled."""

    def facts(self, config: Mapping[str, Any], seconds_total: float, model: str) -> Facts:
        """What a configuration tells; UserError where ``model`` makes no clips of this length."""

    def check_weights(self, directory: Path) -> int:
        """Bytes of a model's weights; UserError where a file is missing, truncated or of another model. Loads nothing."""

    def text_encoder_of(self, config: Mapping[str, Any], given: str | Path | None) -> hub.Repository | Path | None:
        """The text encoder of a configuration, unless ``given``; None where none lies outside the model."""

    def load(self, model: str | Path, device: str = "cpu", text_encoder: str | Path | None = None) -> Generator:
        """A model in float32 on ``device``; UserError where it cannot be loaded."""


def module_of(model: str | Path) -> str:
    """The module of the family whose configuration file ``model`` (a directory or Hugging Face id) has.

    Asks no network: a repository's name may tell (``ON_THE_HUB``). Where no such file is found the first family is taken, which
    says in its own words what is missing.
    """
    try:
        repository = hub.parse(model)
    except UserError:
        repository = None
    named = [FAMILIES[family][1] for part, family in ON_THE_HUB.items() if repository and part in repository.name]
    if named:
        return named[0]
    for configuration, module in FAMILIES.values():
        if hub.find(repository, configuration) if repository else (found(model) / configuration).is_file():
            return module
    return next(iter(FAMILIES.values()))[1]


def of_model(model: str | Path) -> Family:
    """The family that ``model`` is of, loaded."""
    return cast(Family, devices.family(module_of(model)))
