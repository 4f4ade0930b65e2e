import json
import sys

import collect_embeddings
import collect_note_embeddings
import embed_audio
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from musicologist.audio import deformation
from musicologist.core import parquet, shard_writing, shards
from musicologist.core.errors import UserError
from musicologist.core.shard_writing import Clip
from musicologist.embedders import clap
from musicologist.embeddings import collecting, scaling, scaling_of_notes, tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, NOTE_EMBEDDINGS

from tests.support import tiny_models
from tests.support.tiny_models import RATE, noise

pytestmark = pytest.mark.slow

LEVELS = [("denoised", 0), ("denoised", 7), ("noisy", 0)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_models.clap_directory(tmp_path_factory.mktemp("models") / "clap")


def main(monkeypatch, module, **options):
    """Call a script's main with these options."""
    flags = ["--family", "musicologist.embedders.clap"] * ("model" in options)
    for key, value in options.items():
        flags += [f"--{key.replace('_', '-')}", *map(str, value if isinstance(value, list) else [value])]
    monkeypatch.setattr(sys, "argv", [module.__name__, *flags])
    module.main()


def audio_shard(folder, number, prompts, samples=2, levels=LEVELS, rate=44_100):
    """The tar files and the manifest of a shard; every clip's audio follows from its level, prompt and sample."""
    listed = []
    for place, (signal, step) in enumerate(levels):
        tar = folder / signal / f"step_{step:02d}" / f"shard_{number:04d}.tar"
        known = {"signal": signal, "step": step, "sigma": 10.0 / (step + 1), "log_snr_db": -3.0}
        shard_writing.write(
            tar,
            (
                Clip(
                    f"{prompt:06d}_{sample:02d}",
                    np.stack([noise(100 * place + 10 * prompt + sample, 0.4, rate)] * 2),
                    rate,
                    {"prompt_id": prompt, "sample": sample, "prompt": "x", **known},
                )
                for prompt in prompts
                for sample in range(samples)
            ),
        )
        listed.append({**known, "tar": str(tar.relative_to(folder))})
    manifest = folder / f"shard_{number:04d}.json"
    manifest.write_text(json.dumps({"levels": listed}))
    return manifest


@pytest.fixture
def embed(model, tmp_path, monkeypatch):
    def call(source, corpus="audio", batch_size=3, digest="d", **more):
        output = tmp_path / f"{source.stem}.parquet"
        given = {"corpus": corpus, "inputs": source, "model": model, "digest": digest, "batch_size": batch_size} | more
        main(monkeypatch, embed_audio, **given, device="cpu", output=output)
        return output

    return call


def test_a_shard_of_audio_becomes_one_row_group_a_level(embed, model, tmp_path):
    part = embed(audio_shard(tmp_path, 3, [6, 7]))
    table = parquet.read(part, AUDIO_EMBEDDINGS)
    assert list(zip(table["signal"].to_pylist(), table["step"].to_pylist(), strict=True)) == [
        level for level in LEVELS for _ in range(4)
    ]
    assert table["prompt_id"].to_pylist() == [6, 6, 7, 7] * 3
    assert table["sample"].to_pylist() == [0, 1, 0, 1] * 3
    assert pq.ParquetFile(part).num_row_groups == 3
    assert parquet.metadata(part) == {
        "kind": "audio_embeddings", "model": str(model), "digest": "d", "window_s": "1.0", "sample_rate": "16000",
        "embedder": "clap", "licence": "the checkpoint's own", "size": "512", "precision": "float32",
    }  # fmt: skip
    found = tables.embeddings(table["embedding"])
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-6
    clip = list(shards.read(tmp_path / "noisy" / "step_00" / "shard_0003.tar"))[3]
    audio = shards.mono_at(clip.audio, clip.sample_rate, RATE, "x")
    assert np.abs(clap.load(model).embed_audio([audio], 1)[0] - found[11]).max() < 1e-5


def test_half_precision_is_near_full_precision_and_hears_the_same_features(embed, tmp_path):
    manifest = audio_shard(tmp_path, 3, [6, 7])
    full = tables.embeddings(parquet.read(embed(manifest), AUDIO_EMBEDDINGS)["embedding"])
    half = embed(manifest, precision="bfloat16")
    assert parquet.metadata(half)["precision"] == "bfloat16"
    half = tables.embeddings(parquet.read(half, AUDIO_EMBEDDINGS)["embedding"])
    assert 0.999 < (full * half).sum(1).min() < 1 - 1e-7


def test_a_sound_that_stands_at_two_levels_is_heard_once(embed, tmp_path, monkeypatch):
    manifest = audio_shard(tmp_path, 3, [6, 7], levels=[("denoised", 7), ("unguided", 0), ("unguided", 7)])
    plain = tables.embeddings(parquet.read(embed(manifest), AUDIO_EMBEDDINGS)["embedding"])
    names = [f"{prompt:06d}_{sample:02d}" for prompt in (6, 7) for sample in (0, 1)]
    level = {"signal": "unguided", "step": 7, "sigma": 1.25, "log_snr_db": -3.0}
    same = [
        Clip(clip.key, clip.audio, clip.sample_rate, {**clip.record, **level})
        for clip in shards.read(tmp_path / "denoised/step_07/shard_0003.tar")
    ]
    other = Clip(names[3], same[0].audio * 0.5, same[0].sample_rate, {**same[3].record})
    shard_writing.write(tmp_path / "unguided/step_07/shard_0003.tar", [*same[:3], other])
    hear, heard = clap.Clap.embed_audio, []
    monkeypatch.setattr(
        clap.Clap, "embed_audio", lambda self, some, batch: heard.append(len(some)) or hear(self, some, batch)
    )
    table = parquet.read(embed(manifest), AUDIO_EMBEDDINGS)
    found = tables.embeddings(table["embedding"])
    assert sum(heard) == 9
    assert np.array_equal(found[8:11], found[:3])
    assert np.abs(found[:8] - plain[:8]).max() < 1e-6
    assert np.abs(found[11] - found[3]).max() > 1e-3
    assert table["signal"].to_pylist()[8:] == ["unguided"] * 4


def test_clips_that_are_not_collected_are_scaled_where_they_are_embedded(embed, tmp_path):
    manifest = audio_shard(tmp_path, 3, [6])
    plain = parquet.read(embed(manifest), AUDIO_EMBEDDINGS)
    found = scaling.Scaling(np.full(512, 0.01), np.linspace(1, 2, 512))
    scaling_of_notes.write(tmp_path / "scaling.parquet", found)
    scaled = parquet.read(embed(manifest, scaling=tmp_path / "scaling.parquet"), AUDIO_EMBEDDINGS)
    assert scaled["embedding"].equals(found(plain)["embedding"]) and not scaled["embedding"].equals(plain["embedding"])


def test_neither_shard_nor_batch_size_changes_an_embedding(embed, tmp_path):
    (tmp_path / "whole").mkdir()
    whole = parquet.read(embed(audio_shard(tmp_path / "whole", 1, [3, 4, 5]), batch_size=4), AUDIO_EMBEDDINGS)
    (tmp_path / "other").mkdir()
    other = parquet.read(embed(audio_shard(tmp_path / "other", 2, [5]), batch_size=4), AUDIO_EMBEDDINGS)
    single = parquet.read(embed(audio_shard(tmp_path / "other", 2, [5]), batch_size=1), AUDIO_EMBEDDINGS)
    rows = [row for row, prompt in enumerate(whole["prompt_id"].to_pylist()) if prompt == 5]
    expected = tables.embeddings(whole["embedding"])[rows]
    assert np.array_equal(tables.embeddings(other["embedding"]), expected)
    assert np.abs(tables.embeddings(single["embedding"]) - expected).max() < 1e-5


def test_a_job_of_two_shards_writes_what_two_jobs_write(embed, model, tmp_path, monkeypatch):
    manifests = [audio_shard(tmp_path, 1, [3, 4]), audio_shard(tmp_path, 2, [5])]
    given = {"corpus": "audio", "model": model, "digest": "d", "batch_size": 3, "device": "cpu"}

    def heard(name, inputs):
        outputs = [tmp_path / f"{kind}_{name}.parquet" for kind in ("audio", "deformed")]
        main(monkeypatch, embed_audio, **given, inputs=inputs, output=outputs)
        return outputs

    together, apart = heard("both", manifests), [heard(manifest.stem, manifest) for manifest in manifests]
    for place, levels in enumerate((3, 2)):
        assert pq.ParquetFile(together[place]).num_row_groups == 2 * levels
        tables_of_both = [parquet.read(alone[place], AUDIO_EMBEDDINGS) for alone in apart]
        assert parquet.read(together[place], AUDIO_EMBEDDINGS).equals(pa.concat_tables(tables_of_both))
    for parts, name in (([together[0]], "one"), ([alone[0] for alone in reversed(apart)], "two")):
        collecting.collect_level(parts, "denoised", 7, tmp_path / f"{name}.parquet")
    one, two = (parquet.read(tmp_path / f"{name}.parquet", AUDIO_EMBEDDINGS) for name in ("one", "two"))
    assert one.equals(two) and one["prompt_id"].to_pylist() == [3, 3, 4, 4, 5, 5]


def test_the_deformation_control_is_the_last_clip_under_each_steps_noise(model, tmp_path, monkeypatch):
    """In a table of its own; the clips' own embeddings are the same with it and without."""
    manifest = audio_shard(tmp_path, 3, [6, 7])
    given = {"corpus": "audio", "inputs": manifest, "model": model, "digest": "d", "batch_size": 3, "device": "cpu"}
    main(monkeypatch, embed_audio, **given, output=[tmp_path / "with.parquet", tmp_path / "deformed.parquet"])
    main(monkeypatch, embed_audio, **given, output=tmp_path / "without.parquet")
    assert (tmp_path / "with.parquet").read_bytes() == (tmp_path / "without.parquet").read_bytes()
    table = parquet.read(tmp_path / "deformed.parquet", AUDIO_EMBEDDINGS)
    assert set(table["signal"].to_pylist()) == {"deformed"}
    assert table["step"].to_pylist() == [0] * 4 + [7] * 4
    clip = list(shards.read(tmp_path / "denoised" / "step_07" / "shard_0003.tar"))[3]
    audio = shards.mono_at(clip.audio, clip.sample_rate, RATE, "x")
    expected = clap.load(model).embed_audio([deformation.noisy(audio, 10 / 8, (7, 1))], 3)[0]
    assert np.abs(tables.embeddings(table["embedding"])[7] - expected).max() < 1e-5


def test_out_of_memory_embeds_the_shard_again_in_halves(embed, tmp_path, monkeypatch, capsys):
    """The second batch does not fit: the whole shard then has the bits of the smaller batch."""
    manifest = audio_shard(tmp_path, 3, [6, 7, 8])
    (whole, halves) = (parquet.read(embed(manifest, batch_size=size), AUDIO_EMBEDDINGS) for size in (4, 2))
    real, calls = clap.Clap.embed_audio, []

    def small(self, clips, batch_size):
        calls.append(batch_size)
        if calls == [4, 4]:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(self, clips, batch_size)

    monkeypatch.setattr(clap.Clap, "embed_audio", small)
    found = parquet.read(embed(manifest, batch_size=4), AUDIO_EMBEDDINGS)
    assert found.equals(halves)
    assert found.drop(["embedding"]).equals(whole.drop(["embedding"]))
    difference = tables.embeddings(found["embedding"]) - tables.embeddings(whole["embedding"])
    assert np.abs(difference).max() < 1e-5
    assert "Clips embedded at once: 2 (embedding.batch_size is 4)." in capsys.readouterr().err


def test_the_same_shard_gives_the_same_bytes(embed, tmp_path):
    manifest = audio_shard(tmp_path, 3, [6])
    once = embed(manifest).read_bytes()
    assert embed(manifest).read_bytes() == once


def test_notes_are_embedded_by_their_names(embed, tmp_path):
    tar = tmp_path / "shard_0000.tar"
    names = ["flute_acoustic_000-060-100", "bass_synthetic_003-030-025"]
    shard_writing.write(tar, (Clip(name, noise(n)[None], RATE, {"pitch": 60}) for n, name in enumerate(names)))
    table = parquet.read(embed(tar, "notes"), NOTE_EMBEDDINGS)
    assert table["note_id"].to_pylist() == names


@pytest.mark.parametrize(
    ("audio", "sentence"),
    [
        (noise(1, 0.05)[None], r"shard_0000\.tar, clip quiet is 0\.050 s long"),
    ],
)
def test_a_clip_that_cannot_be_heard_stops_the_job_with_its_place(embed, tmp_path, audio, sentence):
    shard_writing.write(
        tmp_path / "shard_0000.tar", [Clip("good", noise(1)[None], RATE, {}), Clip("quiet", audio, RATE, {})]
    )
    with pytest.raises(UserError, match=sentence):
        embed(tmp_path / "shard_0000.tar", "notes")
    assert [path.name for path in tmp_path.iterdir()] == ["shard_0000.tar"]


def test_a_silent_clip_is_embedded_as_any_other_and_named_in_the_log(embed, tmp_path, capsys):
    silence = np.zeros((1, RATE), np.float32)
    shard_writing.write(
        tmp_path / "shard_0000.tar", [Clip("a", noise(1)[None], RATE, {}), Clip("quiet", silence, RATE, {})]
    )
    table = parquet.read(embed(tmp_path / "shard_0000.tar", "notes"), NOTE_EMBEDDINGS)
    assert table["note_id"].to_pylist() == ["a", "quiet"]
    assert "1 of 2 clips are silent, first quiet" in capsys.readouterr().err


def test_a_missing_tar_file_of_the_shard_is_one_sentence(embed, tmp_path):
    manifest = audio_shard(tmp_path, 3, [6])
    (tmp_path / "noisy" / "step_00" / "shard_0003.tar").unlink()
    with pytest.raises(UserError, match=r"noisy/step_00/shard_0003\.tar does not exist"):
        embed(manifest)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"levels": [{}]}', '{"levels": 3}'])
