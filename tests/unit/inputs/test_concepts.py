import sys

import import_dataset
import import_note_embeddings
import numpy as np
import pytest
import torch
from musicologist.concepts.datasets import DATASET
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import NOTE_EMBEDDINGS
from musicologist.inputs import concepts

NOTES = [(f"note-{number}", f"instrument-{number % 6}", int(number < 6)) for number in range(12)]
HEADER = "qualities,note_str,instrument_str,is_brass,binary_class,binary_class_str\n"


def vector(name):
    values = np.random.default_rng(list(name.encode())).normal(size=512)
    return values / np.linalg.norm(values)


def folder(root, concept, notes=NOTES, header=HEADER, rows=None):
    place = root / concept
    place.mkdir(parents=True)
    lines = [f'"[0, 1]",{name},{instrument},{label},{label},is_brass\n' for name, instrument, label in notes]
    (place / "audio_info.csv").write_text(header + "".join(lines))
    array = np.stack([vector(name) for name, *_ in notes[:rows]]).astype(np.float32)
    torch.save(torch.from_numpy(array), place / "laion-clap_embeddings.pt")
    return place


@pytest.mark.parametrize("name", ["is_brass", "brass"])
def test_a_concept_has_a_folder_with_two_files(tmp_path, name):
    place = folder(tmp_path, name)
    files = place / "laion-clap_embeddings.pt", place / "audio_info.csv"
    assert concepts.files_of(tmp_path, "is_brass") == files
    assert concepts.read_info(files[1]) == NOTES
    with pytest.raises(UserError, match=r"has no folder is_warm \(or warm\)"):
        concepts.files_of(tmp_path, "is_warm")
    files[0].unlink()
    with pytest.raises(UserError, match=r"has no laion-clap_embeddings.pt or laion-clap_embeddings.npy"):
        concepts.files_of(tmp_path, "is_brass")


@pytest.mark.parametrize(
    ("notes", "header", "sentence"),
    [
        (NOTES, HEADER.replace("note_str", "note_string"), "has no column note_str; did you mean 'note_string'?"),
        ([*NOTES, NOTES[-1]], HEADER, "line 14: the note note-11 stands twice"),
        (NOTES[::-1], HEADER, "line 8: a positive follows a negative: expected positives first"),
        ([("a", "b", 2)], HEADER, "line 2: binary_class is '2': expected 1 or 0"),
        ([("", "b", 1)], HEADER, "line 2: note_str or instrument_str is empty"),
        ([], HEADER, "holds no notes"),
        (NOTES, HEADER.replace("is_brass", "note_str"), "the column note_str stands twice: rename one of the two"),
    ],
)
def test_a_bad_table_of_notes_is_one_sentence(tmp_path, notes, header, sentence):
    place = tmp_path / "audio_info.csv"
    place.write_text(header + "".join(f"x,{name},{instrument},1,{label},y\n" for name, instrument, label in notes))
    with pytest.raises(UserError) as caught:
        concepts.read_info(place)
    assert sentence in str(caught.value)


def import_all(monkeypatch, tmp_path, *places):
    flags = ["--embeddings", *(place / "laion-clap_embeddings.pt" for place in places)]
    flags += ["--infos", *(place / "audio_info.csv" for place in places), "--output", tmp_path / "notes.parquet"]
    monkeypatch.setattr(sys, "argv", ["import_note_embeddings.py", *map(str, flags)])
    import_note_embeddings.main()
    return parquet.read(tmp_path / "notes.parquet", NOTE_EMBEDDINGS)


def test_a_note_of_two_concepts_stands_once(monkeypatch, tmp_path):
    more = [*NOTES[3:], ("note-99", "instrument-1", 0)]
    table = import_all(
        monkeypatch,
        tmp_path,
        folder(tmp_path, "is_brass"),
        folder(tmp_path, "is_warm", sorted(more, key=lambda n: -n[2])),
    )
    names = table["note_id"].to_pylist()
    assert names == [name for name, *_ in NOTES] + ["note-99"]
    np.testing.assert_allclose(tables.embeddings(table["embedding"]), [vector(name) for name in names], atol=1e-6)


def test_embeddings_that_do_not_fit_the_notes_are_one_sentence(monkeypatch, tmp_path):
    with pytest.raises(UserError, match=r"has 11 rows and .* 12: expected one embedding a note"):
        import_all(monkeypatch, tmp_path, folder(tmp_path, "is_brass", rows=11))
    good, other = folder(tmp_path, "is_warm"), folder(tmp_path, "is_reed")
    swapped = NOTES[1::-1] + NOTES[2:]
    (other / "audio_info.csv").write_text(HEADER + "".join(f"x,{n},{i},1,{label},y\n" for n, i, label in swapped))
    with pytest.raises(UserError, match=r"the note note-1 has another embedding than in a concept before it"):
        import_all(monkeypatch, tmp_path, good, other)


def test_a_dataset_has_the_given_labels_and_holds_instruments_out(monkeypatch, tmp_path):
    place = folder(tmp_path, "is_brass")
    flags = ["--info", place / "audio_info.csv", "--concept", "is_brass", "--limit", 5, "--test-share", 0.3]
    flags += ["--seed", 1, "--output", tmp_path / "dataset.parquet"]
    monkeypatch.setattr(sys, "argv", ["import_dataset.py", *map(str, flags)])
    import_dataset.main()
    table = parquet.read(tmp_path / "dataset.parquet", DATASET).to_pylist()
    known = {name: (instrument, label) for name, instrument, label in NOTES}
    assert [row["label"] for row in table].count(1) == [row["label"] for row in table].count(0) == 5
    assert all(known[row["note_id"]] == (row["instrument"], row["label"]) for row in table)
    sides = [{row["instrument"] for row in table if row["split"] == split} for split in ("train", "test")]
    assert sides[0] and sides[1] and not sides[0] & sides[1]
    assert parquet.metadata(tmp_path / "dataset.parquet")["concept"] == "is_brass"


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_of_notes_as_spreadsheets_save_it_is_read(tmp_path, separator):
    head = separator.join(("note_str", "instrument_str", "binary_class"))
    rows = [separator.join(map(str, note)) for note in NOTES]
    (tmp_path / "audio_info.csv").write_text("\ufeff" + "\r\n".join([head, *rows]))
    assert concepts.read_info(tmp_path / "audio_info.csv") == NOTES
