"""What can be heard beside a run's clips: the notes that taught the probes, and the controls."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.concepts.datasets import NoteLabels
from musicologist.concepts.definitions import Concept
from musicologist.listening import reading, selection, sounds

NOTES_A_SIDE = 4
NEAR_NOTES = 2
NOTE_SECONDS = 2.0
CONTROLS = 4
"""Clips of each control (without prompt, branches, switched prompts)."""


def notes(
    concepts: Mapping[str, Concept],
    datasets: Mapping[str, Path],
    table: Path,
    shards: Sequence[Path],
    kbit: int,
    root: Path,
) -> tuple[dict[str, list[dict[str, str]]], dict[str, sounds.Heard]]:
    """By concept the notes to hear (with it, without it, near it), and the clips of all of them by name.

    ``datasets`` are by concept, ``table`` is notes.parquet, ``shards`` hold the notes' audio; places are relative to ``root``.
    """
    import pyarrow.parquet as pq

    found = pq.read_table(table)
    about = {row["note_id"]: row for row in found.to_pylist()}
    labels = NoteLabels(found)
    heard: dict[str, sounds.Heard] = {}
    listed: dict[str, list[dict[str, str]]] = {}
    for name, dataset in datasets.items():
        side_of = {row["note_id"]: row["label"] for row in reading.rows(dataset) if row["note_id"] in about}
        is_near = labels.labels(concepts[name]) == -1
        near = dict.fromkeys(found["note_id"].filter(is_near).to_pylist(), -1)
        picked = {
            label: chosen
            for side, count in ((side_of, NOTES_A_SIDE), (near, NEAR_NOTES))
            for label, chosen in selection.notes(_instruments(side, about), side, heard, count).items()
        }
        for label, words in ((1, "with it"), (0, "without it"), (-1, "near it, so left out")):
            for note in picked.get(label, []):
                heard.setdefault(note, sounds.Heard(f"note-{note}", {"corpus": "note"}))
                entry = {"clip": f"note-{note}", "side": words, "name": _name(about[note])}
                listed.setdefault(name, []).append(entry)
    sounds.of_notes(shards, heard, NOTE_SECONDS, kbit, root)
    return listed, {clip.name: clip for clip in heard.values()}


def _instruments(notes: Iterable[str], about: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {note: about[note]["instrument"] for note in notes}


def _name(note: Mapping[str, Any]) -> str:
    qualities = ", ".join(note["qualities"] or []).replace("_", " ")
    words = f"{note['instrument'].replace('_', ' ')}, pitch {note['pitch']}"
    return f"{words} ({qualities})" if qualities else words


def controls(
    corpora: Mapping[str, Path], levels: reading.Levels, kbit: int, root: Path, progress: sounds.Progress
) -> dict[str, sounds.Heard]:
    """By name the first clips of each control, whose folders ``corpora`` are SIGNAL/step_XX/NAME.tar.

    Of the clips without a prompt those at the run's levels, and apart from them the first noise, decoded.
    """
    named: dict[str, sounds.Heard] = {}
    for corpus, folder in corpora.items():
        tars = sounds.tars(folder)
        unprompted = corpus == "unconditional"
        mine = {level: found for level, found in tars.items() if not unprompted or level[1] in levels.steps}
        places = sounds.where(mine)
        chosen = sorted(places)[:CONTROLS]
        kinds = [(mine, corpus, corpus, chosen)]
        if unprompted:
            first = {level: found for level, found in tars.items() if level == ("noisy", 0)}
            kinds.append((first, "noise", "decoded noise", chosen[:1] if first else []))
        for where, prefix, kind, clips in kinds:
            heard = {
                clip: sounds.Heard(
                    f"{prefix}-{clip[0]}-{clip[1]}", {"corpus": kind, "prompt": clip[0], "sample": clip[1]}
                )
                for clip in clips
            }
            sounds.of_clips(where, heard, places, kbit, root, progress)
            named |= {clip.name: clip for clip in heard.values()}
    return named