def test_a_broken_manifest_is_one_sentence(embed, tmp_path, text):
    (tmp_path / "shard_0000.json").write_text(text)
    with pytest.raises(UserError, match=r"shard_0000\.json is no readable manifest"):
        embed(tmp_path / "shard_0000.json")


def test_audio_that_was_not_generated_is_one_sentence(embed, tmp_path):
    shard_writing.write(tmp_path / "s.tar", [Clip("a", noise(1)[None], RATE, {"prompt_id": 1})])
    (tmp_path / "shard_0000.json").write_text('{"levels": [{"tar": "s.tar"}]}')
    with pytest.raises(UserError, match=r"s\.tar: the record of clip a has no sample"):
        embed(tmp_path / "shard_0000.json")


def part(path, rows, digest="d"):
    """A table of audio embeddings with these (prompt, sample, signal, step), one row group a level."""
    with parquet.writer(path, AUDIO_EMBEDDINGS, {"model": "m", "digest": digest, "window_s": "1"}) as append:
        for level in dict.fromkeys(row[2:] for row in rows):
            some = [row for row in rows if row[2:] == level]
            embedding = np.stack([np.full(512, 100 * prompt + sample) for prompt, sample, *_ in some])
            columns = dict(zip(("prompt_id", "sample", "signal", "step"), zip(*some, strict=True), strict=True))
            columns = {name: list(values) for name, values in columns.items()}
            fixed = {"sigma": [1.0] * len(some), "log_snr_db": [0.0] * len(some)}
            append(pa.table({**columns, **fixed, "embedding": tables.embedding_column(embedding)}))
    return path


