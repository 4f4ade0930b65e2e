"""Writers killed at any moment: nothing half is taken for a product, and nothing of them is left after the next start."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from musicologist.core import files

from tests.unit.faults.test_cases import notes

ROOT = Path(__file__).parents[3]
WRITER = """
import sys, time
sys.path.insert(0, {scripts!r})
from musicologist.core.files import atomic_path
with atomic_path(sys.argv[1]) as path:
    with open(path, "wb") as stream:
        for number in range(200):
            stream.write(bytes([number]) * 1000)
            stream.flush()
            print(number, flush=True)
            time.sleep(0.002)
""".format(scripts=str(ROOT / "scripts"))


def start(target):
    return subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", range(5))
def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path, seed):
    target, dice = tmp_path / "shard_0000.tar", random.Random(seed)
    target.write_bytes(b"the old one")
    with start(target) as writer:
        for _ in range(dice.randrange(1, 150)):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
    assert target.read_bytes() == b"the old one"
    assert len(list(tmp_path.glob(".*.tmp"))) == 1
    files.write_text(target, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["shard_0000.tar"]


def test_what_a_living_writer_writes_is_not_touched(tmp_path):
    target = tmp_path / "a[1]*.tar"
    with start(target) as writer:
        writer.stdout.readline()
        files.write_text(target, "meanwhile")
        assert len(list(tmp_path.glob(".*.tmp"))) == 1
        writer.communicate()
    assert writer.returncode == 0
    assert len(target.read_bytes()) == 200_000
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_leftovers_of_other_products_stay(tmp_path):
    (tmp_path / ".other.tar.abcdefgh.tmp").touch()
    files.write_text(tmp_path / "tar", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.tar.abcdefgh.tmp", "tar"]


@pytest.mark.slow
def test_packing_killed_ten_times_gives_the_same_bytes_and_leaves_nothing(tmp_path):
    notes(tmp_path / "a.tar.gz")
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def command(folder):
        arguments = [
            "--sources",
            tmp_path / "a.tar.gz",
            "--splits",
            "train",
            "--per-instrument",
            "0",
            "--notes",
            folder / "n.parquet",
        ]
        return [
            sys.executable,
            ROOT / "scripts/pack_notes.py",
            *arguments,
            "--shards",
            folder / "s0.tar",
            folder / "s1.tar",
        ]

    environment = {**os.environ, "TMPDIR": str(scratch)}
    subprocess.run(command(tmp_path / "whole"), check=True, env=environment, capture_output=True)
    started = time.monotonic()
    subprocess.run(command(tmp_path / "other"), check=True, env=environment, capture_output=True)
    lasts = time.monotonic() - started
    dice = random.Random(1)
    for _ in range(10):
        with subprocess.Popen(command(tmp_path / "killed"), env=environment, stderr=subprocess.DEVNULL) as writer:
            time.sleep(dice.uniform(0.3, 1.0) * lasts)
            writer.kill()
    subprocess.run(command(tmp_path / "killed"), check=True, env=environment, capture_output=True)
    found = {path.name: path.read_bytes() for path in (tmp_path / "killed").iterdir()}
    assert found == {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    assert not list(scratch.iterdir())
