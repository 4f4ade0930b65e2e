"""Servers as they are: who sees a secret, what is taken for a file, and what goes on after a kill."""

import base64
import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from musicologist.core import downloads
from musicologist.core.errors import UserError
from musicologist.workflow import planned

pytestmark = pytest.mark.slow

CONTENT = gzip.compress(bytes(number * 7 % 251 for number in range(20_000)), mtime=0)
TOKEN = {"Authorization": "Bearer hf_secret"}


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[SimpleNamespace]:
    """A server; ``seen`` lists (method, path, headers) of each request, ``answer`` answers it."""
    seen: list[tuple[str, str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            answer(self)

        do_HEAD = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield SimpleNamespace(seen=seen, port=server.server_port, address=f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


def send(http, status, content=b"", **headers):
    http.send_response(status)
    for name, value in {"Content-Length": str(len(content)), **headers}.items():
        http.send_header(name.replace("_", "-"), value)
    http.end_headers()
    if http.command != "HEAD":
        http.wfile.write(content)


def whole(content=None, tag='"one"', head=True, ranges=True):
    """Answers like a file server; without ``tag`` it has none, without ``head`` it refuses HEAD."""

    def answer(http):
        data = CONTENT if content is None else content
        if http.command == "HEAD" and not head:
            return send(http, 403)
        known = {"ETag": tag} if tag else {}
        span = http.headers["Range"] if ranges else None
        if span and http.headers["If-Range"] in (None, tag):
            start, end = span.removeprefix("bytes=").split("-")
            if int(start) >= len(data):
                return send(http, 416, Content_Range=f"bytes */{len(data)}")
            last = min(int(end or len(data) - 1), len(data) - 1)
            return send(
                http, 206, data[int(start) : last + 1], Content_Range=f"bytes {start}-{last}/{len(data)}", **known
            )
        return send(http, 200, data, **known)

    return answer


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_is_seen_by_its_own_host_alone_over_redirects_of_every_kind(tmp_path, status):
    with serving(whole()) as storage:
        for target in (f"{storage.address}/x", f"http://localhost:{storage.port}/x"):
            with serving(lambda http, target=target: send(http, status, Location=target)) as hub:
                downloads.fetch(f"{hub.address}/file", tmp_path / "a", headers={**TOKEN, "Cookie": "secret"})
                assert hub.seen[-1][2]["authorization"] == "Bearer hf_secret"
            assert not {"authorization", "cookie"} & storage.seen[-1][2].keys()
    assert len(storage.seen) == 2


def test_a_token_stays_on_a_redirect_to_the_same_host(tmp_path):
    def answer(http):
        return whole()(http) if http.path == "/there" else send(http, 302, Location="/there")

    with serving(answer) as hub:
        downloads.fetch(f"{hub.address}/file", tmp_path / "a", headers=TOKEN)
        assert [headers["authorization"] for _, _, headers in hub.seen] == ["Bearer hf_secret"] * 2


def test_a_chain_of_redirects_gives_the_token_to_nobody_on_the_way_back(tmp_path):
    with (
        serving(whole()) as last,
        serving(lambda http: send(http, 302, Location=f"{last.address}/end")) as middle,
        serving(lambda http: send(http, 302, Location=f"{middle.address}/x")) as hub,
    ):
        downloads.fetch(f"{hub.address}/file", tmp_path / "a", headers=TOKEN)
    assert "authorization" not in middle.seen[0][2] and "authorization" not in last.seen[0][2]


def test_a_redirect_to_something_else_than_the_web_is_refused(tmp_path):
    (tmp_path / "secret").write_text("secret")
    redirecting = serving(lambda http: send(http, 302, Location=f"file://{tmp_path}/secret"))
    with redirecting as hub, pytest.raises(UserError, match="was refused"):
        downloads.fetch(f"{hub.address}/file", tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_token_is_not_sent_over_plain_http_to_a_hub_of_https(monkeypatch, tmp_path):
    from musicologist.models import hub, hub_client

    asked = []
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "https://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub_client, "_token", lambda: "hf_secret")
    monkeypatch.setattr(downloads, "fetch", lambda *arguments: asked.append(arguments[-1]))
    for location in ("http://127.0.0.1:9/x", "https://127.0.0.1:9/x", "https://other:9/x"):
        hub_client._fetch_blob(hub.Repository("a/b"), SimpleNamespace(etag="ab12", location=location, size=3))
    assert asked == [{}, {"Authorization": "Bearer hf_secret"}, {}]
    with pytest.raises(UserError, match="none of its own"):
        hub_client._fetch_blob(hub.Repository("a/b"), SimpleNamespace(etag="../../x", location="https://x", size=3))


def test_a_password_in_an_address_is_used_and_shown_nowhere(tmp_path, capsys, monkeypatch):
    with serving(whole()) as server:
        address = f"http://user:pa%73s@127.0.0.1:{server.port}/notes.tar.gz?token=SECRET"
        downloads.fetch_locked(address, tmp_path / "a", tmp_path / "lock.json")
        assert base64.b64decode(server.seen[0][2]["authorization"].removeprefix("Basic ")) == b"user:pass"
        assert server.seen[0][1] == "/notes.tar.gz?token=SECRET"
    sentences = []
    for other in (
        address,
        address.replace("127.0.0.1", "nowhere.invalid"),
        f"{address}x".replace("/notes", "/ no tes"),
    ):
        with pytest.raises(UserError) as error:
            downloads.fetch(other, tmp_path / "b")
        sentences.append(str(error.value))
    monkeypatch.setenv("NOTES_ADDRESS_0", address)
    assert downloads.resolved("NOTES_ADDRESS_0") == address and downloads.resolved("http://x/y") == "http://x/y"
    config = {"inputs": {"notes": address, "prompts": None}}
    sentences.append(json.dumps(planned.told(config)))
    everything = " ".join([(tmp_path / "lock.json").read_text(), capsys.readouterr().err, *sentences])
    assert not [secret for secret in ("pass", "pa%73s", "SECRET", "user:") if secret in everything]


@pytest.mark.parametrize("tag", ['"one"', None])
def test_a_download_that_was_killed_after_its_last_byte_goes_on(tmp_path, tag):
    (tmp_path / ".a.partial").write_bytes(CONTENT)
    (tmp_path / ".a.etag").write_text(tag or "")
    with serving(whole(tag=tag)) as server:
        downloads.fetch(f"{server.address}/a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_that_became_shorter_is_begun_anew(tmp_path):
    (tmp_path / ".a.partial").write_bytes(CONTENT + b"more")
    (tmp_path / ".a.etag").write_text('"one"')
    with serving(whole()) as server:
        downloads.fetch(f"{server.address}/a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize("place", ["http://[::1", "http://host:port/", "http://a\u2603.\u00ad/"])
def test_a_redirect_to_what_is_no_address_is_a_sentence(tmp_path, place):
    with serving(lambda http: send(http, 302, Location=place)) as server, pytest.raises(UserError) as refused:
        downloads.fetch(f"{server.address}/a", tmp_path / "a")
    assert "could not be downloaded" in str(refused.value) and not (tmp_path / "a").exists()


@pytest.mark.parametrize("damaged", [b"\xff\xfe\x00", b'"a"\r\nHost: elsewhere', b'"other"'])
def test_a_damaged_etag_costs_a_new_download_and_no_more(tmp_path, damaged):
    (tmp_path / ".a.partial").write_bytes(b"half of another file")
    (tmp_path / ".a.etag").write_bytes(damaged)
    with serving(whole()) as server:
        downloads.fetch(f"{server.address}/a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_without_an_etag_no_half_of_an_older_file_is_kept(tmp_path):
    (tmp_path / ".a.partial").write_bytes(b"half of another file")
    (tmp_path / ".a.etag").write_text("")
    with serving(whole(tag=None)) as server:
        assert downloads.fetch(f"{server.address}/a", tmp_path / "a") == hashlib.sha256(CONTENT).hexdigest()
        assert "range" not in server.seen[0][2]


def test_the_page_of_a_captive_portal_is_not_locked_as_truth(tmp_path):
    lock, target = tmp_path / "lock.json", tmp_path / "notes.tar.gz"
    page = b"<html>Please log in</html>"
    with serving(whole(page)) as portal:
        with pytest.raises(UserError, match=r"rejected .*is 26 bytes of no archive .*nothing was written down"):
            downloads.fetch_locked(f"{portal.address}/a", target, lock, downloads.fault_of_archive)
        assert not lock.exists() and not target.exists()
    with serving(whole()) as server:
        downloads.fetch_locked(f"{server.address}/a", target, lock, downloads.fault_of_archive)
    assert json.loads(lock.read_text())[f"{server.address}/a"]["bytes"] == len(CONTENT)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_server_that_refuses_head_is_asked_for_a_size_all_the_same(ranges):
    with serving(whole(head=False, ranges=ranges)) as server:
        assert downloads.size_of(f"{server.address}/a") == len(CONTENT)
        assert {method for method, _, _ in server.seen} == {"GET"}


def test_names_that_are_not_ascii_are_asked_for(tmp_path):
    with serving(whole()) as server:
        downloads.fetch(f"{server.address}/é ü/nötes.tar.gz?größe=ä%20b", tmp_path / "a")
        assert server.seen[0][1] == "/%C3%A9%20%C3%BC/n%C3%B6tes.tar.gz?gr%C3%B6%C3%9Fe=%C3%A4%20b"


@pytest.mark.parametrize(
    "address", ["http://[::1/x", "http://host:port/x", "http:///x", "http://", "ftp://x/y", "http://a:99999/x"]
)
def test_what_is_no_address_is_a_sentence(tmp_path, address):
    for call in (lambda: downloads.fetch(address, tmp_path / "a"), lambda: downloads.size_of(address)):
        with pytest.raises(UserError, match=r"is no address|could not be"):
            call()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_stumbles_is_asked_again(tmp_path, status):
    left = [status, status]

    def answer(http):
        return send(http, left.pop()) if left else whole()(http)

    with serving(answer) as server:
        downloads.fetch(f"{server.address}/a", tmp_path / "a")
        assert len(server.seen) == 3
