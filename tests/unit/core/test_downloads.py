import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from musicologist.core import downloads
from musicologist.core.errors import UserError

from tests.support import fake_hub
from tests.support.fake_hub import Hub

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[3] / "scripts" / "download_notes.py"
CONTENT = bytes(number * 7 % 256 for number in range(100_000))
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with fake_hub.serve(Hub({"nsynth": {"notes.tar.gz": CONTENT}})) as served:
        served.notes = f"{served.address}/nsynth/resolve/main/notes.tar.gz"
        yield served


def ranges(server):
    return [span for method, _, span in server.requests if method == "GET"]


def test_a_cut_download_goes_on_in_the_same_run_and_in_the_next(server, tmp_path):
    server.cut = 20_000
    target = tmp_path / "folder" / "notes.tar.gz"
    with pytest.raises(UserError, match=r"it broke off after 60000 of 100000 bytes.*it goes on where it stopped"):
        downloads.fetch(server.notes, target)
    assert not target.exists()
    assert ranges(server) == [None, "bytes=20000-", "bytes=40000-"]
    server.cut = None
    assert downloads.fetch(server.notes, target) == DIGEST
    assert ranges(server)[3:] == ["bytes=60000-"]
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_changed_meanwhile_is_begun_anew(server, tmp_path, monkeypatch):
    server.cut = 20_000
    target = tmp_path / "notes.tar.gz"
    with pytest.raises(UserError):
        downloads.fetch(server.notes, target)
    server.cut, server.files["nsynth"]["notes.tar.gz"] = None, CONTENT[::-1]
    downloads.fetch(server.notes, target)
    assert target.read_bytes() == CONTENT[::-1]


def test_the_first_use_is_written_down_and_later_ones_must_be_the_same(server, tmp_path):
    lock, target = tmp_path / "lock.json", tmp_path / "notes.tar.gz"
    downloads.fetch_locked(server.notes, target, lock)
    assert json.loads(lock.read_text()) == {server.notes: {"bytes": 100_000, "sha256": DIGEST}}
    before = lock.read_bytes()
    downloads.fetch_locked(server.notes, target, lock)
    assert lock.read_bytes() == before
    server.files["nsynth"]["notes.tar.gz"] = CONTENT[::-1]
    with pytest.raises(
        UserError, match=rf"^{target}\.rejected \(from http.* has the SHA-256 .*, expected was {DIGEST}"
    ):
        downloads.fetch_locked(server.notes, target, lock)
    assert target.read_bytes() == CONTENT
    assert (tmp_path / "notes.tar.gz.rejected").read_bytes() == CONTENT[::-1]
    server.files["nsynth"]["notes.tar.gz"] = CONTENT + b"more"
    with pytest.raises(UserError, match="is 100004 bytes long now, and was 100000 at first use: nothing is fetched"):
        downloads.fetch_locked(server.notes, target, lock)
    assert target.read_bytes() == CONTENT
    assert lock.read_bytes() == before
    lock.write_text("[")
    with pytest.raises(UserError, match=r"lock\.json is no readable lock file"):
        downloads.fetch_locked(server.notes, target, lock)


def test_what_cannot_be_fetched_is_one_sentence(server, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"notes2 was refused \(HTTP Error 404"):
        downloads.fetch(server.notes.replace("notes.tar.gz", "notes2"), tmp_path / "a")
    with pytest.raises(
        UserError, match=r"^http://127\.0\.0\.1:9/a could not be downloaded .*it goes on where it stopped"
    ):
        downloads.fetch("http://127.0.0.1:9/a", tmp_path / "a")
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10}))
    with pytest.raises(UserError, match=r"^Downloading http.* needs 0\.00 GB on the disk of"):
        downloads.fetch(server.notes, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_the_script_downloads(server, tmp_path):
    command = [sys.executable, SCRIPT, "--address", server.notes, "--lock", tmp_path / "lock.json"]
    command += ["--output", tmp_path / "notes.tar.gz"]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 1 and "of no archive" in refused.stderr.splitlines()[-1]
    assert not (tmp_path / "lock.json").exists()
    server.files["nsynth"]["notes.tar.gz"] = gzip.compress(CONTENT)
    subprocess.run(command, check=True)
    assert gzip.decompress((tmp_path / "notes.tar.gz").read_bytes()) == CONTENT
