import os
import subprocess
import sys
from pathlib import Path

import pytest
from musicologist import hub
from musicologist.errors import UserError

SCRIPTS = Path(__file__).parents[2] / "scripts"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def ask(model, home, offline="1"):
    """What hub.directory says in a process of its own that sees no hub and has this cache."""
    program = (
        "import sys; from musicologist import cli, hub\ncli.run(lambda: print(hub.directory(sys.argv[1], ['*.json'])))"
    )
    # port 9 is closed: no test may reach the network
    network = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": offline}
    environment = os.environ | network | {"HF_HOME": str(home), "PYTHONPATH": str(SCRIPTS)}
    return subprocess.run(
        [sys.executable, "-c", program, model], env=environment, capture_output=True, text=True, check=False
    )


def test_a_directory_is_itself(tmp_path):
    assert hub.directory(tmp_path, []) == tmp_path
    assert hub.directory(str(tmp_path), []) == tmp_path


@pytest.mark.parametrize("name", ["nowhere", "a/b/c", "../x/y", "/x/y z"])
def test_what_can_be_no_id_is_not_looked_up(name):
    with pytest.raises(UserError, match=f"^{name} is no directory: models names a directory or a Hugging Face id"):
        hub.directory(name, [])


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_model_in_the_cache_needs_no_network(tmp_path, offline):
    cache = tmp_path / "hub" / "models--owner--name"
    snapshot = cache / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(COMMIT)
    found = ask("owner/name", tmp_path, offline)
    assert found.stdout.strip() == str(snapshot), found.stderr


@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_model_out_of_reach_is_one_sentence(tmp_path, offline):
    failed = ask("owner/name", tmp_path, offline)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert "owner/name is no directory and could not be fetched" in failed.stderr.splitlines()[-1]
    assert "HF_TOKEN" in failed.stderr.splitlines()[-1]
