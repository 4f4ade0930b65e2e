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
