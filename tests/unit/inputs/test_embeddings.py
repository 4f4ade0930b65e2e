import pickle
import sys

import import_embeddings
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from musicologist.core import noise_levels, parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
from musicologist.inputs import embeddings

LEVEL = ("denoised", 5)
SHAPE = (3, 2, 512)


def embedding(seed=0, scale=1.0):
    array = np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)
    return (scale * array / np.linalg.norm(array, axis=-1, keepdims=True)).astype(np.float32)


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".pt":
        torch.save(torch.from_numpy(array), path)
    elif path.suffix == ".npy":
        np.save(path, array)
    else:
        table, metadata = embeddings.read(save(path.with_suffix(".npy"), array), LEVEL, 3.0, *array.shape[:2])
        parquet.write(path, AUDIO_EMBEDDINGS, table, {**metadata, "model": "a", "digest": "b"})
        path.with_suffix(".npy").unlink()
    return path


NAMES = [
    "diff_step_5/laion-clap_embeddings.pt",
    "diff_step_5/laion-clap_embeddings.npy",
    "denoised/step_05.pt",
    "denoised/step_05.npy",
    "denoised/step_05.parquet",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_gives_the_same_table(tmp_path, name):
    path = save(tmp_path / name, embedding())
    assert embeddings.file_of(tmp_path, LEVEL) == path
    table, metadata = embeddings.read(path, LEVEL, 3.0, 3, 2)
    assert table["prompt_id"].to_pylist() == [0, 0, 1, 1, 2, 2]
    assert table["sample"].to_pylist() == [0, 1] * 3
    assert np.array_equal(tables.embeddings(table["embedding"]), embedding().reshape(-1, 512))
    assert set(table["sigma"].to_pylist()) == {3.0}
    assert metadata["normalised"] == "false"
    assert metadata["source"] == str(path)
    assert name.endswith(".parquet") or metadata["sigma_from"] == "the configured schedule"


def test_what_is_not_of_unit_norm_is_normalised_and_says_so(tmp_path):
    table, metadata = embeddings.read(save(tmp_path / "a.npy", embedding(scale=7)), LEVEL, 3.0, 3, 2)
    np.testing.assert_allclose(tables.embeddings(table["embedding"]), embedding().reshape(-1, 512), atol=1e-6)
    assert metadata["normalised"] == "true"


def spoilt(value):
    array = embedding()
    array[1, 1] = value
    return array


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (spoilt(np.nan), "row 3 has numbers that are not finite (NaN or infinite) (1 such rows)"),
        (spoilt(0), "row 3 has only zeros"),
        (embedding()[:2], "has the shape [2, 2, 512]: expected [3, 2, size], that is prompts.count, audio.samples"),
        (embedding()[:, :1], "has the shape [3, 1, 512]"),
        (embedding().reshape(6, 512), "has the shape [6, 512]"),
        (np.arange(6), "holds an array of int64"),
    ],
)
@pytest.mark.parametrize("suffix", [".pt", ".npy"])
def test_a_bad_array_is_one_sentence(tmp_path, array, sentence, suffix):
    path = save(tmp_path / f"a{suffix}", array)
    with pytest.raises(UserError) as caught:
        embeddings.read(path, LEVEL, 3.0, 3, 2)
    assert sentence in str(caught.value).replace("a Tensor", "an array of int64")
    assert str(path) in str(caught.value)


class Malicious:
    def __reduce__(self):
        return (open, ("ran", "w"))


def test_nothing_pickled_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"embeddings": Malicious()}, tmp_path / "a.pt")
    (tmp_path / "b.pt").write_bytes(pickle.dumps(Malicious()))
    np.save(tmp_path / "c.npy", np.array([Malicious()], object), allow_pickle=True)
    (tmp_path / "d.pt").write_bytes(b"PK\x03\x04 cut off")
    torch.save([torch.zeros(3)], tmp_path / "e.pt")
    for name in ("a.pt", "b.pt", "c.npy", "d.pt", "e.pt"):
        with pytest.raises(UserError, match=r"cannot be read as a plain|holds a list"):
            embeddings.load_array(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_a_table_of_other_clips_is_one_sentence(tmp_path):
    path = save(tmp_path / "denoised/step_05.parquet", embedding())
    for prompts, samples, level, sentence in (
        (4, 2, LEVEL, r"other clips than 4 prompts .*: prompt 3, sample 0 is missing \(2 such clips\); give a table"),
        (3, 1, LEVEL, "prompt 0, sample 1 is there besides"),
        (3, 2, ("noisy", 5), r"holds \[\('denoised', 5\)\]: expected noisy at step 5 only"),
    ):
        with pytest.raises(UserError, match=sentence):
            embeddings.read(path, level, 3.0, prompts, samples)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match=r"is not a readable parquet file .*: give a table that this workflow wrote"):
        embeddings.read(tmp_path / "x.parquet", LEVEL, 3.0, 3, 2)


