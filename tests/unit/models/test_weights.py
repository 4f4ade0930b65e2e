import pickle

import numpy as np
import pytest
from musicologist.core.errors import UserError
from musicologist.models import weights

from tests.support import fake_hub


class Harmful:
    def __reduce__(self):
        return print, ("run",)


def test_a_checkpoint_with_plain_numbers_beside_the_weights_is_read(tmp_path):
    import torch

    state = {"a": torch.arange(3.0), "b": torch.ones(2, 2)}
    for name, content in {"bare": state, "wrapped": {"epoch": 3, "best": np.float64(0.5), "state_dict": state}}.items():
        torch.save(content, tmp_path / f"{name}.ckpt")
        found = weights.load(tmp_path / f"{name}.ckpt")
        assert found.keys() == state.keys()
        assert all(torch.equal(found[key], state[key]) for key in state)


def test_nothing_that_a_checkpoint_carries_is_run(tmp_path, capsys):
    import torch

    torch.save({"state_dict": {"a": torch.ones(1)}, "extra": Harmful()}, tmp_path / "x.ckpt")
    with pytest.raises(UserError, match=r"x\.ckpt is no readable weights file"):
        weights.load(tmp_path / "x.ckpt")
    torch.save({"a": 1}, tmp_path / "y.ckpt")
    with pytest.raises(UserError, match=r"y\.ckpt holds no named tensors"):
        weights.load(tmp_path / "y.ckpt")
    assert "run" not in capsys.readouterr().out


def test_the_names_in_a_file_are_read_without_running_anything(tmp_path, capsys):
    import torch
    from safetensors.torch import save_file

    save_file({"model.a": torch.ones(1), "b": torch.ones(2)}, tmp_path / "x.safetensors", {"format": "pt"})
    assert weights.names(tmp_path / "x.safetensors") == {"model.a", "b"}
    torch.save({"state_dict": {"diffusion.a": torch.ones(1)}, "extra": Harmful()}, tmp_path / "x.ckpt")
    assert {"state_dict", "diffusion.a", "extra"} <= weights.names(tmp_path / "x.ckpt")
    assert "run" not in capsys.readouterr().out


@pytest.mark.parametrize("cut", [0, 5, 40, 99_999])
def test_a_truncated_safetensors_is_known_by_its_ends(tmp_path, cut):
    path = tmp_path / "model.safetensors"
    path.write_bytes(fake_hub.safetensors())
    weights.check(path)
    path.write_bytes(fake_hub.safetensors()[:cut])
    with pytest.raises(UserError, match=r"model\.safetensors is no readable weights file"):
        weights.check(path)
    if cut > 1000:
        with pytest.raises(UserError, match="it is 99999 bytes long, and its header describes 100083"):
            weights.check(path)


def test_a_truncated_checkpoint_is_known_by_its_end(tmp_path):
    (tmp_path / "a.pt").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(UserError, match=r"a\.pt is truncated or no file that torch\.save wrote"):
        weights.check(tmp_path / "a.pt")


def test_modules_are_built_without_drawing_weights_but_with_their_buffers():
    import torch

    drawn = torch.get_rng_state()
    with weights.none_drawn():
        built = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Conv1d(2, 2, 3), torch.nn.BatchNorm1d(2))
    assert torch.equal(torch.get_rng_state(), drawn)
    assert torch.equal(dict(built.named_buffers())["2.running_var"], torch.ones(2))
    layer = torch.nn.Linear(8, 8)
    assert not torch.equal(torch.get_rng_state(), drawn) and layer.weight.abs().max() <= 8**-0.5
