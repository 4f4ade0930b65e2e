"""A Hugging Face hub on the loopback interface: the part of its protocol that fetching files needs."""

import hashlib
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Its repositories' files, and who may read the gated ones."""

    files: dict[str, dict[str, bytes]]
    gated: set[str] = field(default_factory=set)
    accepted: dict[str, bool] = field(default_factory=dict)  # by token: has its account accepted the licences?
    cut: int | None = None  # bytes after which each answer breaks off
    spoil: bool = False  # other bytes than announced, of large files
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)  # method, path, Range
    address: str = ""


def safetensors(size: int = 100_000) -> bytes:
    """A whole file of one tensor."""
    header = json.dumps({"weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(number % 251 for number in range(size))


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Serve a hub at ``hub.address``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments):
            pass

        def do_HEAD(self):
            self.answer()

        def do_GET(self):
            self.answer()

        def refuse(self, status, **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def answer(self):
            hub.requests.append((self.command, self.path, self.headers["Range"]))
            token = (self.headers["Authorization"] or "").removeprefix("Bearer ") or None
            name, _, rest = self.path.lstrip("/").partition("/resolve/")
            revision, _, file = rest.partition("/")
            if token is not None and token not in hub.accepted:
                return self.refuse(401, X_Error_Message="Invalid credentials in Authorization header")
            if name not in hub.files:
                return self.refuse(404 if token else 401, X_Error_Code="RepoNotFound")
            if name in hub.gated and not hub.accepted.get(token, False):
                return self.refuse(403 if token else 401, X_Error_Code="GatedRepo")
            if revision not in ("main", COMMIT):
                return self.refuse(404, X_Error_Code="RevisionNotFound")
            if file not in hub.files[name]:
                return self.refuse(404, X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT)
            content = hub.files[name][file]
            tag = f'"{hashlib.sha256(content).hexdigest()}"'
            same = self.headers["If-Range"] in (None, tag)
            start = int((self.headers["Range"] or "bytes=0-")[6:].split("-")[0]) if same else 0
            self.send_response(206 if start else 200)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", tag)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(content) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            if self.command == "HEAD":
                return None
            spoilt = hub.spoil and len(content) > 1000
            body = bytes(len(content) - start) if spoilt else content[start:]
            if hub.cut is not None:
                self.wfile.write(body[: hub.cut])
                self.close_connection = True
                return None
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
