"""Hostile files and names: each tries to make a file MARK, and none is made."""

import contextlib
import gzip
import hashlib
import io
import json
import pickle
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from musicologist.concepts import definitions
from musicologist.core import documents, shards
from musicologist.core.errors import UserError
from musicologist.embedders import clap
from musicologist.generators import stable_audio_tools
from musicologist.inputs import embeddings
from musicologist.models import weights
from musicologist.notes import nsynth
from musicologist.probes import classifiers, logistic
from musicologist.workflow import run

from tests.support import tiny_models

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "config/schemas/config.schema.json").read_text())


class Marks:
    """Unpickling it makes the file."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return Path.touch, (Path(self.mark),)


@pytest.fixture
def mark(tmp_path):
    yield tmp_path / "MARK"
    assert not (tmp_path / "MARK").exists()


def test_the_pickle_of_these_tests_is_a_bad_one(tmp_path):
    pickle.loads(pickle.dumps(Marks(tmp_path / "MARK")))
    assert (tmp_path / "MARK").exists()


def zipped(mark):
    """As torch.save packs it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(Marks(mark)))
        file.writestr("archive/version", "3")
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["model.ckpt", "model.pt", "pytorch_model.bin"])
@pytest.mark.parametrize("packed", [zipped, lambda mark: pickle.dumps(Marks(mark))], ids=["zip", "bare"])
def test_a_pickle_as_weights(mark, tmp_path, name, packed):
    (tmp_path / name).write_bytes(packed(mark))
    with pytest.raises(UserError, match=name):
        weights.load(tmp_path / name)


@pytest.mark.parametrize("packed", [zipped, lambda mark: pickle.dumps(Marks(mark))], ids=["zip", "bare"])
def test_a_pickle_as_embeddings(mark, tmp_path, packed):
    (tmp_path / "laion-clap_embeddings.pt").write_bytes(packed(mark))
    with pytest.raises(UserError, match="could run code"):
        embeddings.load_array(tmp_path / "laion-clap_embeddings.pt")


def test_an_array_of_objects(mark, tmp_path):
    np.save(tmp_path / "e.npy", np.array([Marks(mark)], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="could run code"):
        embeddings.load_array(tmp_path / "e.npy")


@pytest.mark.parametrize("function", ["system", "popen"])
def test_a_probe_that_calls_the_system(mark, tmp_path, function):
    schema = {
        "__class__": function,
        "__module__": "os",
        "__loader__": "ObjectNode",
        "__id__": 1,
        "protocol": 2,
        "content": None,
    }
    schema |= {"__loader__": "FunctionNode", "_skops_version": "0.16"}
    with zipfile.ZipFile(tmp_path / "p.skops", "w") as file:
        file.writestr("schema.json", json.dumps(schema))
    with pytest.raises(UserError, match=r"p\.skops is no readable probe|holds a"):
        classifiers.load(tmp_path / "p.skops", logistic.Logistic())


def test_a_probe_that_unpacks_to_much_more_than_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(classifiers, "_LARGEST", 1 << 22)
    with (
        zipfile.ZipFile(tmp_path / "p.skops", "w", zipfile.ZIP_DEFLATED) as file,
        file.open("a.npy", "w", force_zip64=True) as one,
    ):
        for _ in range(8):
            one.write(bytes(1 << 20))
    with pytest.raises(UserError, match="its contents are too long for a probe"):
        classifiers.load(tmp_path / "p.skops", logistic.Logistic())


def test_a_conditioner_that_unpickles(mark, tmp_path):
    (tmp_path / "evil.pt").write_bytes(zipped(mark))
    config = tiny_models.diffusion_configuration()
    places = [{"type": "clap_text", "config": {"clap_ckpt_path": str(tmp_path / "evil.pt")}}]
    places += [{"type": "pretransform", "config": {"pretransform_ckpt_path": str(tmp_path / "evil.pt")}}]
    places += [{"type": "number", "config": {"min_val": 0, "max_val": 1, "pretransform_ckpt_path": "evil.pt"}}]
    for place in places:
        config["model"]["conditioning"]["configs"][1] = {"id": "seconds_start", **place}
        (tmp_path / "model_config.json").write_text(json.dumps(config))
        with pytest.raises(UserError, match=r"is none that is built here|names a checkpoint of its own"):
            stable_audio_tools.load(tmp_path)


def test_a_tokenizer_with_code_of_its_own(mark, tmp_path):
    model = tiny_models.clap_directory(tmp_path / "clap")
    (model / "evil.py").write_text(f"import pathlib; pathlib.Path({str(mark)!r}).touch()\nclass Evil: pass\n")
    for name in ("config.json", "tokenizer_config.json", "preprocessor_config.json"):
        known = json.loads((model / name).read_text()) if (model / name).exists() else {}
        known["auto_map"] = dict.fromkeys(("AutoConfig", "AutoModel", "AutoFeatureExtractor"), "evil.Evil")
        known["auto_map"]["AutoTokenizer"] = ["evil.Evil", None]
        (model / name).write_text(json.dumps(known))
    with contextlib.suppress(UserError):
        clap.load(model)


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:pathlib.Path.touch", "!!python/object/apply:os.system", "!!python/name:os.system"]
)
def test_tags_of_yaml(mark, tmp_path, tag):
    (tmp_path / "concepts.yaml").write_text(f"is_x: {tag} ['touch {mark}']\n")
    for read in (definitions.load, lambda path: documents.load_yaml(path, "a configuration")):
        with pytest.raises(UserError, match="is not YAML"):
            read(tmp_path / "concepts.yaml")


