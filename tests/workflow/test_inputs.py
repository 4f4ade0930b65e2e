"""Starting at step n: one finished run in the original study's formats, and a run from each of six points on."""

import csv
import json
import shutil
import tarfile
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import soundfile
from musicologist.core import shards

from tests.workflow.conftest import Checkout, inputs

BASE = (
    ("concepts: [is_brass, is_warm]", "concepts: [is_acoustic]"),
    ("  count: 22", "  count: 8"),
    ("prompts_per_shard: 11", "prompts_per_shard: 4"),
    ("samples: 1", "samples: 2"),
    ("steps: 6", "steps: 3"),
    ("keep: [0, 3, 5]", "keep: [0, 2]"),
    ("signals: [denoised, noisy]", "signals: [denoised]"),
    ("  count: 330", "  count: 132"),
    ("  shards: 2", "  shards: 1"),
    ("    svm: {C: 1}\n", ""),
    ("deformation: true", "deformation: false"),  # where embeddings are given there is no audio to hear it in
)
COLUMNS = [
    *("qualities", "pitch", "note", "instrument_source_str", "velocity", "instrument_str", "instrument", "sample_rate"),
    *("qualities_str", "instrument_source", "note_str", "instrument_family", "instrument_family_str", "audio_fpath"),
    *("is_acoustic", "is_acoustic_like", "binary_class", "binary_class_str"),
]


@pytest.fixture(scope="module")
def whole(checkout):
    """A finished run, and its products in given/ as the original study wrote them.

    Its notes are those of its concept and no others: random concepts are drawn from all notes there are, and who gives the
    embeddings of a concept's notes gives no others.
    """
    results, given = checkout / "results/whole", checkout / "given"
    write_archive(checkout, given)
    whole = (("run: small", "run: whole"), inputs(notes="given/nsynth-{split}.tar.gz"), *BASE)
    checkout.run("results/whole/atlas.csv", config=checkout.configuration("whole.yaml", *whole))
    write_prompts(results, given)
    write_audio(results, given)
    write_note_embeddings(results, given)
    return checkout


def write_archive(checkout, given):
    """Rendered notes, as many with the concept as without, unpacked and packed."""
    name = "results/rendered/concepts/is_acoustic/dataset.parquet"
    checkout.run(name, config=checkout.configuration("rendered.yaml", ("run: small", "run: rendered"), *BASE))
    with tarfile.open(checkout / "results/rendered/notes/nsynth-train.tar.gz") as tar:
        tar.extractall(given, filter="data")
    wanted = set(pd.read_parquet(checkout / name)["note_id"])
    listing = given / "nsynth-train/examples.json"
    entries = json.loads(listing.read_text())
    assert wanted < set(entries)
    listing.write_text(json.dumps({note: entry for note, entry in entries.items() if note in wanted}))
    for note in set(entries) - wanted:
        (given / f"nsynth-train/audio/{note}.wav").unlink()
    with tarfile.open(given / "nsynth-train.tar.gz", "w:gz") as tar:
        tar.add(given / "nsynth-train", "nsynth-train")


def write_prompts(results, given):
    prompts = pd.read_parquet(results / "prompts/prompts.parquet")
    annotations = pd.read_parquet(results / "prompts/annotations.parquet")
    (given / "prompts.txt").write_text("".join(f"{n}. {text}\n" for n, text in enumerate(prompts["text"], start=1)))
    rows = zip(prompts["text"], annotations["aspects"], annotations["bpm"], strict=True)
    records = [
        {"prompt": text, "aspects": list(aspects), "bpm": None if np.isnan(bpm) else bpm} for text, aspects, bpm in rows
    ]
    (given / "annotations.json").write_text(json.dumps(records, indent=2))
    shutil.copyfile(results / "prompts/annotations.parquet", given / "annotations.parquet")