def rows(prompts, levels=LEVELS):
    return [(prompt, sample, *level) for level in levels for prompt in prompts for sample in (1, 0)]


def test_levels_are_collected_sorted_whatever_the_order_of_the_parts(tmp_path, monkeypatch):
    parts = [part(tmp_path / f"{n}.parquet", rows(prompts)) for n, prompts in enumerate([[8, 9], [2, 3], [5, 4]])]
    outputs = [tmp_path / "embeddings" / signal / f"step_{step:02d}.parquet" for signal, step in LEVELS[1:]]
    main(monkeypatch, collect_embeddings, parts=parts, outputs=outputs)
    for output, (signal, step) in zip(outputs, LEVELS[1:], strict=True):
        table = parquet.read(output, AUDIO_EMBEDDINGS)
        assert table["prompt_id"].to_pylist() == [2, 2, 3, 3, 4, 4, 5, 5, 8, 8, 9, 9]
        assert table["sample"].to_pylist() == [0, 1] * 6
        assert set(table["signal"].to_pylist()) == {signal}
        assert set(table["step"].to_pylist()) == {step}
        assert tables.embeddings(table["embedding"])[:, 0].tolist() == [
            100 * prompt + sample for prompt in (2, 3, 4, 5, 8, 9) for sample in (0, 1)
        ]
        assert parquet.metadata(output)["digest"] == "d"
        assert pq.ParquetFile(output).num_row_groups == 3  # written part by part