def test_a_level_must_be_there_once(tmp_path):
    with pytest.raises(
        UserError, match=r"has no embeddings of denoised at step 5: expected one of denoised/step_05.parquet"
    ):
        embeddings.file_of(tmp_path, LEVEL)
    for name in NAMES[:2]:
        save(tmp_path / name, embedding())
    with pytest.raises(UserError, match=r"the same level twice"):
        embeddings.file_of(tmp_path, LEVEL)


def test_embeddings_of_another_clap_than_the_notes_are_refused(tmp_path, monkeypatch):
    path = save(tmp_path / "denoised/step_05.parquet", embedding())

    def run(digest):
        flags = ["--files", path, "--prompts", 3, "--samples", 2, "--steps", 6, "--sigma-max", 100, "--sigma-min", 1]
        flags += [
            "--digest",
            *digest,
            "--outputs",
            tmp_path / "ours/denoised/step_05.parquet",
        ]  # a shell drops the empty word
        monkeypatch.setattr(sys, "argv", ["import_embeddings.py", *map(str, flags)])
        import_embeddings.main()

    with pytest.raises(
        UserError, match=r"was embedded by a \(b\), but models.clap, which embeds the notes, is another \(c\)"
    ):
        run("c")
    for digest in ("b", ""):
        run(digest)
    ours = parquet.read(tmp_path / "ours/denoised/step_05.parquet", AUDIO_EMBEDDINGS)
    assert set(ours["sigma"].to_pylist()) == {3.0}  # its own, not the schedule's
    assert noise_levels.sigmas(6, 1, 100)[5] != 3.0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sigma": [np.nan] * 6}, "sigma nan and log_snr_db .*: expected a noise level above 0"),
        ({"sigma": [None] * 6}, "expected a noise level above 0"),
        ({"sigma": [-1.0] * 6}, r"sigma -1\.0 and"),
        ({"sigma": [0.0] * 6, "log_snr_db": [np.inf] * 6}, r"sigma 0\.0 and"),
        ({"sigma": [np.inf] * 6, "log_snr_db": [-np.inf] * 6}, "sigma inf and"),
        ({"log_snr_db": [30.0] * 6}, r"sigma 3\.0 and log_snr_db 30\.0: expected .* -9\.54 dB"),
        ({"log_snr_db": [np.nan] * 6}, "log_snr_db nan"),
        (
            {"sigma": [1.0] + [10.0] * 5, "log_snr_db": [0.0] + [-20.0] * 5},
            r"the noise levels 1, 10 \(sigma\): expected one",
        ),
        ({"signal": [None] + ["denoised"] * 5}, r"holds .*None.*: expected denoised at step 5 only"),
    ],
)
def test_a_table_whose_noise_level_is_none_or_not_one_is_a_sentence(tmp_path, changes, sentence):
    path = save(tmp_path / "denoised/step_05.parquet", embedding())
    table = pq.read_table(path)
    for name, values in changes.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(name), pa.array(values, table.schema.field(name).type))
    pq.write_table(table, path)
    with pytest.raises(UserError, match=rf"step_05\.parquet.*{sentence}"):
        embeddings.read(path, LEVEL, 3.0, 3, 2)


@pytest.mark.parametrize("junk", [b"[" * 40, b"'" * 3, b"(" * 500, b"\\", b"\n  x"])
def test_a_header_that_numpy_cannot_parse_is_a_sentence(tmp_path, junk):
    np.save(tmp_path / "embeddings.npy", np.ones((3, 512), np.float32))
    content = bytearray((tmp_path / "embeddings.npy").read_bytes())
    content[64 : 64 + len(junk[:60])] = junk[:60]
    (tmp_path / "embeddings.npy").write_bytes(content)
    with pytest.raises(UserError, match="cannot be read as a plain array"):
        embeddings.load_array(tmp_path / "embeddings.npy")
