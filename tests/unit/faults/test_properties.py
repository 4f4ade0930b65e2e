"""Any value at any key, and every format spoilt at random: nothing is raised but UserError.

``pytest tests/unit -m properties`` looks at 2,000 configurations and 500 spoilt files of each format; otherwise a few do.
"""

import copy
import functools
import io
import json
import math
import struct
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from musicologist.audio import manifests
from musicologist.concepts import definitions
from musicologist.core import documents, parquet, results, shard_writing, shards
from musicologist.core.errors import UserError
from musicologist.inputs import annotations, clips, concepts, embeddings, prompts
from musicologist.models import weights
from musicologist.notes import entries, nsynth
from musicologist.probes import classifiers, logistic
from musicologist.prompts import answer_log, batches, openai_annotator, openai_client, openai_writer
from musicologist.prompts.tables import ANNOTATIONS
from musicologist.workflow import planned, run

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "config/schemas/config.schema.json").read_text())
SMALL = yaml.safe_load((ROOT / "tests/workflow/small.yaml").read_text())
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

pytestmark = pytest.mark.properties


def keys(schema, at=()):
    """Every key of a schema, sections too, and one that is none."""
    for key, part in schema.get("properties", {}).items():
        yield (*at, key)
        yield from keys(part, (*at, key))
    yield (*at, "nothing")


NUMBERS = st.integers() | st.integers(-(10**30), 10**30) | st.floats() | st.sampled_from([22.0, 1e300, math.inf, -0.0])
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["a\ud83c", "x/../y", "$(touch MARK)", "`touch MARK`", "a" * 300, "a\0", "{x}"]
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.dates() | st.binary(max_size=3)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4), max_leaves=8
)


def refused(call):
    """The sentence with which a call is refused and None, or nothing and what it returns."""
    try:
        return "", call()
    except UserError as error:
        return str(error), None


@pytest.fixture
def quick(monkeypatch):
    """The concepts are read once: they are no part of what is searched."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(run.definitions, "load", functools.cache(definitions.load))


@given(changes=st.lists(st.tuples(st.sampled_from(sorted(keys(SCHEMA))), VALUES), min_size=1, max_size=3))
@settings(max_examples=4 * settings.default.max_examples, deadline=None, suppress_health_check=QUIET)
def test_any_value_at_any_key_is_taken_or_refused_in_a_sentence(quick, changes):
    config = copy.deepcopy(SMALL)
    for path, value in changes:
        section = config
        for key in path[:-1]:
            section = section.setdefault(key, {}) if isinstance(section, dict) else {}
        if isinstance(section, dict):
            section[path[-1]] = value
    said, made = refused(lambda: run.load(config, SCHEMA, "my.yaml"))
    assert len(said) < 1500
    if made is not None:
        json.dumps(made.config, allow_nan=False)
        assert len(made.shards) <= 20_000 and made.levels


@given(value=VALUES)
@settings(deadline=None)
def test_any_yaml_is_read_or_refused(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    try:
        path.write_text(yaml.dump(value, allow_unicode=False), encoding="utf-8", errors="surrogatepass")
        documents.require_plain(documents.load_yaml(path, "a configuration"), str(path))
        definitions.load(path)
    except UserError:
        pass


def tar(*pairs, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as file:
        for name, content in pairs:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def sound(subtype):
    buffer = io.BytesIO()
    soundfile.write(buffer, np.linspace(-0.5, 0.5, 2000, dtype=np.float32), 16_000, format="WAV", subtype=subtype)
    return buffer.getvalue()


def table(columns, schema=None):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), buffer)
    return buffer.getvalue()


def array(save):
    buffer = io.BytesIO()
    save(buffer, np.random.default_rng(0).normal(size=(3, 512)).astype(np.float32))
    return buffer.getvalue()


def tensor(buffer, values):
    import torch

    torch.save(torch.from_numpy(values), buffer)


def checkpoint():
    import torch

    buffer = io.BytesIO()
    torch.save({"state_dict": {"weight": torch.ones(3)}}, buffer)
    return buffer.getvalue()


def probe():
    rows = np.random.default_rng(0).normal(size=(10, 4))
    buffer = io.BytesIO()
    classifiers.save(logistic.Logistic().fit(rows, np.arange(10) % 2, {"C": 1.0}, 0), buffer)
    return buffer.getvalue()


def safetensors():
    header = json.dumps({"weight": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(16)


NOTE = "flute_acoustic_000-060-100"
EXAMPLES = json.dumps({NOTE: nsynth.entry(0, "flute_acoustic_000", 60, 100, ["dark"])}).encode()
PROMPTS = [{"text": "A flute, 120 bpm.", "prompt_id": 0}, {"text": "Ein „Waldhorn“.", "prompt_id": 1}]
RECORDS = [{"prompt": "A flute.", "aspects": ["flute"], "bpm": 120}, {"prompt": "A horn.", "aspects": [], "bpm": None}]
LINES = "\n".join(json.dumps(record) for record in PROMPTS).encode()
ANSWER = json.dumps({"choices": [{"finish_reason": "stop", "message": {"content": '{"prompts": ["A flute."]}'}}]})
CONCEPT = b"""is_x:
  group: source
  notes: {match: any, positive: {families: [brass]}}
  prompts: {positive: [brass]}