@pytest.mark.parametrize(
    ("second", "digest", "sentence"),
    [
        ([3, 2], "d", r"b\.parquet: the clip \(2, 0\) stands twice"),
        ([7, 7], "d", r"b\.parquet: the clip \(7, 0\) stands twice"),
        ([7], "other", r"b\.parquet was embedded by m \(other\) and .*a\.parquet by m \(d\)"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(tmp_path, second, digest, sentence):
    parts = [part(tmp_path / "a.parquet", rows([2])), part(tmp_path / "b.parquet", rows(second), digest)]
    with pytest.raises(UserError, match=sentence):
        collecting.collect_level(parts, "denoised", 7, tmp_path / "o.parquet")
    assert not (tmp_path / "o.parquet").exists()


def test_a_level_that_a_part_lacks_is_one_sentence(tmp_path):
    parts = [part(tmp_path / "a.parquet", rows([2])), part(tmp_path / "b.parquet", rows([3], LEVELS[:2]))]
    with pytest.raises(UserError, match=r"b\.parquet has no embeddings of noisy at step 0"):
        collecting.collect_level(parts, "noisy", 0, tmp_path / "o.parquet")


def test_a_part_that_is_missing_or_broken_is_one_sentence(tmp_path):
    good = part(tmp_path / "a.parquet", rows([2]))
    (tmp_path / "b.parquet").write_bytes(good.read_bytes()[:-20])
    for collect in (
        lambda second: collecting.collect_level([good, second], "noisy", 0, tmp_path / "o.parquet"),
        lambda second: collecting.collect_notes([second], tmp_path / "o.parquet"),
    ):
        with pytest.raises(UserError, match=r"b\.parquet is not a readable parquet file"):
            collect(tmp_path / "b.parquet")
        with pytest.raises(UserError, match=r"c\.parquet does not exist"):
            collect(tmp_path / "c.parquet")
    with pytest.raises(UserError, match=r"a\.parquet has no column 'note_id'"):
        collecting.collect_notes([good], tmp_path / "o.parquet")


def notes_part(path, names):
    table = pa.table({"note_id": names, "embedding": tables.embedding_column(np.ones((len(names), 512)))})
    parquet.write(path, NOTE_EMBEDDINGS, table, {"model": "m", "digest": "d"})
    return path


def test_notes_are_collected_and_stand_once(tmp_path, monkeypatch):
    parts = [notes_part(tmp_path / "a.parquet", ["x", "y"]), notes_part(tmp_path / "b.parquet", ["z"])]
    main(monkeypatch, collect_note_embeddings, parts=parts, output=tmp_path / "notes.parquet")
    assert parquet.read(tmp_path / "notes.parquet", NOTE_EMBEDDINGS)["note_id"].to_pylist() == ["x", "y", "z"]
    parts.append(notes_part(tmp_path / "c.parquet", ["y"]))
    with pytest.raises(UserError, match=r"c\.parquet: the note y stands twice"):
        collecting.collect_notes(parts, tmp_path / "notes.parquet")


OWN = """
import numpy as np
LICENCE, READS_TEXT, ON_SPHERE = "none needed", False, False
class Model:
    size, window, sample_rate = 4, 16_000, 16_000
    def embed_audio(self, clips, batch_size): return np.stack([np.resize(clip, 4) for clip in clips]).astype(np.float32)
def load(model, device="cpu"): return Model()
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("clips])", "clips[1:]])", r"the embedder gave 2 embeddings for 3 clips: expected one for each\."),
        (
            "window, sample",
            "width, sample",
            r"own\.py: what load returns has window None: expected a whole number above 0\.",
        ),
        ("16_000\n", "0\n", r"own\.py: what load returns has sample_rate 0: expected a whole number above 0\."),
    ],
)
def test_an_own_embedder_that_breaks_the_contract_is_a_sentence(tmp_path, monkeypatch, old, new, sentence):
    source, own = audio_shard(tmp_path, 0, range(3)), tmp_path / "own.py"
    given = {
        "family": own,
        "corpus": "audio",
        "inputs": source,
        "digest": "d",
        "batch_size": 3,
        "device": "cpu",
        "model": own,
    }
    own.write_text(OWN)
    main(monkeypatch, embed_audio, **given, output=tmp_path / "whole.parquet")
    own.write_text(OWN.replace(old, new))
    with pytest.raises(UserError, match=sentence):
        main(monkeypatch, embed_audio, **given, output=tmp_path / "part.parquet")
