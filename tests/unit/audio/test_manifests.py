import numpy as np
import pytest
from musicologist.audio import manifests
from musicologist.core.errors import UserError


def test_a_manifest_comes_back_wherever_its_folder_lies(tmp_path):
    level = {"signal": "noisy", "step": 5, "sigma": 0.5, "log_snr_db": 6.0}
    (tmp_path / "a").mkdir()
    tar = tmp_path / "a/noisy/step_05/shard_0000.tar"
    manifests.write_manifest(tmp_path / "a/shard_0000.json", [{**level, "tar": tar}], 3, {"model": "m"})
    (tmp_path / "a").rename(tmp_path / "b")
    found = manifests.read_manifest(tmp_path / "b/shard_0000.json")
    assert found == [{**level, "tar": tmp_path / "b/noisy/step_05/shard_0000.tar"}]


@pytest.mark.parametrize("content", ["", "[]", '{"levels": 3}', '{"levels": [{"step": 1}]}'])
def test_what_is_no_manifest_is_one_sentence(tmp_path, content):
    (tmp_path / "shard_0000.json").write_text(content)
    with pytest.raises(UserError, match=r"shard_0000\.json is no readable manifest of a shard"):
        manifests.read_manifest(tmp_path / "shard_0000.json")


def test_a_clip_tells_its_peak_and_how_much_of_it_is_clipped():
    audio = np.array([[0.5, -2.0], [1.0, 0.0]], np.float32)
    clip = manifests.clip(audio, 16_000, {"prompt_id": 12, "sample": 3, "step": 7})
    assert clip.key == "000012_03"
    assert clip.audio is audio  # one gain for all: none
    assert clip.record == {
        "prompt_id": 12, "sample": 3, "step": 7, "sample_rate": 16_000, "peak": 2.0, "clipped_share": 0.25,
    }  # fmt: skip
