import json
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
from musicologist.core.errors import UserError
from musicologist.generators import diffusers_audio, stable_audio_tools
from musicologist.workflow import preflight

from tests.support import fake_hub, tiny_models
from tests.support.fake_hub import COMMIT, Hub

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[3] / "scripts"
MODEL, ENCODER = "stabilityai/stable-audio-open-1.0", "google-t5/t5-base"
GB = 10**9


def configuration(conditioner="t5"):
    config = tiny_models.diffusion_configuration()
    if conditioner == "t5":
        config["model"]["conditioning"]["configs"][0] = {
            "id": "prompt",
            "type": "t5",
            "config": {"t5_model_name": "t5-base"},
        }
    return config


def files_of_a_model(**options):
    return {
        "model_config.json": json.dumps(configuration(**options)).encode(),
        "model.safetensors": fake_hub.safetensors(),
    }


FILES_OF_A_T5 = {"config.json": b"{}", "model.safetensors": fake_hub.safetensors(), "tokenizer.json": b"{}"}


def run(script, *arguments, home, **network):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_HOME": str(home), "HF_ENDPOINT": "http://127.0.0.1:9", **network}
    command = [sys.executable, SCRIPTS / f"{script}.py", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def check(folder, *arguments, clips=7, **network):
    numbers = ["--clips", clips, "--levels", 2, "--seconds", 1, "--batch-size", 4, "--device", "cpu"]
    numbers += ["--seconds-total", 1]
    places = ["--results", folder, "--output", folder / "preflight.json"]
    return run("preflight", *arguments, *numbers, *places, home=folder / "hf", **network)


def sentence(done):
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.fixture
def server():
    hub = Hub({MODEL: files_of_a_model(), ENCODER: dict(FILES_OF_A_T5)}, {MODEL}, {"secret": True, "other": False})
    with fake_hub.serve(hub) as served:
        yield served


def test_a_model_within_reach_passes_and_is_then_fetched_and_found_without_a_network(server, tmp_path):
    models = ["--diffusion", f"{MODEL}@{COMMIT}", "--text-encoder", ENCODER]
    network = {"HF_ENDPOINT": server.address, "HF_TOKEN": "secret"}
    done = check(tmp_path, *models, **network)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "preflight.json").read_text())
    assert found["bytes"][f"{MODEL}@{COMMIT}"] == len(fake_hub.safetensors()) + len(
        files_of_a_model()["model_config.json"]
    )
    assert found["bytes"][ENCODER] == sum(map(len, FILES_OF_A_T5.values()))
    assert found["bytes"]["audio"] == round(7 * 2 * 16_000 * 2 * 2 * 0.6)
    assert not list(tmp_path.rglob("model.safetensors"))
    fetched = run("download_models", *models, "--output", tmp_path / "models.json", home=tmp_path / "hf", **network)
    assert fetched.returncode == 0, fetched.stderr
    records = json.loads((tmp_path / "models.json").read_text())
    assert [(record["repository"], record["commit"]) for record in records] == [(MODEL, COMMIT), (ENCODER, COMMIT)]
    assert records[0]["files"]["model.safetensors"]["bytes"] == len(fake_hub.safetensors())
    assert check(tmp_path, *models, HF_HUB_OFFLINE="1").returncode == 0
    assert "secret" not in done.stderr + fetched.stderr + (tmp_path / "models.json").read_text()