def write_audio(results, given):
    import torch

    for step in (0, 2):
        for folder in ("audio", "embeddings"):
            (given / folder / f"diff_step_{step}").mkdir(parents=True)
        for tar in sorted((results / f"audio/denoised/step_{step:02d}").iterdir()):
            for clip in shards.read(tar):
                name = f"prompt_{clip.record['prompt_id']}_sample_{clip.record['sample']}.wav"
                integers = np.rint(clip.audio.T * 32767).astype(np.int16)
                soundfile.write(given / f"audio/diff_step_{step}" / name, integers, clip.sample_rate, subtype="PCM_16")
        table = pd.read_parquet(results / f"embeddings/denoised/step_{step:02d}.parquet")
        tensor = torch.from_numpy(np.stack(table["embedding"])).reshape(8, 2, 512)
        torch.save(tensor, given / f"embeddings/diff_step_{step}/laion-clap_embeddings.pt")


def write_note_embeddings(results, given):
    import torch

    entries = json.loads((given / "nsynth-train/examples.json").read_text())
    notes = pd.read_parquet(results / "embeddings/notes.parquet").set_index("note_id")["embedding"]
    dataset = pd.read_parquet(results / "concepts/is_acoustic/dataset.parquet")
    dataset = dataset.sort_values(["label", "note_id"], ascending=[False, True])
    folder = given / "concepts/is_acoustic"
    folder.mkdir(parents=True)
    torch.save(torch.from_numpy(np.stack(notes[dataset["note_id"]])), folder / "laion-clap_embeddings.pt")
    with open(folder / "audio_info.csv", "w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for note, label in zip(dataset["note_id"], dataset["label"], strict=True):
            labels = {"is_acoustic": label, "is_acoustic_like": 0, "binary_class": label, "binary_class_str": "x"}
            writer.writerow({**entries[note], **labels, "audio_fpath": f"audio/{note}.wav"})


# What stands above each starting point, and must not be planned.
PROMPTS = {"write_prompts"}
ANNOTATIONS = {*PROMPTS, "annotate_prompts"}
AUDIO = {*ANNOTATIONS, "import_prompts", "collect_prompts", "generate_audio"}
EMBEDDINGS = {*AUDIO, "import_audio", "embed_audio", "collect_embeddings"}
NOTES = {"render_notes", "download_notes"}
NOTE_EMBEDDINGS = {*NOTES, "pack_notes", "embed_notes", "collect_note_embeddings", "build_dataset"}
STARTS = {
    "prompts": ({"prompts": "given/prompts.txt"}, PROMPTS),
    "annotations": ({"annotations": "given/annotations.json"}, ANNOTATIONS),
    "audio": ({"audio": "given/audio", "annotations": "given/annotations.parquet"}, AUDIO),
    "embeddings": ({"embeddings": "given/embeddings", "annotations": "given/annotations.parquet"}, EMBEDDINGS),
    "notes": ({"notes": "given/nsynth-{split}"}, NOTES),
    "note_embeddings": ({"note_embeddings": "given/concepts"}, NOTE_EMBEDDINGS),
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A checkout without results, and files of the right names in given/: a dry-run opens only the prompts."""
    fresh = Checkout(tmp_path_factory.mktemp("bare"))
    clips = [f"prompt_{prompt}_sample_{sample}.wav" for prompt in range(8) for sample in range(2)]
    names = [f"audio/diff_step_{step}/{clip}" for step in (0, 2) for clip in clips]
    names += [f"embeddings/diff_step_{step}/laion-clap_embeddings.pt" for step in (0, 2)]
    names += ["nsynth-train/examples.json", "nsynth-train/audio/x.wav"]
    names += ["concepts/is_acoustic/laion-clap_embeddings.pt", "concepts/is_acoustic/audio_info.csv"]
    for name in names:
        (fresh / "given" / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / "given" / name).touch()
    (fresh / "given/prompts.txt").write_text("A flute.\n" * 8)
    (fresh / "given/annotations.parquet").touch()
    (fresh / "given/annotations.json").write_text(json.dumps([{"prompt": "A flute.", "aspects": []}] * 8))
    return fresh


@pytest.mark.parametrize("start", STARTS)
def test_nothing_above_what_is_given_is_planned(bare, start):
    given, above = STARTS[start]
    config = bare.configuration("alone.yaml", ("run: small", "run: alone"), inputs(**given), *BASE)
    plan = bare.planned("results/alone/atlas.csv", config=config)
    assert not above & set(plan)
    assert "collect_atlas" in plan
    assert {"pack_notes"} <= set(plan) if start == "notes" else any(rule.startswith("import_") for rule in plan)


# What is not looked at is given too, so that each start costs only its own way to the atlas. What one start edits below, no
# other is given.
REST = {
    "prompts": {"note_embeddings": "given/concepts"},
    "annotations": {"embeddings": "results/whole/embeddings", "note_embeddings": "given/concepts"},
    "audio": {"note_embeddings": "given/concepts"},
    "embeddings": {"note_embeddings": "given/concepts"},
    "notes": {"embeddings": "results/whole/embeddings", "annotations": "given/annotations.parquet"},
    "note_embeddings": {"embeddings": "results/whole/embeddings", "annotations": "given/annotations.parquet"},
}


def configured(whole, start):
    given = inputs(**STARTS[start][0], **REST[start])
    return whole.configuration(f"{start}.yaml", ("run: small", f"run: from_{start}"), given, *BASE)


@pytest.fixture(scope="module")
def started(whole):
    """Runs from one of the six points on to the atlas, once, and gives the configuration's name."""
    done = {}

    def run(start):
        if start not in done:
            done[start] = configured(whole, start)
            whole.run(f"results/from_{start}/atlas.csv", config=done[start])
        return done[start]

    return run


@pytest.mark.parametrize("start", STARTS)
def test_the_figures_are_those_of_the_whole_run(whole, started, start):
    started(start)
    ours = whole / f"results/from_{start}"
    assert (ours / "atlas.csv").read_bytes() == (whole / "results/whole/atlas.csv").read_bytes()
    assert json.loads((ours / "inputs.json").read_text())[start] == STARTS[start][0][start]


def test_shards_of_another_run_are_taken_as_they_are(whole):
    given = inputs(audio="results/whole/audio", annotations="given/annotations.json")
    config = whole.configuration("shards.yaml", ("run: small", "run: from_shards"), given, *BASE)
    names = [f"audio/shard_{shard:04d}.json" for shard in (0, 1)]
    whole.run(*(f"results/from_shards/{name}" for name in names), config=config)
    for tar in (whole / "results/whole/audio").rglob("*.tar"):
        name = tar.relative_to(whole / "results/whole")
        assert (whole / "results/from_shards" / name).read_bytes() == tar.read_bytes()


SCORED = {"score_audio": 1, "measure_emergence": 1, "collect_atlas": 1}
HEARD = {"mark_levels": 1, "embed_audio": 1, "collect_embeddings": 1, **SCORED}


def edit_text(whole):
    whole.edit("given/prompts.txt", "6. ", "6. In the rain, ")


def edit_aspect(whole):
    whole.edit("given/annotations.json", '"aspects": [', '"aspects": [\n      "reverb",')


def edit_wav(whole):
    name = whole / "given/audio/diff_step_2/prompt_5_sample_1.wav"
    audio, rate = soundfile.read(name, dtype="int16")
    soundfile.write(name, audio[::-1], rate, subtype="PCM_16")


def edit_tensor(whole):
    name = "given/embeddings/diff_step_{}/laion-clap_embeddings.pt"
    shutil.copyfile(whole / name.format(0), whole / name.format(2))


EDITS = {
    "prompts": (
        edit_text,
        {"import_prompts": 1, "collect_prompts": 1, "annotate_prompts": 1, "generate_audio": 1, **HEARD},
    ),
    "annotations": (edit_aspect, {"import_annotations": 1, **SCORED}),
    "audio": (edit_wav, {"import_audio": 1, **HEARD}),
    "embeddings": (edit_tensor, {"import_embeddings": 1, **SCORED}),
}


@pytest.mark.parametrize("start", EDITS)
def test_an_edited_input_makes_stale_what_it_must(whole, started, start):
    """Last in this file, for the inputs stay edited: a prompt's text its shard alone, a clip its shard alone."""
    config, (edit, expected) = started(start), EDITS[start]
    assert whole.planned(f"results/from_{start}/atlas.csv", config=config) == Counter()
    edit(whole)
    plan = whole.planned(f"results/from_{start}/atlas.csv", config=config)
    assert plan == Counter(expected)
