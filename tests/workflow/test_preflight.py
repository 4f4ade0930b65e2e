"""Models that are not part of the checkout: checked before any job starts, fetched by one job, and then used offline."""

import shutil
from collections import Counter

import pytest

from tests.support import fake_hub
from tests.support.fake_hub import COMMIT, Hub

MODEL = "stabilityai/stable-audio-open-1.0"
ATLAS = "results/hub/atlas.csv"


RECORDED = {"inputs.json", "config.json", "concepts.yaml", "original_labels.yaml"}
"""What a start writes: what the run is made of, and what its jobs read in place of files that may be edited."""


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".md"}


@pytest.fixture
def hub(checkout, monkeypatch, tmp_path):
    """A hub with the bundled CLAP under another name, and a gated diffusion model."""
    served = {
        "owner/clap": files(checkout / "resources/models/clap"),
        MODEL: files(checkout / "resources/models/diffusion"),
    }
    with fake_hub.serve(Hub(served, gated={MODEL}, accepted={"secret": False})) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield server


def test_a_model_out_of_reach_stops_the_run_before_any_job(checkout, hub, monkeypatch):
    config = checkout.configuration("gated.yaml", ("run: small", "run: gated"), ("resources/models/diffusion", MODEL))
    for token, sentence in (
        ("", "and no token is set: open https://huggingface.co/"),
        ("secret", "is not accepted by the account"),
    ):
        monkeypatch.setenv("HF_TOKEN", token)
        done = checkout.snakemake("results/gated/atlas.csv", config=config)
        assert done.returncode == 1
        assert sentence in done.stdout + done.stderr
        assert "secret" not in done.stdout + done.stderr
        made = {path.name for path in (checkout / "results/gated").rglob("*") if path.is_file()}
        assert made == RECORDED
    assert not [path for _, path, _ in hub.requests if "clap" in path]


def test_a_model_of_the_hub_is_fetched_once_and_used_without_it(checkout, hub, monkeypatch):
    config = checkout.configuration(
        "hub.yaml", ("run: small", "run: hub"), ("resources/models/clap", f"owner/clap@{COMMIT}")
    )
    target = "results/hub/embeddings/shards/notes_0000.parquet"
    plan = checkout.planned(ATLAS, config=config)
    assert plan["preflight"] == plan["download_models"] == 1
    checkout.run("--until", "download_models", "--", target, config=config)
    assert {path for method, path, _ in hub.requests if method == "GET" and "/resolve/" in path}
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    checkout.run(target, config=config)
    assert checkout.planned(target, config=config) == Counter()
    # what is checked changes, and what was made stays as it is
    changed = checkout.configuration(
        "hub.yaml",
        ("run: small", "run: hub"),
        ("resources/models/clap", f"owner/clap@{COMMIT}"),
        ("batch_size: 24", "batch_size: 12"),
    )
    assert set(checkout.planned(target, config=changed)) <= {"preflight"}
    # with another embedder, one that needs no check, the notes are embedded again, and neither rendered nor packed
    other = checkout.configuration("hub.yaml", ("run: small", "run: hub"))
    assert checkout.planned(target, config=other) == Counter({"embed_notes": 1})


def test_a_truncated_model_of_ones_own_stops_the_run_before_any_job(checkout):
    shutil.copytree(checkout / "resources/models/diffusion", checkout / "mine")
    weights = checkout / "mine/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    config = checkout.configuration("mine.yaml", ("run: small", "run: mine"), ("resources/models/diffusion", "mine"))
    done = checkout.snakemake("results/mine/atlas.csv", config=config)
    assert done.returncode == 1
    assert "mine/model.safetensors is no readable weights file" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert {path.name for path in (checkout / "results/mine").rglob("*") if path.is_file()} == RECORDED
