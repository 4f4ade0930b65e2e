"""A finished run and a new version: what is stale, and what may be kept."""

import subprocess
import sys

SAMPLER = "scripts/musicologist/audio/sampler.py"
HEAD, BODY = '            step = first + info["i"]\n', "            if keep:\n"
CALLBACK = HEAD + BODY
SMALL = ["--configfile", "tests/workflow/small.yaml", "--cores", "1"]


def program(checkout, *command):
    return subprocess.run(
        [sys.executable, *command], cwd=checkout.path, env=checkout.environment, capture_output=True, text=True
    )


def state(checkout):
    """Content of Snakemake's records, and times of all products."""
    records = {path: path.read_bytes() for path in (checkout / ".snakemake/metadata").rglob("*") if path.is_file()}
    return records, {path: path.stat().st_mtime_ns for path in (checkout / "results").rglob("*") if path.is_file()}


def test_an_edit_makes_stale_what_it_can_change_and_no_more(finished):
    finished.edit("scripts/musicologist/core/errors.py", "did you mean", "perhaps")
    finished.edit("scripts/musicologist/core/shards.py", "a member that is neither sound nor record", "a stray member")
    assert not finished.planned()
    with finished.edited("scripts/musicologist/figures/emergence.py", '"ms": 4.5', '"ms": 4.4'):
        assert {rule.partition("_")[0] for rule in finished.planned()} == {"plot"}
    with finished.edited(
        "scripts/musicologist/emergence/tables.py", '("control", pa', '("more", pa.string()), ("control", pa'
    ):
        stale = finished.planned()
        assert stale["measure_controls"] == 2
        assert not [rule for rule in stale if rule.startswith(("embed_", "generate_", "pack_", "train_"))]
    with finished.edited("scripts/musicologist/notes/synthesizer.py", 'if "reverb" in', 'if "no reverb" in'):
        stale = finished.planned()
        assert stale["render_notes"] == 1
        assert not [rule for rule in stale if rule.startswith(("write_prompts", "generate_", "embed_audio"))]


def test_a_refactoring_that_changes_no_clip_is_adopted_and_one_that_does_is_refused(finished):
    before = state(finished)
    with finished.edited(SAMPLER, CALLBACK, f"{HEAD}            info = dict(info)\n{BODY}"):
        assert finished.planned()["generate_audio"] == 2
        said = program(finished, "scripts/stale.py", *SMALL)
        assert said.returncode == 0 and "code generate_audio" in said.stdout, said.stderr
        done = program(finished, "scripts/adopt.py", "--", *SMALL)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "generate_audio: the samples made again are the same; 2 jobs count as fresh." in done.stdout
        assert not finished.planned()
        assert state(finished)[1] == before[1]
    records, times = state(finished)
    with finished.edited(SAMPLER, CALLBACK, f"{HEAD}            info = {{**info, 'x': 0.9 * info['x']}}\n{BODY}"):
        refused = program(finished, "scripts/adopt.py", "--", *SMALL)
        assert refused.returncode == 1
        assert "shard_0000.tar: 11 of 11 clips, by up to" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert state(finished) == (records, times)
    assert not list(finished.path.glob(".adopt-*"))
