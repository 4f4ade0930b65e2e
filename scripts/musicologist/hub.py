"""Models on the Hugging Face hub: found in the local cache by every job, fetched by one local job, examined before all."""

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from musicologist import downloads
from musicologist.errors import UserError

SITE = "https://huggingface.co"
_LARGE = 1 << 16  # bytes; smaller files are not worth going on with
Files = Sequence[tuple[str, ...]]
"""The files that a model needs: of each tuple the first that there is; an empty name says that none is well too."""


@dataclass(frozen=True)
class Repository:
    """A model repository at a revision (a commit, tag or branch), or one ``file`` of it."""

    name: str
    revision: str = "main"
    file: str | None = None

    def __str__(self) -> str:
        """As in the configuration."""
        return "/".join(filter(None, (self.name, self.file))) + (f"@{self.revision}" if self.revision != "main" else "")

    @property
    def page(self) -> str:
        """The address where a person finds it."""
        return f"{SITE}/{self.name}"


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
    if Path(model).exists():
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
    return Path(model) if repository is None else cached(repository, files)


def cached(repository: Repository, files: Files) -> Path:
    """The directory in the cache that holds these files of a repository; UserError where one is not there."""
    missing = _missing(repository, files)
    if missing:
        from huggingface_hub.constants import HF_HUB_CACHE

        raise UserError(
            f"{repository} has no {' or '.join(filter(None, missing[0]))} in the Hugging Face cache {HF_HUB_CACHE}: run "
            "`snakemake download_models` on a machine that is online (and give this one the same HF_HOME)."
        )
    return cached_paths(repository, files)[0].parent


def _missing(repository: Repository, files: Files) -> list[tuple[str, ...]]:
    return [group for group in files if not any(name == "" or _find(repository, name) for name in group)]


def cached_paths(repository: Repository, files: Files) -> list[Path]:
    """Those of ``files`` that the cache has."""
    return [Path(path) for group in files for name in group if (path := _find(repository, name))]


def _find(repository: Repository, name: str) -> str | None:
    from huggingface_hub import try_to_load_from_cache

    if not name:
        return None
    path = try_to_load_from_cache(repository.name, name, revision=repository.revision)
    return path if isinstance(path, str) else None


def examine(repository: Repository, files: Files) -> list[tuple[str, int]]:
    """Ask the hub for the files that ``download`` would fetch: (name, bytes) of each.

    Raises UserError, with the page to open, where the hub cannot be reached, or does not know the repository, the revision,
    a file or the token, or wants its licence accepted first.
    """
    return [(name, remote.size or 0) for name, remote in _remote(repository, files)]


def _remote(repository: Repository, files: Files) -> list[tuple[str, Any]]:
    """What the hub says of the files that the cache lacks; not asked where all that must be there are."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    found = []
    for group in files if _missing(repository, files) else ():
        for name in group:
            if not name or _find(repository, name):
                break
            try:
                address = hf_hub_url(repository.name, name, revision=repository.revision)
                found.append((name, get_hf_file_metadata(address, token=_token())))
                break
            except EntryNotFoundError:
                continue
            except Exception as error:
                raise _refusal(repository, error) from None
        else:
            raise UserError(
                f"{repository} has no {' or '.join(group)}: expected a model of the kind that the workflow reads; look at "
                f"{repository.page}/tree/{repository.revision}."
            )
    return found


def download(repository: Repository, files: Files) -> Path:
    """Fetch what the cache lacks of these files, going on where an earlier try broke off; returns their directory.

    Raises UserError as ``examine`` and ``downloads.fetch``: the hub's name for a large file is its SHA-256.
    """
    from huggingface_hub import hf_hub_download

    for name, remote in _remote(repository, files):
        if (remote.size or 0) > _LARGE:
            _fetch_blob(repository, remote)
        try:
            hf_hub_download(repository.name, name, revision=repository.revision, token=_token())
        except Exception as error:
            raise _refusal(repository, error) from None
    return cached(repository, files)


def _fetch_blob(repository: Repository, remote: Any) -> None:
    """Put a file's bytes where the hub's own client looks for them (the documented layout of its cache).

    That client begins again with each process; the weights of a large model take too long for that.
    """
    from huggingface_hub.constants import ENDPOINT, HF_HUB_CACHE

    blob = Path(HF_HUB_CACHE) / f"models--{repository.name.replace('/', '--')}" / "blobs" / remote.etag
    if not blob.exists():
        # the token is for the hub alone, not for the storage that it may point to
        own = urlsplit(remote.location).netloc == urlsplit(ENDPOINT).netloc
        headers = {"Authorization": f"Bearer {_token()}"} if own and _token() else {}
        digest = remote.etag if re.fullmatch(r"[0-9a-f]{64}", remote.etag) else None
        downloads.fetch(remote.location, blob, remote.size, digest, headers)


def _token() -> str | bool:
    """The user's token (HF_TOKEN, or what the hub's own login stored), or False for none: then none is asked for."""
    from huggingface_hub import get_token

    return get_token() or False


def _refusal(repository: Repository, error: Exception) -> Exception:
    """The sentence for what the hub answered; the error itself where a full disk is the reason."""
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return error
    if isinstance(error, errors.OfflineModeIsEnabled):
        return UserError(
            f"{repository} is not in the Hugging Face cache, and HF_HUB_OFFLINE forbids to fetch it: unset it, or fetch the "
            "model on a machine that is online and bring HF_HOME here."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return UserError(
            f"{repository.name} has no revision {repository.revision!r}: take the id of a commit from "
            f"{repository.page}/commits/main."
        )
    gated = isinstance(error, errors.GatedRepoError)
    if status in (401, 403) and not _token():
        licence = "wants its licence accepted" if gated else "is private, does not exist or wants its licence accepted"
        return UserError(
            f"{repository.name} {licence}, and no token is set: open {repository.page}, log in and accept, make a token at "
            f"{SITE}/settings/tokens and set HF_TOKEN to it."
        )
    if status == 401 and not gated:
        return UserError(
            f"The hub does not accept the token in HF_TOKEN (asked for {repository.name}): make a new one at "
            f"{SITE}/settings/tokens."
        )
    if status in (401, 403):
        return UserError(
            f"The licence of {repository.name} is not accepted by the account of your token: open {repository.page}, log in "
            "with that account, accept, and run again (a fine-grained token must also allow gated repositories)."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return UserError(
            f"{repository.name} is not on the hub: check the name; {repository.page} shows whether it exists."
        )
    detail = (str(error).strip() or type(error).__name__).splitlines()[0][:160].rstrip(".")
    return UserError(
        f"{repository} could not be fetched from the Hugging Face hub ({detail}): check the network and run again, it goes on "
        "where it stopped; or fetch it on a machine that is online and name its directory."
    )
