"""Models of the Hugging Face hub as jobs use them: found in the local cache, without a network."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from musicologist.core.checkout import found
from musicologist.core.errors import UserError

Files = Sequence[tuple[str, ...]]
"""The files that a model needs: of each tuple the first that there is; an empty name says that none is well too."""

TEXT_ENCODER_FILES: Files = (
    ("config.json",),
    ("model.safetensors", "pytorch_model.bin"),
    ("tokenizer.json",),
    ("tokenizer_config.json", ""),
    ("spiece.model", ""),
)
"""Of a T5."""


@dataclass(frozen=True)
class Repository:
    """A model repository at a revision (a commit, tag or branch), or one ``file`` of it."""

    name: str
    revision: str = "main"
    file: str | None = None

    def __str__(self) -> str:
        """As in the configuration."""
        return "/".join(filter(None, (self.name, self.file))) + (f"@{self.revision}" if self.revision != "main" else "")


def named(model: str) -> Repository:
    """The repository of ``OWNER/NAME``, ``OWNER/NAME@REVISION``, ``OWNER/NAME/FILE.pt@REVISION`` or, of old, ``NAME`` alone.

    Raises UserError for what can be no id.
    """
    match = re.fullmatch(r"(\w[\w.-]*(?:/[\w.-]+?)?)(?:/([\w.-]+\.pt))?(?:@([\w.-]+))?", model)
    if match is None:
        raise _no_model(model)
    return Repository(match[1], match[3] or "main", match[2])


def parse(model: str | Path) -> Repository | None:
    """The repository that ``model`` names; None where it is a directory or file of this machine.

    Raises UserError where it is neither; a name alone, without its owner, counts as a directory that is not there.
    """
    if found(model).exists():
        return None
    if "/" not in str(model):
        raise _no_model(model)
    return named(str(model))


def _no_model(model: str | Path) -> UserError:
    return UserError(
        f"{model} is no directory: models names a directory, or a Hugging Face id like OWNER/NAME@REVISION."
    )


def directory(model: str | Path, files: Files) -> Path:
    """Where a model's files lie: in ``model`` itself where it is on this machine, else in the hub's cache (``HF_HOME``).

    Never asks the network, so that jobs run where there is none. Raises UserError where a hub model is not in the cache.
    """
    repository = parse(model)
    return found(model) if repository is None else cached(repository, files)


def cached(repository: Repository, files: Files) -> Path:
    """The directory in the cache that holds these files of a repository; UserError where one is not there."""
    absent = missing(repository, files)
    if absent:
        from huggingface_hub.constants import HF_HUB_CACHE

        raise UserError(
            f"{repository} has no {' or '.join(filter(None, absent[0]))} in the Hugging Face cache {HF_HUB_CACHE}: run "
            "`snakemake download_models` on a machine that is online (and give this one the same HF_HOME)."
        )
    return cached_paths(repository, files)[0].parent


def missing(repository: Repository, files: Files) -> list[tuple[str, ...]]:
    """Those of ``files`` that the cache lacks and a model needs."""
    return [group for group in files if not any(name == "" or find(repository, name) for name in group)]


def cached_paths(repository: Repository, files: Files) -> list[Path]:
    """Those of ``files`` that the cache has."""
    return [Path(path) for group in files for name in group if (path := find(repository, name))]


def find(repository: Repository, name: str) -> str | None:
    """The path of a file in the cache; None where it is not there."""
    from huggingface_hub import try_to_load_from_cache

    if not name:
        return None
    path = try_to_load_from_cache(repository.name, name, revision=repository.revision)
    return path if isinstance(path, str) else None
