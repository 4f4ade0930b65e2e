"""Downloads that go on where they broke off, and are compared with what they were at first use; the space that they need."""

import base64
import http.client
import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from musicologist.core import checkout, documents, files
from musicologist.core.errors import UserError

_BLOCK = 1 << 20
_TRIES = 3
_UNREACHED = (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException)
_SECRET = ("authorization", "cookie", "proxy-authorization")


def resolved(name: str) -> str:
    """The address that an environment variable of this name holds, or ``name`` itself: what a shell line shows is the name."""
    return os.environ.get(name, name)


def shown(address: str) -> str:
    """An address for a sentence: without user, password and what stands behind the question mark."""
    try:
        parts = urlsplit(address)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "…" if parts.query else "", ""))
    except ValueError:
        return "an address that is none"


def opened(address: str, headers: Mapping[str, str]) -> HTTPResponse:
    """The response to a request for an address, in whatever letters it is written.

    Keys and cookies go to the address's own host and scheme alone: a redirect elsewhere loses them. Raises UserError for what
    is no address, else what urllib raises.
    """
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it has no host")
        host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
        port = f":{parts.port}" if parts.port is not None else ""
        place = f"[{host}]{port}" if ":" in host else host + port
        user = parts.netloc.rpartition("@")[0]
        path, query = quote(parts.path, safe="/%:@!$&'()*+,;=~"), quote(parts.query, safe="/%:@!$&'()*+,;=~?")
        request = urllib.request.Request(urlunsplit((parts.scheme, place, path, query, "")), headers=dict(headers))
        if user:
            name, _, password = user.partition(":")
            secret = base64.b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
            request.add_header("Authorization", f"Basic {secret}")
    except (ValueError, UnicodeError) as error:
        raise UserError(f"{shown(address)} is no address ({error}): expected one like https://host/file.") from None
    try:
        return _OPENER.open(request, timeout=60)
    except ValueError as error:  # of an address that the server leads to
        raise urllib.error.URLError(f"it leads to what is no address: {error}") from None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and gives away no secret on the way."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new is not None and _origin(new.full_url) != _origin(req.full_url):
            for kept in (new.headers, new.unredirected_hdrs):
                for name in [name for name in kept if name.lower() in _SECRET]:
                    del kept[name]
        return new


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


_OPENER = urllib.request.build_opener(_Redirects)


def size_of(address: str) -> int:
    """The bytes that an address holds, 0 where the server does not say; asked with GET for the first byte, which all answer.

    Raises UserError where it cannot be reached.
    """
    try:
        with opened(address, {"Range": "bytes=0-0"}) as response:
            total = str(response.headers["Content-Range"] or "").rpartition("/")[2]
            return _whole(total if response.status == 206 else response.headers["Content-Length"])
    except urllib.error.HTTPError as error:
        if error.code == 416:  # an empty file
            return 0
        raise UserError(
            f"{shown(address)} was refused ({error}): check the address, and open it in a browser."
        ) from None
    except _UNREACHED as error:
        raise UserError(
            f"{shown(address)} could not be reached ({error}): check inputs.notes and the network, or name a file that you "
            "have."
        ) from None


def _whole(text: str | None) -> int:
    return int(text) if text and text.strip().isdecimal() and len(text) < 20 else 0


