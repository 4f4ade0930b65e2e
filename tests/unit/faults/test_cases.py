"""Inputs after public bug reports (tests/support/cases): each is read, or refused with a sentence that says what to do."""

import gzip
import io
import json
import shutil
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from musicologist.concepts import definitions
from musicologist.core import documents, parquet, shard_writing, shards
from musicologist.core.errors import UserError
from musicologist.generators import stable_audio_tools
from musicologist.inputs import annotations, embeddings, prompts, section
from musicologist.inputs import audio as given_audio
from musicologist.inputs import concepts as given_concepts
from musicologist.notes import nsynth, packing
from musicologist.prompts.plan import Plan
from musicologist.workflow import planned, run

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests/support/cases"
SCHEMA = json.loads((ROOT / "config/schemas/config.schema.json").read_text())
RATE = 16_000


def laid_over(config, other):
    for key, value in other.items():
        config[key] = laid_over(config[key], value) if isinstance(value, dict) and key in config else value
    return config


def load_case(name):
    """The run of the small configuration with a case laid over it, as Snakefile and rules load one."""
    source = CASES / name
    documents.load_yaml(source, "a configuration")
    config = yaml.safe_load((ROOT / "tests/workflow/small.yaml").read_text())
    return run.load(laid_over(config, yaml.safe_load(source.read_text())), SCHEMA, str(source))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("config_key_no.yaml", r"the key False is no text .* put it in quotes"),
        ("config_key_1.yaml", r"the key 1 is no text .* put it in quotes"),
        ("config_sigma_inf.yaml", r"trajectory\.sigma_max is inf: expected a finite number"),
        ("config_nan_guidance.yaml", r"trajectory\.guidance is nan: expected a finite number"),
        ("config_dup_key.yaml", r"the key seed stands twice, in line 1 and in line 2"),
        ("config_keep_twice.yaml", r"trajectory\.keep names 0 twice: name it once"),
        ("config_run_no.yaml", r"run is False: expected a text; put it in quotes"),
        ("config_count_1e9.yaml", r"prompts\.count: 1000000000 is greater than the maximum"),
        (
            "config_model_is_file.yaml",
            r"README\.md/model_config\.json does not exist: expected models\.diffusion to name a directory",
        ),
    ],
)
def test_a_configuration_is_refused_in_one_sentence(name, sentence, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError, match=sentence):
        load_case(name)


def test_whole_numbers_written_as_floats_are_taken(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert load_case("config_count_float.yaml").config["prompts"]["count"] == 22
    assert load_case("config_keep_floats.yaml").kept_steps == [0, 3, 5]  # the last is always kept


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("concepts_backtick.yaml", r"'is_x`touch MARK`' cannot be a name, which stands in file names and commands"),
        ("concepts_overlap.yaml", r"is_x, prompts: the term 'brass' is positive and near at once"),
    ],
)
def test_a_file_of_concepts_is_refused(name, sentence):
    with pytest.raises(UserError, match=sentence):
        definitions.load(CASES / name)


def test_half_an_emoji_in_prompts_is_a_sentence_with_file_and_line():
    with pytest.raises(UserError, match=r"prompts_surrogate\.jsonl, record 4, line 4: half of a character"):
        prompts.read_given(CASES / "prompts_surrogate.jsonl")


def test_prompts_as_other_programs_write_them_are_read():
    first = "A trumpet plays 1 slow notes."
    for name in ("prompts_semicolon.csv", "prompts_list_of_strings.json", "prompts_numbered.txt"):
        texts = prompts.read_given(CASES / name)
        assert (texts[0], len(texts)) == (first, 22)


def test_prompts_counted_from_1_are_told_how_to_be_mended():
    with pytest.raises(
        UserError, match=r"line 2: the prompt id '1' is not the running number 0, counted from 0: number"
    ):
        prompts.read_given(CASES / "prompts_ids_from_1.csv")


def test_equal_prompts_are_doubted():
    assert section.doubt(prompts.read_given(CASES / "prompts_duplicates.txt")).startswith(
        "Of 22 prompts only 2 are different"
    )
    assert section.doubt(["a", "b"]) == ""


