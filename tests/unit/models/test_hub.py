import os
import subprocess
import sys
from pathlib import Path

import pytest
from musicologist.core.errors import UserError
from musicologist.models import hub
from musicologist.models.hub import Repository

from tests.support import fake_hub
from tests.support.fake_hub import COMMIT, Hub

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[3] / "scripts"
FILES = (("config.json",), ("model.safetensors", "model.ckpt"), ("extra.json", ""))
PAGE = "https://huggingface.co/owner/name"

PROGRAM = """
import sys
from musicologist.core import programs
from musicologist.models import hub, hub_client
FILES = (("config.json",), ("model.safetensors", "model.ckpt"), ("extra.json", ""))
action, model = sys.argv[1:]
actions = {
    "find": lambda: print(hub.directory(model, FILES)),
    "examine": lambda: print(hub_client.examine(hub.named(model), FILES)),
    "download": lambda: print(hub_client.download(hub.named(model), FILES)),
}
programs.run(actions[action])
"""


def ask(action, model, home, **network):
    """What hub says in a process of its own with this cache; port 9 is closed: no test may reach a network."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_HOME": str(home), "HF_ENDPOINT": "http://127.0.0.1:9", **network}
    environment["PYTHONPATH"] = os.pathsep.join((str(SCRIPTS), environment["PYTHONPATH"]))
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, action, model], env=environment, capture_output=True, text=True, check=False
    )


def sentence(done):
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def cached(home, name="owner/name", revision="main", **files):
    repository = home / "hub" / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for file, content in files.items():
        (snapshot / file.replace("__", ".")).write_bytes(content)
    (repository / "refs").mkdir()
    (repository / "refs" / revision).write_text(COMMIT)
    return snapshot


WHOLE = {"config.json": b"{}", "model.safetensors": fake_hub.safetensors()}


@pytest.fixture
def server():
    with fake_hub.serve(Hub({"owner/name": dict(WHOLE)})) as served:
        yield served


def test_a_directory_is_itself(tmp_path):
    assert hub.directory(tmp_path, FILES) == tmp_path
    assert hub.directory(str(tmp_path), FILES) == tmp_path


@pytest.mark.parametrize(
    ("model", "repository"),
    [
        ("owner/name", Repository("owner/name")),
        (f"owner/na.me-1@{COMMIT}", Repository("owner/na.me-1", COMMIT)),
        ("lukewys/laion_clap/best_90.14.pt@v1", Repository("lukewys/laion_clap", "v1", "best_90.14.pt")),
    ],
)
def test_an_id_names_repository_revision_and_file(model, repository):
    assert hub.parse(model) == repository
    assert str(repository) == model


@pytest.mark.parametrize("name", ["nowhere", "a/b/c", "../x/y", "/x/y z", "a/b@", "./a/b"])
def test_what_can_be_no_id_is_not_looked_up(name):
    with pytest.raises(UserError, match=f"^{name} is no directory: models names a directory, or a Hugging Face id"):
        hub.directory(name, FILES)


@pytest.mark.parametrize("model", ["owner/name", f"owner/name@{COMMIT}", "owner/name@v1"])
@pytest.mark.parametrize("offline", ["0", "1"])
def test_a_model_in_the_cache_needs_no_network(tmp_path, model, offline):
    revision = "v1" if model.endswith("v1") else "main"
    snapshot = cached(tmp_path, revision=revision, config__json=b"{}", model__ckpt=b"x")
    found = ask("find", model, tmp_path, HF_HUB_OFFLINE=offline)
    assert found.stdout.strip() == str(snapshot), found.stderr


def test_a_job_never_asks_the_hub(tmp_path, server):
    said = sentence(ask("find", "owner/name", tmp_path, HF_ENDPOINT=server.address))
    assert said.startswith("owner/name has no config.json in the Hugging Face cache")
    assert "run `snakemake download_models` on a machine that is online" in said
    assert server.requests == []


REFUSALS = {
    "no token for a gated model": (
        {"gated": {"owner/name"}}, "owner/name", {},
        f"owner/name wants its licence accepted, and no token is set: open {PAGE}, log in and accept, make a token at "
        "https://huggingface.co/settings/tokens and set HF_TOKEN to it.",
    ),
    "a licence that is not accepted": (
        {"gated": {"owner/name"}, "accepted": {"secret-a": False}}, "owner/name", {"HF_TOKEN": "secret-a"},
        f"The licence of owner/name is not accepted by the account of your token: open {PAGE}",
    ),
    "a token that the hub does not know": (
        {}, "owner/name", {"HF_TOKEN": "secret-b"},
        "The hub does not accept the token in HF_TOKEN (asked for owner/name): make a new one at",
    ),
    "no such repository, without a token": (
        {}, "owner/nome", {}, "owner/nome is private, does not exist or wants its licence accepted, and no token is set",
    ),
    "no such repository": (
        {"accepted": {"secret-c": True}}, "owner/nome", {"HF_TOKEN": "secret-c"}, "owner/nome is not on the hub: check the",
    ),
    "no such revision": (
        {}, "owner/name@v7", {},
        f"owner/name has no revision 'v7': take the id of a commit from {PAGE}/commits/main.",
    ),
    "no weights": (
        {"files": {"owner/name": {"config.json": b"{}"}}}, "owner/name", {},
        "owner/name has no model.safetensors or model.ckpt: expected a model of the kind that the workflow reads; look at "
        f"{PAGE}/tree/main.",
    ),
    "offline": (
        {}, "owner/name", {"HF_HUB_OFFLINE": "1"},
        "owner/name is not in the Hugging Face cache, and HF_HUB_OFFLINE forbids to fetch it",
    ),
    "no network": ({}, "owner/name", {"HF_ENDPOINT": "http://127.0.0.1:9"}, "owner/name could not be fetched from the"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
def test_what_the_hub_refuses_is_a_sentence_of_its_own(tmp_path, what):
    served, model, network, expected = REFUSALS[what]
    with fake_hub.serve(Hub(**{"files": {"owner/name": dict(WHOLE)}, **served})) as server:
        done = ask("examine", model, tmp_path, **{"HF_ENDPOINT": server.address, **network})
    assert sentence(done).startswith(expected)
    assert "secret" not in done.stdout + done.stderr
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_download_goes_on_where_it_was_cut(tmp_path, server):
    server.cut = 20_000  # three tries get 60,000 of the 100,083 bytes
    said = sentence(ask("download", "owner/name", tmp_path, HF_ENDPOINT=server.address))
    assert "it broke off after 60000 of 100083 bytes" in said and "goes on where it stopped" in said
    server.cut = None
    server.requests.clear()
    done = ask("download", "owner/name", tmp_path, HF_ENDPOINT=server.address)
    folder = Path(done.stdout.strip())
    assert folder.name == COMMIT, done.stderr
    assert (folder / "model.safetensors").read_bytes() == WHOLE["model.safetensors"]
    gets = [span for method, path, span in server.requests if method == "GET" and path.endswith("safetensors")]
    assert gets == ["bytes=60000-"]
    server.requests.clear()
    assert ask("download", "owner/name", tmp_path, HF_ENDPOINT=server.address).stdout == done.stdout
    assert not [path for _, path, _ in server.requests if "/resolve/" in path]
    assert not list(tmp_path.rglob(".*partial*"))


def test_other_bytes_than_announced_are_not_taken_and_nothing_else_is_touched(tmp_path, server):
    kept = cached(tmp_path, "other/model", config__json=b"{}")
    server.spoil = True
    said = sentence(ask("download", f"owner/name@{COMMIT}", tmp_path, HF_ENDPOINT=server.address))
    assert ".rejected (from http://127.0.0.1" in said and "model.safetensors) has the SHA-256" in said
    assert (kept / "config.json").read_bytes() == b"{}"
    server.spoil = False
    done = ask("download", f"owner/name@{COMMIT}", tmp_path, HF_ENDPOINT=server.address)
    assert (Path(done.stdout.strip()) / "model.safetensors").read_bytes() == WHOLE["model.safetensors"], done.stderr
