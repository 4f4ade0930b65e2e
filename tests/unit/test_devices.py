import pytest
import torch
from musicologist import devices
from musicologist.errors import UserError


@pytest.mark.parametrize(
    ("asked", "seen", "found"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_auto_takes_the_gpu_where_there_is_one(monkeypatch, asked, seen, found):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: seen)
    assert devices.resolve(asked) == found
    assert not torch.backends.cudnn.allow_tf32


def test_a_gpu_that_is_asked_for_and_missing_is_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="device: cuda, but this job sees no GPU"):
        devices.resolve("cuda")


def test_too_small_a_memory_names_the_key():
    refusal = pytest.raises(UserError, match=r"too small for 64 clips at once: lower audio\.batch_size")
    with refusal, devices.enough_memory("audio.batch_size", 64):
        raise torch.OutOfMemoryError("CUDA out of memory")