def test_a_model_in_folders_is_fetched_into_the_cache_and_its_licence_is_said(server, tmp_path):
    """Stable Audio 3, in diffusers' format: known by its name, for nothing of it is here yet."""
    model, place = "stabilityai/stable-audio-3-tiny-base", tiny_models.diffusers_directory(tmp_path / "model")
    names = [file.relative_to(place).as_posix() for file in place.rglob("*") if file.is_file()]
    server.files[model] = {name: (place / name).read_bytes() for name in names}
    network = {"HF_ENDPOINT": server.address}
    done = check(tmp_path, "--diffusion", f"{model}@{COMMIT}", **network)
    assert done.returncode == 0, done.stderr
    assert (
        f"{model}@{COMMIT} (0.0 GB): the published weights of Stable Audio 3 are under the Stability AI" in done.stderr
    )
    assert not list((tmp_path / "hf").rglob("*.safetensors"))
    fetched = run(
        "download_models",
        "--diffusion",
        f"{model}@{COMMIT}",
        "--output",
        tmp_path / "m.json",
        home=tmp_path / "hf",
        **network,
    )
    assert fetched.returncode == 0, fetched.stderr
    (record,) = json.loads((tmp_path / "m.json").read_text())
    assert {"model_index.json", "transformer/config.json", "vae/config.json"} < set(record["files"]) <= set(names)
    offline = check(tmp_path, "--diffusion", f"{model}@{COMMIT}", HF_HUB_OFFLINE="1")
    assert offline.returncode == 0, offline.stderr
    cached = tmp_path / f"hf/hub/models--{model.replace('/', '--')}/snapshots/{COMMIT}"
    assert diffusers_audio.load(cached).sample_rate == 16_000


@pytest.mark.parametrize(
    ("model", "network", "expected"),
    [
        (
            MODEL,
            {},
            f"{MODEL} wants its licence accepted, and no token is set: open https://huggingface.co/{MODEL}, log in",
        ),
        (
            MODEL,
            {"HF_TOKEN": "other"},
            f"The licence of {MODEL} is not accepted by the account of your token: open https",
        ),
        (f"{MODEL}@v9", {"HF_TOKEN": "secret"}, f"{MODEL} has no revision 'v9': take the id of a commit from https"),
    ],
)
def test_what_keeps_a_model_out_of_reach_is_a_sentence_and_no_record(server, tmp_path, model, network, expected):
    done = check(tmp_path, "--diffusion", model, HF_ENDPOINT=server.address, **network)
    assert sentence(done).startswith(expected)
    assert not (tmp_path / "preflight.json").exists()


