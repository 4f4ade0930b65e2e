"""A sound font that the models were trained on and one that judges them: which samples stand in both."""

import struct
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def shared_samples(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import shared_samples

    return shared_samples


def sound(seed: int, length: int = 4000) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9000, 9000, length).astype("<i2")


def write_font(path: Path, samples: dict[str, np.ndarray]) -> Path:
    """A SoundFont 2 file with these samples and nothing that plays them."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)

    headers, place = b"", 0
    for name, values in samples.items():
        headers += struct.pack("<20sIIIIIBbHH", name.encode(), place, place + len(values), 0, 0, 16000, 60, 0, 0, 1)
        place += len(values)
    lists = (
        chunk(b"LIST", b"INFO" + chunk(b"INAM", b"odd")),
        chunk(b"LIST", b"sdta" + chunk(b"smpl", b"".join(values.tobytes() for values in samples.values()))),
        chunk(b"LIST", b"pdta" + chunk(b"shdr", headers)),
    )
    path.write_bytes(chunk(b"RIFF", b"sfbk" + b"".join(lists)))
    return path


def test_a_copy_is_found_under_another_name_and_at_another_place_and_nothing_else(
    shared_samples, tmp_path, monkeypatch, capsys
):
    font = write_font(tmp_path / "judge.sf2", {"flute": sound(1), "oboe": sound(2), "silence": np.zeros(4000, "<i2")})
    copied = write_font(tmp_path / "copied.sf2", {"drum": sound(3, 1301), "pipe": sound(1)})
    other = write_font(tmp_path / "other.sf2", {"flute": sound(4), "oboe": sound(5), "quiet": np.zeros(9000, "<i2")})
    monkeypatch.setattr("sys.argv", ["shared_samples.py", str(font), str(copied), str(other)])
    shared_samples.main()
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{copied}: 1 of 2 samples of {font}, first flute (0)."  # silence is the same everywhere
    assert second == f"{other}: 0 of 2 samples of {font}."


def test_a_copy_is_found_across_the_parts_that_are_read_at_once(shared_samples, monkeypatch):
    monkeypatch.setattr(shared_samples, "AT_ONCE", 700)
    found = shared_samples.shared(sound(1), {"flute": (0, 4000)}, np.concatenate([sound(3, 333), sound(1)]))
    assert found == {"flute": 1.0}


def test_what_is_no_copy_of_many_samples_has_few_runs_in_common(shared_samples):
    values = np.concatenate([sound(seed) for seed in range(10)])
    samples = {str(n): (4000 * n, 4000 * (n + 1)) for n in range(10)}
    assert set(shared_samples.shared(values, samples, sound(99, 50_000)).values()) == {0.0}
