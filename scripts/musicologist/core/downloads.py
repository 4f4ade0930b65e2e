"""Downloads that go on where they broke off, and are compared with what they were at first use; the space that they need."""

import http.client
import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from musicologist.core import files
from musicologist.core.errors import UserError

_BLOCK = 1 << 20
_TRIES = 3
_UNREACHED = (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException)


def fetch(
    address: str,
    target: str | Path,
    size: int | None = None,
    sha256: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> str:
    """Download ``address`` to ``target`` and return its SHA-256; compare size and digest first where they are known.

    What was received waits in a hidden file beside the target and is gone on from, in this run or a later one, as long as the
    server says that it is still the same file. ``target`` appears only when it is whole. What has the wrong digest is kept
    under another name; an earlier ``target`` stays.

    Raises UserError where the server cannot be reached, breaks off or has another file than expected, or the disk is too small.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    trouble: object = ""
    for attempt in range(_TRIES):
        time.sleep(2 * attempt)
        try:
            expected = _receive(address, partial, size, headers or {})
        except urllib.error.HTTPError as error:
            raise UserError(f"{address} was refused ({error}): open it in a browser, and check it.") from None
        except _UNREACHED as error:
            trouble = error
            continue
        have = partial.stat().st_size
        if not expected or have == expected:
            break
        trouble = f"it broke off after {have} of {expected} bytes"
    else:
        raise UserError(
            f"{address} could not be downloaded ({trouble}): check the network and run again, it goes on where it stopped; or "
            "name a file that you have."
        )
    print(f"{target.name}: comparing checksums.", file=sys.stderr, flush=True)
    found = files.sha256(partial)
    if sha256 is not None and found != sha256:
        rejected = target.with_name(f"{target.name}.rejected")
        os.replace(partial, rejected)
        raise UserError(
            f"{rejected} (from {address}) has the SHA-256 {found}, expected was {sha256}: nothing else is touched; run again "
            "to fetch it anew, and if it stays so ask the publisher whether the file has changed."
        )
    os.replace(partial, target)
    _tag(partial).unlink(missing_ok=True)
    return found


def _receive(address: str, partial: Path, size: int | None, headers: Mapping[str, str]) -> int:
    """Append to ``partial`` what it lacks, once; the bytes that there are in all (0: the server does not say)."""
    have = partial.stat().st_size if partial.exists() else 0
    if size is not None and have == size:
        return size
    tag = _tag(partial).read_text() if _tag(partial).exists() else ""
    resume = {"Range": f"bytes={have}-"} | ({"If-Range": tag} if tag else {}) if have else {}
    with urllib.request.urlopen(urllib.request.Request(address, headers={**headers, **resume}), timeout=60) as response:
        resumed = response.status == 206
        expected = int(response.headers["Content-Length"] or 0) + (have if resumed else 0)
        if size is not None and expected and expected != size:
            raise UserError(
                f"{address} is {expected} bytes long now, and was {size} at first use: nothing is fetched; ask the publisher "
                "whether the file has changed."
            )
        require_space(partial.parent, expected - (have if resumed else 0), f"Downloading {address}", "free some")
        _tag(partial).write_text(response.headers["ETag"] or "")
        with open(partial, "ab" if resumed else "wb") as target:
            while block := response.read(_BLOCK):
                target.write(block)
    return expected


def _tag(partial: Path) -> Path:
    return partial.with_suffix(".etag")


def fetch_locked(address: str, target: str | Path, lock: str | Path) -> None:
    """Download as ``fetch``; compare with what the lock file says of this address, or write it down there at first use.

    Raises UserError as ``fetch``, and where the lock file is no JSON.
    """
    lock = Path(lock)
    try:
        known = json.loads(lock.read_text(encoding="utf-8")) if lock.exists() else {}
        entry = known.get(address, {})
    except (ValueError, AttributeError) as error:
        raise UserError(
            f"{lock} is no readable lock file ({error}): restore it, or delete it to record anew."
        ) from None
    found = fetch(address, target, entry.get("bytes"), entry.get("sha256"))
    if not entry:
        known[address] = {"bytes": Path(target).stat().st_size, "sha256": found}
        files.write_text(lock, json.dumps(dict(sorted(known.items())), indent=1) + "\n")


def require_space(folder: str | Path, needed: int, what: str, remedy: str) -> None:
    """Raise UserError where fewer than ``needed`` bytes are free on the disk of ``folder`` (or of its nearest parent)."""
    place = next(path for path in (Path(folder).absolute(), *Path(folder).absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise UserError(
            f"{what} needs {needed / 1e9:.2f} GB on the disk of {folder}, where {free / 1e9:.2f} GB are free: {remedy}."
        )