def test_brackets_without_end_are_a_sentence():
    with pytest.raises(UserError, match=r"prompts_deep\.json, line 1: not JSON \(nested too deeply\)"):
        prompts.read_given(CASES / "prompts_deep.json")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("annotations_surrogate.json", r"record 4, line 1: half of a character"),
        ("annotations_huge_bpm.json", r"record 4: bpm is 1000000.*: expected a number up to"),
    ],
)
def test_annotations_are_a_sentence_with_the_record(name, sentence):
    with pytest.raises(UserError, match=sentence):
        annotations.read_original(CASES / name)


def call(monkeypatch, script, *arguments):
    """Run a script's main in this process."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    __import__(script).main()


def test_a_table_of_annotations_without_aspects_is_a_sentence_with_the_prompt(monkeypatch, tmp_path):
    arguments = (
        "--file",
        CASES / "annotations_null_aspects.parquet",
        "--count",
        22,
        "--output",
        tmp_path / "a.parquet",
    )
    with pytest.raises(
        UserError, match=r"annotations_null_aspects\.parquet, prompt \d+: aspects or aspects_raw is missing"
    ):
        call(monkeypatch, "import_annotations", *arguments)


def test_annotations_of_too_few_prompts_are_a_sentence_when_clips_are_scored(monkeypatch, tmp_path):
    import pyarrow as pa
    from musicologist.core.files import atomic_path
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, embedding_column
    from musicologist.probes import classifiers, logistic

    rows = np.random.default_rng(0).normal(size=(22, 512)).astype(np.float32)
    probe = classifiers.at(logistic.__name__).fit(rows, np.arange(22) % 2, {"C": 1.0}, 0)
    with atomic_path(tmp_path / "probe.skops") as temporary:
        classifiers.save(probe, temporary)
    columns = {"prompt_id": range(22), "sample": [0] * 22, "signal": ["denoised"] * 22, "step": [0] * 22}
    columns |= {"sigma": [1.0] * 22, "log_snr_db": [0.0] * 22, "embedding": embedding_column(rows)}
    parquet.write(tmp_path / "e.parquet", AUDIO_EMBEDDINGS, pa.table(columns))
    arguments = [
        "--probe",
        tmp_path / "probe.skops",
        "--classifier",
        logistic.__name__,
        "--embeddings",
        tmp_path / "e.parquet",
    ]
    arguments += ["--annotations", CASES / "annotations_few.parquet", "--concepts", ROOT / "config/concepts.yaml"]
    arguments += [
        "--concept",
        "is_brass",
        "--name",
        "logistic",
        "--labels",
        "corrected",
        "--original-labels",
        "x",
        "--output",
        tmp_path / "s.parquet",
    ]
    with pytest.raises(UserError, match=r"annotations_few\.parquet has no annotation of prompt 5 \(17 such\)"):
        call(monkeypatch, "score_audio", *arguments)
    assert not (tmp_path / "s.parquet").exists()


def test_audio_info_in_utf_16_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "is_brass").mkdir()
    (tmp_path / "is_brass/laion-clap_embeddings.pt").touch()
    shutil.copyfile(CASES / "audio_info_utf16.csv", tmp_path / "is_brass/audio_info.csv")
    with pytest.raises(UserError, match=r"audio_info\.csv is not UTF-8 text: save it as UTF-8"):
        given_concepts.files_of(tmp_path, "is_brass")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("model_config_clap_text.json", r"the conditioner 'clap_text' is none that is built here"),
        ("model_config_unknown_network.json", r"the network '.*' is none that is built here"),
        ("model_config_unknown_bottleneck.json", r"the bottleneck 'rvq_nope' is none that is built here"),
    ],
)
def test_a_models_configuration_is_refused_before_anything_is_built(name, sentence, tmp_path):
    shutil.copyfile(CASES / name, tmp_path / "model_config.json")
    with pytest.raises(UserError, match=sentence):
        stable_audio_tools.read_config(tmp_path)


def test_a_clap_of_another_width_is_refused_before_anything_is_embedded(tmp_path):
    from musicologist.embedders import clap

    from tests.support import tiny_models

    model = tiny_models.clap_directory(tmp_path / "clap")
    clap.check(model)
    shutil.copyfile(CASES / "clap_256_config.json", model / "config.json")
    with pytest.raises(UserError, match=r"config\.json: projection_dim is 256: expected a CLAP of 512 dimensions"):
        clap.check(model)


def test_an_array_that_claims_petabytes_is_a_sentence():
    with pytest.raises(
        UserError, match=r"embeddings_header\.npy .*its header claims \d{16,} bytes, and 2048 are there"
    ):
        embeddings.load_array(CASES / "embeddings_header.npy")


def members(path, *pairs, mode="w"):
    with tarfile.open(path, mode) as tar:
        for name, content in pairs:
            member = tarfile.TarInfo(name)
            member.type = tarfile.REGTYPE if content is not None else tarfile.DIRTYPE
            member.size = len(content or b"")
            tar.addfile(member, io.BytesIO(content or b""))
    return path


def wav(audio, subtype="PCM_16", kind="WAV"):
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, RATE, format=kind, subtype=subtype)
    return buffer.getvalue()


def tone(number=0, seconds=0.15):
    return (0.4 * np.sin(np.arange(int(RATE * seconds)) * (0.05 + 0.01 * number))).astype(np.float32)


def pack(path, folder):
    """The notes by name that packing an archive gives."""
    packing.pack([packing.Source(path, "train")], 0, [folder / "s.tar"], folder / "notes.parquet")
    return {clip.key: clip for clip in shards.read(folder / "s.tar")}


def test_notes_as_float_wavs_keep_their_waveform(tmp_path):
    found = pack(CASES / "nsynth_float_wav.tar.gz", tmp_path)
    assert len(found) == 6
    with tarfile.open(CASES / "nsynth_float_wav.tar.gz") as tar:
        for name, clip in found.items():
            content = tar.extractfile(f"nsynth-train/audio/{name}.wav").read()
            expected, _ = soundfile.read(io.BytesIO(content), dtype="float32")
            assert np.abs(clip.audio[0] - expected).max() <= 0.502 / 32767


NOTES = [f"{family}_acoustic_{n:03d}-060-100" for n, family in enumerate(("brass", "reed", "flute"))]


def notes(path, mode="w:gz", beside=(), **changes):
    entries = {name: nsynth.entry(n, name[:-8], 60, 100, []) | changes for n, name in enumerate(NOTES)}
    pairs = [("nsynth-train/examples.json", json.dumps(entries).encode())]
    for number, name in enumerate(NOTES):
        pairs += [(f"nsynth-train/audio/{other}{name}.wav", b"\0\5\26\7Mac") for other in beside]
        pairs += [(f"nsynth-train/audio/{name}.wav", wav(tone(number)))]
    return members(path, *pairs, mode=mode)


def test_notes_packed_on_a_mac_are_read_without_its_own_files(tmp_path):
    assert sorted(pack(notes(tmp_path / "a.tar.gz", beside=("._",)), tmp_path)) == sorted(NOTES)
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        tar.extractall(tmp_path / "there", filter="data")
    assert len(pack(tmp_path / "there/nsynth-train", tmp_path)) == 3


def test_an_archive_that_a_browser_gunzipped_is_read(tmp_path):
    assert len(pack(notes(tmp_path / "a.tar", "w"), tmp_path)) == 3


@pytest.mark.parametrize("pitch", [70_000, 1e30, float("nan"), -1, 60.5, True, "60", None, [1], "9" * 400])
def test_a_pitch_that_midi_does_not_have_is_a_sentence_with_the_note(tmp_path, pitch):
    with pytest.raises(UserError, match=r"a\.tar\.gz: the entry of \w+_acoustic_000-060-100 in examples\.json"):
        pack(notes(tmp_path / "a.tar.gz", pitch=pitch), tmp_path)


def test_qualities_that_are_no_0_and_1_are_a_sentence_with_the_note(tmp_path):
    with pytest.raises(UserError, match="qualities are 0000000000, expected ten of 0 and 1"):
        pack(notes(tmp_path / "a.tar.gz", qualities="0000000000"), tmp_path)


FLAC = shard_writing.encode(tone()[None], RATE)
RECORD = json.dumps(
    {"prompt_id": 0, "sample": 0, "signal": "denoised", "step": 5, "sigma": 1.0, "log_snr_db": 0.0}
).encode()


@pytest.mark.parametrize(
    "pairs",
    [
        [("./", None), ("./a.flac", FLAC), ("./a.json", RECORD)],
        [("a.json", RECORD), ("a.flac", FLAC)],
        [("._a.flac", b"Mac"), ("a.flac", FLAC), ("._a.json", b"Mac"), ("a.json", RECORD)],
        [("a.json", RECORD), ("b.json", RECORD), ("b.flac", FLAC), ("./a.flac", FLAC)],
    ],
    ids=["gnu tar of a folder", "record first", "a Mac", "sorted by suffix"],
)
def test_shards_that_other_tools_packed_are_read(tmp_path, pairs):
    found = {clip.key: clip for clip in shards.read(members(tmp_path / "s.tar", *pairs))}
    assert np.abs(found["a"].audio[0] - tone()).max() < 1e-4
    assert found["a"].record["step"] == 5


LONG = "prompt_" + "x" * 300
PAIR = [("a.flac", FLAC), ("a.json", RECORD)]


def linked(path, kind, target, pairs=PAIR, mode="w", name="b.flac"):
    """An archive with a member of another kind than a file behind its files."""
    with tarfile.open(members(path, *pairs, mode=mode)) as tar:
        packed = [(member, tar.extractfile(member).read()) for member in tar]
    with tarfile.open(path, mode) as tar:
        for member, content in packed:
            tar.addfile(member, io.BytesIO(content))
        other = tarfile.TarInfo(name)
        other.type, other.linkname = kind, target
        tar.addfile(other)
    return path


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "GNU"])
def test_shards_with_long_names_and_huge_owners_are_read(tmp_path, form):
    with tarfile.open(tmp_path / "s.tar", "w", format=form, pax_headers={"comment": "from git archive"}) as tar:
        for suffix, content in ((".flac", FLAC), (".json", RECORD)):
            member = tarfile.TarInfo(LONG + suffix)
            member.size, member.uid, member.uname, member.mtime = len(content), 2**40, "ü" * 20, 1e11
            tar.addfile(member, io.BytesIO(content))
    assert [clip.key for clip in shards.read(tmp_path / "s.tar")] == [LONG]


@pytest.mark.parametrize(
    ("kind", "target"),
    [(tarfile.SYMTYPE, "/etc/passwd"), (tarfile.LNKTYPE, "a.flac"), (tarfile.CHRTYPE, ""), (tarfile.FIFOTYPE, "")],
    ids=["symbolic link", "hard link", "device", "pipe"],
)
def test_what_is_no_file_in_a_shard_is_a_sentence_that_names_it(tmp_path, kind, target):
    with pytest.raises(UserError, match=r"s\.tar, member b\.flac: found a member that is neither sound nor record"):
        list(shards.read(linked(tmp_path / "s.tar", kind, target), "pack it again"))


@pytest.mark.parametrize(
    "spoil",
    [lambda whole: whole[:2000], lambda whole: whole.rstrip(b"\0"), gzip.compress, lambda whole: b"", bytes.upper],
    ids=["cut off", "no end", "gzipped", "empty", "upper case"],
)
def test_spoilt_shards_are_a_sentence(tmp_path, spoil):
    whole = members(tmp_path / "s.tar", *PAIR).read_bytes()
    (tmp_path / "s.tar").write_bytes(spoil(whole))
    with pytest.raises(UserError, match=r"s\.tar.*pack it again"):
        list(shards.read(tmp_path / "s.tar", "pack it again"))


def test_what_stands_behind_the_end_of_a_shard_does_not_matter(tmp_path):
    path = members(tmp_path / "s.tar", *PAIR)
    path.write_bytes(path.read_bytes() + b"more" * 300)
    assert len(list(shards.read(path))) == 1


BASE = {"prompt_id": 0, "sample": 0, "signal": "denoised", "step": 5, "sigma": 1.0, "log_snr_db": 0.0}


def given_shard(folder, *records):
    pairs = [
        (f"{n}{suffix}", content)
        for n, one in enumerate(records)
        for suffix, content in ((".flac", FLAC), (".json", one))
    ]
    (folder / "denoised/step_05").mkdir(parents=True)
    return members(folder / "denoised/step_05/shard_0000.tar", *pairs)


def import_shard(monkeypatch, folder, prompts):
    """Import it as a job does; the records of the clips that are written."""
    options = {"--folder": folder, "--shard": 0, "--first": 0, "--last": prompts - 1, "--samples": 1, "--steps": 6}
    options |= {"--sigma-max": 100, "--sigma-min": 0.2, "--manifest": folder / "m.json"}
    tar = folder / "out/denoised/step_05/shard_0000.tar"
    call(monkeypatch, "import_audio", *(word for pair in options.items() for word in pair), "--tars", tar)
    return [clip.record for clip in shards.read(tar)]


def record(**changes):
    return json.dumps({key: value for key, value in (BASE | changes).items() if value != "left out"}).encode()


def test_the_records_of_a_given_shard_are_taken_over(monkeypatch, tmp_path):
    other = record(prompt_id=1, prompt="Ein Baß.", sigma="left out", log_snr_db="left out")
    given_shard(tmp_path, other.replace(b"}", b', "sigma": 1.0, "log_snr_db": 0}'), record())
    found = import_shard(monkeypatch, tmp_path, 2)
    assert [one["sigma"] for one in found] == [1.0, 1.0] and {one.get("prompt") for one in found} == {None, "Ein Baß."}


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (record(prompt_id=[0]), r"prompt_id is \[0\]: expected a whole number"),
        (record(prompt_id=False), "prompt_id is False"),
        (record(prompt_id=0.0), r"prompt_id is 0\.0"),
        (record(sample={}), "sample is {}"),
        (record(prompt=7), "prompt is 7: expected a text"),
        (record(prompt="\ud83c"), "half of a character"),
        (record(prompt="a\0b"), "zero byte"),
        (record(sigma="abc"), "expected a noise level above 0 and its log-SNR in dB"),
        (record(sigma=-1.0), "expected a noise level above 0"),
        (record(sigma=True), "expected a noise level above 0"),
        (record(sigma=None), "expected a noise level above 0"),
        (record(sigma="left out"), "expected a noise level above 0"),
        (record(sigma=float("nan")), "a number that is not finite"),
        (record(peak=float("inf")), "a number that is not finite"),
        (record(log_snr_db=50), r"sigma 1\.0 and log_snr_db 50: expected .* 0\.00 dB"),
        (b'{"prompt_id": 0, "sample": 0, "sigma": 1' + b"0" * 400 + b', "log_snr_db": 0}', "expected a noise level"),
    ],
)
def test_a_record_that_cannot_be_a_clips_is_a_sentence_with_the_member(monkeypatch, tmp_path, one, sentence):
    given_shard(tmp_path, one)
    with pytest.raises(UserError, match=rf"shard_0000\.tar, member 0\.json.*{sentence}"):
        import_shard(monkeypatch, tmp_path, 1)
    assert not (tmp_path / "m.json").exists()


def test_two_noise_levels_in_one_given_shard_are_a_sentence(monkeypatch, tmp_path):
    given_shard(tmp_path, record(), record(prompt_id=1, sigma=10.0, log_snr_db=-20))
    with pytest.raises(UserError, match=r"member 1\.json has sigma 10\.0, and member 0\.json sigma 1\.0: expected one"):
        import_shard(monkeypatch, tmp_path, 2)


def test_a_member_that_claims_more_than_its_shard_holds_is_refused_before_it_is_read(monkeypatch, tmp_path):
    path, member = given_shard(tmp_path, record()), tarfile.TarInfo("0.flac")
    member.size = 1 << 50
    path.write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(5000))
    with pytest.raises(
        UserError, match=r"member 0\.flac claims 1125899906842624 bytes, and the file has 5512: pack or copy"
    ):
        import_shard(monkeypatch, tmp_path, 1)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_place_of_notes_are_a_sentence_that_says_how_to_pack(tmp_path, kind):
    with tarfile.open(notes(tmp_path / "a.tar.gz")) as tar:
        pairs = [(member.name, tar.extractfile(member).read()) for member in tar]
    path = linked(tmp_path / "b.tar.gz", kind, pairs[1][0], pairs, "w:gz", "nsynth-train/audio/x.wav")
    with pytest.raises(UserError, match=r"b\.tar\.gz holds a link .* behind nsynth-train/audio/flute.*--dereference"):
        pack(path, tmp_path)


def test_an_archive_with_absolute_names_says_what_it_holds(tmp_path):
    with pytest.raises(UserError, match=r"has no nsynth-train/examples\.json \(it holds /\)"):
        pack(members(tmp_path / "a.tar", ("/data/nsynth-train/examples.json", b"{}")), tmp_path)


def test_nobody_is_told_to_delete_a_shard_that_he_gave(tmp_path):
    (tmp_path / "denoised/step_05").mkdir(parents=True)
    tar = members(tmp_path / "denoised/step_05/shard_0000.tar", ("a.flac", FLAC))
    with pytest.raises(UserError, match="without its record") as error:
        list(given_audio.clips(tar, ("denoised", 5), 1.0, {(0, 0)}))
    assert "delete it" not in str(error.value) and "pack or copy the file again" in str(error.value)


def test_a_padded_name_of_given_audio_is_a_sentence_when_the_workflow_is_read(tmp_path):
    (tmp_path / "diff_step_5").mkdir()
    (tmp_path / "diff_step_5/prompt_0004_sample_0.wav").write_bytes(wav(tone()))
    with pytest.raises(UserError, match=r"prompt_0004_sample_0\.wav: expected the name prompt_4_sample_0\.wav: rename"):
        given_audio.check(tmp_path, [("denoised", 5)], Plan(5, 5, 1), 1)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "diff_step_05/prompt_0_sample_0.wav",
            r"has no diff_step_5, .* written in another way: rename it to diff_step_5\.",
        ),
        ("diff_step_3/prompt_0_sample_0.wav", r"it has the steps 3: keep those"),
        (
            "diff_step_5/prompt_0_sample_0.WAV",
            r"missing \(1 such\); there is prompt_0_sample_0\.WAV, and only \.wav is",
        ),
        (
            "diff_step_5/prompt_0_sample_0.flac",
            r"there is prompt_0_sample_0\.flac, and only \.wav is looked for; or leave",
        ),
        ("diff_step_5/prompt_٠_sample_0.wav", r"expected the name prompt_0_sample_0\.wav: rename"),
    ],
)
def test_other_names_of_given_audio_are_told_what_is_in_the_way(tmp_path, name, sentence):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_bytes(wav(tone()))
    with pytest.raises(UserError, match=sentence):
        given_audio.check(tmp_path, [("denoised", 5)], Plan(1, 1, 1), 1)


def test_a_record_of_inputs_that_was_cut_off_names_the_file_and_what_to_do(tmp_path):
    (tmp_path / "atlas.csv").touch()
    shutil.copyfile(CASES / "inputs_cut.json", tmp_path / "inputs.json")
    with pytest.raises(UserError, match=r"inputs\.json, which records .*is damaged.* restore it from a copy; or"):
        planned.check_recorded(tmp_path / "inputs.json", {}, "demo")


def test_the_gunzipped_case_is_one_indeed(tmp_path):
    with pytest.raises(gzip.BadGzipFile), gzip.open(notes(tmp_path / "a.tar", "w")) as stream:
        stream.read(1)
