"""Asking the Hugging Face hub: what a model's files are, whether one may have them, and fetching them.

Apart from ``hub`` so that no job that computes depends on it: a change here makes no audio and no embedding stale.
"""

import errno
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from musicologist.core import downloads
from musicologist.core.errors import UserError
from musicologist.models import hub

SITE = "https://huggingface.co"
_LARGE = 1 << 16  # bytes; smaller files are not worth going on with


def examine(repository: hub.Repository, files: hub.Files) -> list[tuple[str, int]]:
    """Ask the hub for the files that ``download`` would fetch: (name, bytes) of each.

    Raises UserError, with the page to open, where the hub cannot be reached, or does not know the repository, the revision,
    a file or the token, or wants its licence accepted first.
    """
    return [(name, remote.size or 0) for name, remote in _remote(repository, files)]


def _remote(repository: hub.Repository, files: hub.Files) -> list[tuple[str, Any]]:
    """What the hub says of the files that the cache lacks; not asked where all that must be there are."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    found = []
    for group in files if hub.missing(repository, files) else ():
        for name in group:
            if not name or hub.find(repository, name):
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
                f"{_page(repository)}/tree/{repository.revision}."
            )
    return found


def download(repository: hub.Repository, files: hub.Files) -> Path:
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
    return hub.cached(repository, files)


def _fetch_blob(repository: hub.Repository, remote: Any) -> None:
    """Put a file's bytes where the hub's own client looks for them (the documented layout of its cache).

    That client begins again with each process; the weights of a large model take too long for that.
    """
    from huggingface_hub.constants import ENDPOINT, HF_HUB_CACHE

    if not re.fullmatch(r"[\w-]{1,128}", remote.etag or ""):
        raise UserError(
            f"{repository}: the hub gives a file the name {str(remote.etag)[:60]!r}, which is none of its own."
        )
    blob = Path(HF_HUB_CACHE) / f"models--{repository.name.replace('/', '--')}" / "blobs" / remote.etag
    if not blob.exists():
        # the token is for the hub alone, not for the storage that it may point to
        own = urlsplit(remote.location)[:2] == urlsplit(ENDPOINT)[:2]
        headers = {"Authorization": f"Bearer {_token()}"} if own and _token() else {}
        digest = remote.etag if re.fullmatch(r"[0-9a-f]{64}", remote.etag) else None
        downloads.fetch(remote.location, blob, remote.size, digest, headers)


def _token() -> str | bool:
    """The user's token (HF_TOKEN, or what the hub's own login stored), or False for none: then none is asked for."""
    from huggingface_hub import get_token

    return get_token() or False


def _refusal(repository: hub.Repository, error: Exception) -> Exception:
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
            f"{_page(repository)}/commits/main."
        )
    gated = isinstance(error, errors.GatedRepoError)
    if status in (401, 403) and not _token():
        licence = "wants its licence accepted" if gated else "is private, does not exist or wants its licence accepted"
        return UserError(
            f"{repository.name} {licence}, and no token is set: open {_page(repository)}, log in and accept, make a token at "
            f"{SITE}/settings/tokens and set HF_TOKEN to it."
        )
    if status == 401 and not gated:
        return UserError(
            f"The hub does not accept the token in HF_TOKEN (asked for {repository.name}): make a new one at "
            f"{SITE}/settings/tokens."
        )
    if status in (401, 403):
        return UserError(
            f"The licence of {repository.name} is not accepted by the account of your token: open {_page(repository)}, log in "
            "with that account, accept, and run again (a fine-grained token must also allow gated repositories)."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return UserError(
            f"{repository.name} is not on the hub: check the name; {_page(repository)} shows whether it exists."
        )
    detail = (str(error).strip() or type(error).__name__).splitlines()[0][:160].rstrip(".")
    return UserError(
        f"{repository} could not be fetched from the Hugging Face hub ({detail}): check the network and run again, it goes on "
        "where it stopped; or fetch it on a machine that is online and name its directory."
    )


def _page(repository: hub.Repository) -> str:
    """The address where a person finds a repository."""
    return f"{SITE}/{repository.name}"