def test_truncated_weights_are_refused_in_a_directory_and_in_the_cache(server, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in files_of_a_model(conditioner="list").items():
        (folder / name).write_bytes(content)
    assert check(tmp_path, "--diffusion", folder).returncode == 0
    (folder / "model.safetensors").write_bytes(fake_hub.safetensors()[:-1])
    assert f"{folder}/model.safetensors is no readable weights file (it is 100082 bytes long" in sentence(
        check(tmp_path, "--diffusion", folder)
    )
    (folder / "model.safetensors").write_bytes(fake_hub.safetensors())
    written = (folder / "model_config.json").read_text()
    (folder / "model_config.json").write_text(written.replace('objective": "v"', 'objective": "epsilon"'))
    assert "the model's objective is epsilon: expected v, rectified_flow, rf_denoiser." in sentence(
        check(tmp_path, "--diffusion", folder)
    )
    snapshot = tmp_path / f"hf/hub/models--{MODEL.replace('/', '--')}/snapshots/{COMMIT}"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(fake_hub.safetensors()[:-1])
    done = check(tmp_path, "--diffusion", f"{MODEL}@{COMMIT}", HF_ENDPOINT=server.address, HF_TOKEN="secret")
    assert "model.safetensors is no readable weights file (it is 100082 bytes long" in sentence(done)


def test_too_small_a_disk_is_said_by_the_script(server, tmp_path):
    done = check(
        tmp_path,
        "--diffusion",
        MODEL,
        "--text-encoder",
        ENCODER,
        clips=10**12,
        HF_ENDPOINT=server.address,
        HF_TOKEN="secret",
    )
    said = sentence(done)
    assert said.startswith("The disk is too small: the disk of ") and "audio 76800000.0" in said


def test_a_disk_that_is_too_small(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: types.SimpleNamespace(free=30 * GB))
    needs = [preflight.Need("audio", tmp_path / "new", 25 * GB), preflight.Need("notes", tmp_path, 10 * GB)]
    assert preflight.check_disks(needs[:1]) == [
        f"The disk of {tmp_path} will take 25.0 GB (audio 25.0); 30.0 GB are free."
    ]
    with pytest.raises(
        UserError, match=r"will take 35\.0 GB \(audio 25\.0, notes 10\.0\); 30\.0 GB are free\. Free some"
    ):
        preflight.check_disks(needs)


def stable_audio():
    config = configuration()
    config |= {"sample_size": 2_097_152, "sample_rate": 44_100}
    config["model"]["pretransform"]["config"]["downsampling_ratio"] = 2048
    config["model"]["diffusion"]["config"]["embed_dim"] = 1536
    return stable_audio_tools.facts(config, 47, "x")


def test_gpu_memory_is_compared_with_the_batch(monkeypatch):
    facts, weights = stable_audio(), 4_853_000_000
    assert 5 < preflight.gpu_bytes(facts, weights, 10, 1) / GB < 8
    assert preflight.gpu_bytes(facts, weights, 10, 28) > preflight.gpu_bytes(facts, weights, 10, 7)
    for gpus, batch, found in (
        ([], 7, "no GPU is seen here"),
        ([80 * GB, 24 * GB], 7, "the smallest GPU here has 24 GB."),
        ([10 * GB], 28, "more than the 10 GB here: jobs will halve the batch"),
    ):
        monkeypatch.setattr(preflight, "_gpus", lambda gpus=gpus: gpus)
        assert found in preflight.check_gpu(facts, weights, 10, batch, "cuda")
    monkeypatch.setattr(preflight, "_gpus", lambda: [4 * GB])
    with pytest.raises(UserError, match="has 4 GB of memory, and generating a single clip takes about"):
        preflight.check_gpu(facts, weights, 10, 1, "auto")
    assert "no GPU is seen" in preflight.check_gpu(facts, weights, 10, 1, "cpu")


def test_notes_are_asked_for_and_counted(server, tmp_path):
    server.files["nsynth"] = {"train.tar.gz": bytes(1000)}
    address = f"{server.address}/nsynth/resolve/main/train.tar.gz"
    needs = preflight.of_notes([address], [tmp_path / "train.tar.gz"], 0)
    assert [(need.what, need.size) for need in needs] == [(address, 1000), ("packing train.tar.gz", 2000)]
    (tmp_path / "train.tar.gz").write_bytes(bytes(500))
    assert [need.size for need in preflight.of_notes([address], [tmp_path / "train.tar.gz"], 0)] == [1000]
    with pytest.raises(UserError, match=r"was refused \(HTTP Error 404.*: check the address, and open it in a browser"):
        preflight.of_notes([f"{address}.no"], [tmp_path / "other.tar.gz"], 0)


def test_bundled_models_need_neither_a_check_nor_a_download(tmp_path):
    models = {"diffusion": "resources/models/diffusion", "clap": "resources/models/clap", "text_encoder": None}
    inputs = dict.fromkeys(("audio", "embeddings", "note_embeddings"))
    assert preflight.foreign_models(models, inputs) == {}
    (tmp_path / "model_config.json").write_text(json.dumps(configuration()))
    foreign = preflight.foreign_models({**models, "diffusion": str(tmp_path), "clap": "owner/clap@v1"}, inputs)
    assert {kind: str(repository) for kind, repository in preflight.hub_models(foreign).items()} == {
        "clap": "owner/clap@v1", "text_encoder": "t5-base",
    }  # fmt: skip
    (tmp_path / "t5-base").mkdir()
    assert list(preflight.hub_models(foreign)) == ["clap"]
    mine = {**models, "diffusion": "owner/a", "clap": "owner/b"}
    assert list(preflight.foreign_models(mine, {**inputs, "audio": "folder"})) == ["clap"]
    assert list(preflight.foreign_models(mine, {**inputs, "embeddings": "folder", "note_embeddings": "x"})) == []


def test_an_embedder_of_a_package_or_of_ones_own_needs_no_check_before_a_run(tmp_path):
    own, inputs = tmp_path / "own.py", {"audio": None, "embeddings": None, "note_embeddings": None}
    models = {"diffusion": "resources/models/diffusion", "text_encoder": None}
    shutil.copyfile("examples/own_embedder.py", own)
    for clap in ("musicnn", str(own)):
        assert preflight.foreign_models({**models, "clap": clap}, inputs) == {}
    with pytest.raises(UserError, match=r"nowhere\.py does not exist"):
        preflight.foreign_models({**models, "clap": "nowhere.py"}, inputs)
    own.write_text("")
    with pytest.raises(UserError, match=r"own\.py has no LICENCE that is text and no READS_TEXT"):
        preflight.foreign_models({**models, "clap": str(own)}, inputs)


@pytest.mark.parametrize(
    ("file", "changes", "sentence"),
    [
        ("preprocessor_config.json", {"sampling_rate": 0}, "sampling_rate is '0': expected a whole number from 1000"),
        ("preprocessor_config.json", {"sampling_rate": "x"}, "sampling_rate is 'x'"),
        ("preprocessor_config.json", {"hop_length": 0}, "hop_length is '0'"),
        ("preprocessor_config.json", {"fft_window_size": 10**12}, "fft_window_size is '1000000000000'"),
        ("preprocessor_config.json", {"feature_size": True}, "feature_size is 'True'"),
        ("preprocessor_config.json", {"nb_max_samples": -5}, "nb_max_samples is '-5'"),
        ("config.json", {"audio_config": []}, r"audio_config is '\[\]': expected a section of keys"),
    ],
)
def test_sizes_that_no_embedder_has_are_refused_before_anything_is_queued(tmp_path, file, changes, sentence):
    model = tiny_models.clap_directory(tmp_path / "clap")
    assert preflight.of_embedder(str(model)) == []
    (model / file).write_text(json.dumps(json.loads((model / file).read_text()) | changes))
    with pytest.raises(UserError, match=rf"{file}: {sentence}"):
        preflight.of_embedder(str(model))


ASKED = {"seconds_total": 4, "seconds_kept": 1}


@pytest.mark.parametrize(
    ("directory", "file", "keys", "value"),
    [
        ("diffusion", "model_config.json", ["model", "pretransform", "config", "downsampling_ratio"], 0),
        ("diffusion", "model_config.json", ["model", "pretransform", "config", "downsampling_ratio"], "x"),
        ("diffusion", "model_config.json", ["model", "conditioning", "configs", 0, "id"], None),
        ("diffusion", "model_config.json", ["model", "conditioning", "configs", 2, "id"], []),
        ("diffusers", "model_index.json", ["_class_name"], {}),
        ("diffusers", "vae/config.json", ["encoder_c_mults"], []),
        ("diffusers", "vae/config.json", ["sampling_rate"], float("inf")),
    ],
)
def test_a_models_configuration_with_an_impossible_value_is_a_sentence(tmp_path, directory, file, keys, value):
    model = getattr(tiny_models, f"{directory}_directory")(tmp_path / "model")
    preflight.check_sampling(str(model), ASKED)
    config = json.loads((model / file).read_text())
    part = config
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    (model / file).write_text(json.dumps(config))
    for look in (
        lambda: preflight.check_sampling(str(model), ASKED),
        lambda: preflight.of_diffusion(str(model), None, 4),
    ):
        with pytest.raises(UserError, match=r"model: its configuration cannot be a model's .*: restore the files"):
            look()


@pytest.mark.parametrize(
    ("kind", "place", "sentence"),
    [
        ("clap", "/dev/zero", "models.clap is /dev/zero, a pipe or a device"),
        ("clap", "/", "/ has no config.json"),
        ("embedders.other", "config", "config has no config.json"),
        ("clap", "README.md", "README.md"),
    ],
)
def test_an_embedder_that_is_none_is_refused_before_its_digest_is_taken(kind, place, sentence):
    with pytest.raises(UserError, match=sentence):
        preflight.check_places({kind: place}, None)
    preflight.check_places({kind: "owner/name", "diffusion": place}, None)


@pytest.mark.parametrize("place", ["/", "/dev/zero", "config", "README.md"])
def test_a_text_encoder_that_is_none_is_refused_before_its_digest_is_taken(place):
    with pytest.raises(UserError, match=f"models.text_encoder is {place}, which has no config.json"):
        preflight.check_places({}, place)
    preflight.check_places({}, "owner/name")
    preflight.check_places({}, None)