def test_members_of_archives_that_lead_elsewhere(mark, tmp_path):
    for name in (f"../{mark.name}", str(mark), f"nsynth-train/audio/../../{mark.name}.wav", f"./../{mark.name}.flac"):
        with tarfile.open(tmp_path / "a.tar", "w") as tar:
            member = tarfile.TarInfo(name)
            member.size = 3
            tar.addfile(member, io.BytesIO(b"abc"))
        for read in (
            lambda: list(shards.read(tmp_path / "a.tar")),
            lambda: list(nsynth.read(tmp_path / "a.tar", "train")),
        ):
            with pytest.raises(UserError):
                read()


NAMES = [
    "`touch MARK`",
    "$(touch MARK)",
    "a;touch MARK",
    "a|touch MARK",
    "a'b",
    'a"b',
    "../up",
    "/abs",
    "a b",
    "a\nb",
    "-rf",
    "a*",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_more_than_a_name_is_refused_wherever_names_are_given(name, tmp_path, monkeypatch):
    entry = {
        "group": "source",
        "notes": {"match": "any", "positive": {"families": ["brass"]}},
        "prompts": {"positive": ["brass"]},
    }
    (tmp_path / "concepts.yaml").write_text(yaml.dump({name: entry}))
    with pytest.raises(UserError, match=r"cannot be a name|expected entries"):
        definitions.load(tmp_path / "concepts.yaml")
    monkeypatch.chdir(ROOT)
    for path in (
        ("run",),
        ("concepts",),
        ("notes", "splits"),
        ("trajectory", "sampler"),
        ("device",),
        ("probes", "classifiers"),
    ):
        config = yaml.safe_load((ROOT / "tests/workflow/small.yaml").read_text())
        section = config
        for key in path[:-1]:
            section = section[key]
        section[path[-1]] = (
            {name: {}} if path[-1] == "classifiers" else [name] if path[-1] in ("concepts", "splits") else name
        )
        with pytest.raises(UserError):
            run.load(config, SCHEMA, "my.yaml")


NUMBERED = {"batch", "part"}  # wildcards of digits alone, which stand in $((10#...))
QUOTED_BEFORE = {
    "asking",
    "generator",
    "grid",
    "leave_out",
    "look",
    "models",
    "sampling",
    "schedule",
    "where",
    "skip",
    "source",
    "styles",
    "vocabulary",
}  # by shlex.quote
ENUMERATED = {"annotator", "corpus", "device", "labels", "metric", "precision", "splits", "writer"}  # in the schema


NUMBERS = {
    "batch_size",
    "branches",
    "clips",
    "dpi",
    "equal",
    "first",
    "frame_ms",
    "last",
    "levels",
    "limit",
    "notes",
    "passes",
    "per_instrument",
    "permutations",
    "points",
    "prompts",
    "random_concepts",
    "resamples",
    "samples",
    "seconds",
    "seconds_total",
    "rounds",
    "seed",
    "sigma_max",
    "sigma_min",
    "steps",
    "test_share",
    "validation_notes",
    "shown",
    "folders",
    "kept",
}


def test_every_value_in_a_shell_line_is_quoted_or_needs_none():
    bare = set()
    for file in (ROOT / "rules").glob("*.smk"):
        for line in re.findall(r'^\s+f?"(?:python| ).*"$', file.read_text(encoding="utf-8"), re.MULTILINE):
            bare |= set(re.findall(r"\{((?:wildcards|params|input|output|log)[^}:]*)\}", line))
    others = {name.partition(".")[2] for name in bare if not name.startswith("params")}
    assert others <= NUMBERED
    texts = {name.partition(".")[2] for name in bare if name.startswith("params")} - QUOTED_BEFORE - ENUMERATED
    assert texts <= NUMBERS, sorted(texts - NUMBERS)


def test_strings_of_the_configuration_reach_no_shell(tmp_path, monkeypatch):
    """A dry-run's shell lines, with a command in every string that may hold one."""
    evil = "x$(touch MARK)`touch MARK`;touch MARK"
    (tmp_path / evil).mkdir()
    config = yaml.safe_load((ROOT / "tests/workflow/small.yaml").read_text())
    config["models"] |= {"diffusion": str(ROOT / "resources/models/diffusion")}
    config["notes"]["soundfont"] = evil
    config["openai"] = {"model": evil}
    monkeypatch.chdir(ROOT)
    made = run.load(config, SCHEMA, "my.yaml")
    line = run.options({"soundfont": made.config["notes"]["soundfont"], "model": made.config["openai"]["model"]})
    subprocess.run(["bash", "-c", f"echo {line}"], cwd=tmp_path, check=True, capture_output=True)
    assert not (tmp_path / "MARK").exists()


def test_what_ships_is_what_was_checked():
    """The bundled weights and all beside them, by their SHA-256."""
    folder = ROOT / "resources/models"
    listed = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    there = {f.relative_to(folder).as_posix(): f for f in folder.glob("*/*") if f.suffix != ".md"}
    assert set(listed) == set(there)
    assert {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in there.items()} == listed


def test_deep_documents_end_soon(tmp_path):
    for text in ("[" * 100_000, "{a: " * 50_000, "- " * 50_000, "a: &a [x]\n" + "b: [" + "*a, " * 10 + "]"):
        (tmp_path / "concepts.yaml").write_text(text)
        with pytest.raises(UserError):
            definitions.load(tmp_path / "concepts.yaml")
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    (tmp_path / "concepts.yaml").write_text(laughs)
    with pytest.raises(UserError, match="more than 100000 values"):
        definitions.load(tmp_path / "concepts.yaml")
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(b"[" * 100))
    assert sys.getrecursionlimit() >= 1000


def test_snakemake_still_runs_code_in_a_configuration_before_a_workflow_can_look_at_it(tmp_path):
    """Where this fails, upstream has mended it (docs/upstream/configuration_runs_code.md): docs/ROBUSTNESS.md can say so."""
    from snakemake.common.configfile import load_configfile

    ran = tmp_path / "ran"
    (tmp_path / "config.yaml").write_text(f'__use_yte__: true\nx: ?open("{ran}", "w").close()\n')
    load_configfile(tmp_path / "config.yaml")
    assert ran.exists()