"""
ANNOTATED = {
    "prompt_id": [0],
    "aspects": [["flute"]],
    "aspects_raw": [["flute"]],
    "bpm": [1.0],
    "annotator": ["a"],
    "pass": [1],
}
KEPT = json.dumps({"template": "t", "model": "m", "pass": 1, "texts": ["a"], "answer": ANSWER}).encode() + b"\n"


def read_notes(path):
    for key, content in nsynth.read(path, "train"):
        if isinstance(content, bytes):
            nsynth.flac(str(path), content)
        else:
            entries.row(path, key, content, "train")


def read_answers(path):
    with answer_log.opened(path) as log:
        for record in log.records:
            openai_writer.read(record["answer"])
            openai_annotator.read(record["answer"], ["A flute."])
            openai_client.used([record["answer"]])
            openai_client.shown(record["answer"])


def check_recorded(path):
    (path.parent / "made").touch()
    planned.check_recorded(path, {"writer": "template"}, "demo")


def clip(kind):
    buffer = io.BytesIO()
    soundfile.write(buffer, np.sin(np.arange(4_000) / 5) / 3, 16_000, format=kind)
    return buffer.getvalue()


def read_clip(path):
    return clips.load(path, {"prompt_id": 0, "sample": 0}, ("denoised", 0), 1.0)


READERS = {
    "shard.tar": (
        lambda: tar(("a.flac", shard_writing.encode(np.ones((1, 99)) / 3, 16_000)), ("a.json", b"{}")),
        lambda p: list(shards.read(p)),
    ),
    "notes.tar.gz": (
        lambda: tar(
            ("nsynth-train/examples.json", EXAMPLES), (f"nsynth-train/audio/{NOTE}.wav", sound("FLOAT")), mode="w:gz"
        ),
        read_notes,
    ),
    "notes.tar": (
        lambda: tar((f"nsynth-train/audio/{NOTE}.wav", sound("PCM_24")), ("nsynth-train/examples.json", EXAMPLES)),
        read_notes,
    ),
    "prompts.txt": (lambda: b"1. A flute.\n2. A horn.\n", prompts.read_given),
    "prompts.json": (lambda: json.dumps(PROMPTS).encode(), prompts.read_given),
    "prompts.jsonl": (lambda: LINES, prompts.read_given),
    "prompts.csv": (lambda: b'text,prompt_id\n"A flute, soft.",0\nA horn.,1\n', prompts.read_given),
    "prompts.parquet": (lambda: table({"text": ["A flute."], "prompt_id": [0]}), prompts.read_given),
    "clips.csv": (lambda: b'file,prompt,sample,sigma\na.wav,"A flute, soft.",0,10\nb.wav,A horn.,0,10\n', clips.read),
    **{
        f"clip.{kind}": (functools.partial(clip, kind), read_clip)
        for kind in ("wav", "aiff", "ogg", "mp3", "caf", "flac")
    },
    "annotations.json": (lambda: json.dumps(RECORDS).encode(), annotations.read_original),
    "annotations.parquet": (lambda: table(ANNOTATED, ANNOTATIONS), lambda p: parquet.read(p, ANNOTATIONS)),
    "audio_info.csv": (lambda: b"note_str,instrument_str,binary_class\na-1-1,a,1\nb-1-1,b,0\n", concepts.read_info),
    "embeddings.npy": (lambda: array(np.save), embeddings.load_array),
    "embeddings.pt": (lambda: array(tensor), embeddings.load_array),
    "model.safetensors": (safetensors, weights.load),
    "model.ckpt": (checkpoint, weights.load),
    "model_config.json": (
        lambda: (ROOT / "resources/models/diffusion/model_config.json").read_bytes(),
        lambda p: read_config(p.parent),
    ),
    "probe.skops": (probe, lambda p: classifiers.load(p, logistic.Logistic())),
    "batch_0000.jsonl": (
        lambda: json.dumps({"prompt_id": 0, "text": "A flute.", "writer": "template"}).encode(),
        batches.read_batch,
    ),
    "shard_0000.json": (
        lambda: b'{"levels": [{"signal": "noisy", "step": 0, "tar": "a.tar"}]}',
        manifests.read_manifest,
    ),
    "concepts.yaml": (lambda: CONCEPT, definitions.load),
    "emergence.csv": (lambda: b"concept,step,auc\nis_x,3,0.5\n", results.read),
    "answers.jsonl": (lambda: KEPT, read_answers),
    "inputs.json": (lambda: b'{"writer": "template"}', check_recorded),
}


def read_config(folder):
    from musicologist.generators import stable_audio_tools

    stable_audio_tools.read_config(folder)


WHOLE = functools.cache(lambda name: READERS[name][0]())
DAMAGES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "flip", "insert", "remove", "repeat", "replace"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=8)
        | st.sampled_from([b"[" * 5000, b"\xff" * 8, b"\0" * 64, b"9" * 5000, b"\\ud83c", b"NaN", b"null", b"-1e999"]),
    ),
    min_size=1,
    max_size=4,
)


def damaged(content, damages):
    for kind, share, piece in damages:
        at = int(share * len(content))
        if kind == "cut":
            content = content[:at]
        elif kind == "flip":
            content = content[:at] + bytes(byte ^ 0xFF for byte in content[at : at + 1]) + content[at + 1 :]
        elif kind == "insert":
            content = content[:at] + piece + content[at:]
        elif kind == "remove":
            content = content[:at] + content[at + len(piece) :]
        elif kind == "repeat":
            content = content[:at] + content[at : at + 200] + content[at:]
        else:
            content = content[:at] + piece + content[at + len(piece) :]
    return content


@pytest.mark.parametrize("name", READERS)
def test_what_is_whole_is_read(name, tmp_path):
    (tmp_path / name).write_bytes(WHOLE(name))
    try:
        READERS[name][1](tmp_path / name)
    except UserError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("name", READERS)
@given(damages=DAMAGES)
@settings(deadline=None, suppress_health_check=QUIET)
def test_a_spoilt_file_is_read_or_refused_in_a_sentence(name, tmp_path, damages):
    path = tmp_path / name
    path.write_bytes(damaged(WHOLE(name), damages))
    said, _ = refused(lambda: READERS[name][1](path))
    assert not said or (name in said and "<_io." not in said and len(said) < 1500)


@given(text=st.text() | st.text(alphabet="{}[]\"'`\\ud83c<think>/\n", max_size=60))
@settings(deadline=None)
def test_any_text_of_a_model_is_an_answer_or_none(text):
    body = json.dumps({"choices": [{"finish_reason": "stop", "message": {"content": text}}]})
    for answer in (text, body):
        json.dumps(openai_writer.read(answer), ensure_ascii=False).encode()
        openai_annotator.read(answer, ["a flute"])
        openai_client.shown(answer).encode()