def fetch(
    address: str,
    target: str | Path,
    size: int | None = None,
    sha256: str | None = None,
    headers: Mapping[str, str] | None = None,
    check: Callable[[Path], str] | None = None,
) -> str:
    """Download ``address`` to ``target`` and return its SHA-256; compare size and digest first where they are known.

    What was received waits in a hidden file beside the target and is gone on from, in this run or a later one, as long as the
    server says that it is still the same file. ``target`` appears only when it is whole. What has the wrong digest, or of which
    ``check`` says what is wrong with it, is kept under another name; an earlier ``target`` stays.

    Raises UserError where the server cannot be reached, breaks off or has another file than expected, or the disk is too small.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    trouble: object = ""
    for attempt in range(_TRIES):
        time.sleep(2 * attempt)
        try:
            expected = _receive(address, partial, size, headers or {}, sha256 is not None)
        except urllib.error.HTTPError as error:
            if error.code == 416 and partial.exists():  # whole already, or another file by now: ask for all of it
                trouble = error
                _forget(partial)
                continue
            if error.code in (429, 500, 502, 503, 504):
                trouble = error
                continue
            raise UserError(f"{shown(address)} was refused ({error}): open it in a browser, and check it.") from None
        except _UNREACHED as error:
            trouble = error
            continue
        have = partial.stat().st_size
        if not expected or have == expected:
            break
        trouble = f"it broke off after {have} of {expected} bytes"
    else:
        raise UserError(
            f"{shown(address)} could not be downloaded ({trouble}): check the network and run again, it goes on where it "
            "stopped; or name a file that you have."
        )
    print(f"{target.name}: comparing checksums.", file=sys.stderr, flush=True)
    found = checkout.sha256(partial)
    fault = check(partial) if check and sha256 is None else ""
    if fault or (sha256 is not None and found != sha256):
        rejected = target.with_name(f"{target.name}.rejected")
        os.replace(partial, rejected)
        _tag(partial).unlink(missing_ok=True)
        if fault:
            raise UserError(
                f"{rejected} (from {shown(address)}) {fault}: nothing was written down as its checksum; a network that asks "
                "for a login sends a page instead. Open the address in a browser, then run again."
            )
        raise UserError(
            f"{rejected} (from {shown(address)}) has the SHA-256 {found}, expected was {sha256}: nothing else is touched; run "
            "again to fetch it anew, and if it stays so ask the publisher whether the file has changed."
        )
    os.replace(partial, target)
    _tag(partial).unlink(missing_ok=True)
    return found


def _receive(address: str, partial: Path, size: int | None, headers: Mapping[str, str], known: bool) -> int:
    """Append to ``partial`` what it lacks, once; the bytes that there are in all (0: the server does not say).

    ``known`` says whether a digest will tell that all parts are of one file.
    """
    have = partial.stat().st_size if partial.exists() else 0
    if size is not None and have == size:
        return size
    tag = _tag(partial).read_text("ascii", "ignore") if _tag(partial).exists() else ""
    tag = tag if tag.isprintable() else ""  # damaged
    if have and not (
        tag or known
    ):  # nothing says that it is still the same file: half of each would be one that nobody has
        have = 0
    resume = {"Range": f"bytes={have}-"} | ({"If-Range": tag} if tag else {}) if have else {}
    with opened(address, {**headers, **resume}) as response:
        resumed = response.status == 206 and str(response.headers["Content-Range"] or "").startswith(f"bytes {have}-")
        if response.status == 206 and not resumed:
            raise http.client.HTTPException("the server sent another part than was asked for")
        length = _whole(response.headers["Content-Length"])
        expected = length + (have if resumed else 0) if length else 0
        if size is not None and expected and expected != size:
            raise UserError(
                f"{shown(address)} is {expected} bytes long now, and was {size} at first use: nothing is fetched; ask the "
                "publisher whether the file has changed."
            )
        require_space(partial.parent, expected - (have if resumed else 0), f"Downloading {shown(address)}", "free some")
        _tag(partial).write_text(_same(response))
        with open(partial, "ab" if resumed else "wb") as target:
            while block := response.read(_BLOCK):
                target.write(block)
    return expected


def _same(response: HTTPResponse) -> str:
    """By what a server knows its file again: a strong ETag, or else when it was changed; empty where it says neither."""
    tag = response.headers["ETag"] or ""
    return tag if tag.startswith('"') else response.headers["Last-Modified"] or ""


def _tag(partial: Path) -> Path:
    return partial.with_suffix(".etag")


def _forget(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _tag(partial).unlink(missing_ok=True)


def fault_of_archive(path: Path) -> str:
    """What is wrong with a downloaded archive of notes, by its first bytes; empty where it looks like one."""
    with open(path, "rb") as file:
        start = file.read(512)
    if start[:2] == b"\x1f\x8b" or start[257:262] == b"ustar":
        return ""
    return f"is {path.stat().st_size} bytes of no archive (it begins {start[:40]!r})"


def fetch_locked(
    address: str, target: str | Path, lock: str | Path, check: Callable[[Path], str] | None = None
) -> None:
    """Download as ``fetch``; compare with what the lock file says of this address, or write it down there at first use.

    The lock names an address without user, password and query: these are no part of what a file is, and nobody's business.

    Raises UserError as ``fetch``, and where the lock file is no JSON.
    """
    lock = Path(lock)
    try:
        known = documents.from_json(lock.read_text(encoding="utf-8")) if lock.exists() else {}
        entry = known.get(shown(address)) or known.get(address, {})
        size, sha256 = entry.get("bytes"), entry.get("sha256")
    except (ValueError, AttributeError) as error:
        raise UserError(
            f"{lock} is no readable lock file ({error}): restore it, or delete it to record anew."
        ) from None
    found = fetch(address, target, size, sha256, check=check)
    if not entry:
        known[shown(address)] = {"bytes": Path(target).stat().st_size, "sha256": found}
        files.write_text(lock, json.dumps(dict(sorted(known.items())), indent=1) + "\n")


def require_space(folder: str | Path, needed: int, what: str, remedy: str) -> None:
    """Raise UserError where fewer than ``needed`` bytes are free on the disk of ``folder`` (or of its nearest parent)."""
    place = next(path for path in (Path(folder).absolute(), *Path(folder).absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise UserError(
            f"{what} needs {needed / 1e9:.2f} GB on the disk of {folder}, where {free / 1e9:.2f} GB are free: {remedy}."
        )
