import pytest
import torch
from musicologist.core.errors import UserError
from musicologist.models import devices

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("asked", "seen", "found"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_auto_takes_the_gpu_where_there_is_one(monkeypatch, asked, seen, found):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: seen)
    assert devices.resolve(asked) == found
    assert not torch.backends.cudnn.allow_tf32


def test_tf32_is_on_where_it_is_asked_for_and_nowhere_else():
    switches = torch.backends.cudnn, torch.backends.cuda.matmul
    for precision in ("tf32", "bfloat16", "tf32", "float32"):
        devices.resolve("cpu", precision)
        assert [switch.allow_tf32 for switch in switches] == [precision == "tf32"] * 2


def test_a_gpu_that_is_asked_for_and_missing_is_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="device: cuda, but this job sees no GPU"):
        devices.resolve("cuda")


@pytest.mark.parametrize(
    "loaded",
    [
        {"LOADEDMODULES": "cuda/12.4:cudnn/9.1"},
        {"LOADEDMODULES": "GCC/13:CUDA/12.4.0:cuDNN/9.1-CUDA-12.4"},
        {"LOADEDMODULES": "nvhpc/24.5", "__MODULES_LMALTNAME": "nvhpc/24.5&al|cuda&al|cudnn"},
    ],
)
def test_modules_count_as_loaded_under_their_own_or_a_sites_name(loaded):
    devices.check_modules(["cuda", "cudnn"], loaded)


def test_a_module_that_was_not_loaded_is_one_sentence():
    with pytest.raises(UserError, match=r"The module cudnn is not loaded in this job \(loaded: cuda/12\.4\)"):
        devices.check_modules(["cuda", "cudnn"], {"LOADEDMODULES": "cuda/12.4"})
    devices.check_modules([], {})


def halving(limit, error):
    """Work on a batch that fails above ``limit`` items."""

    def work(batch):
        if len(batch) > limit:
            raise error
        return [2 * item for item in batch]

    return work


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 7.50 GiB."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    ],
)
def test_a_batch_that_does_not_fit_is_halved_and_done_again(error, capsys):
    size = devices.BatchSize("audio.batch_size", 8)
    found = list(size.batches(list(range(11)), halving(3, error)))
    assert [batch for batch, _ in found] == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10]]
    assert [item for _, result in found for item in result] == list(range(0, 22, 2))
    assert str(size) == "2 (audio.batch_size is 8)"
    assert capsys.readouterr().err.count("Out of memory: going on with batches of") == 2


def test_memory_that_runs_out_later_loses_no_item():
    size = devices.BatchSize("audio.batch_size", 4)
    limits = iter([4, 3, 4, 4, 4])

    def work(batch):
        return halving(next(limits), torch.OutOfMemoryError("full"))(batch)

    found = [batch for batch, _ in size.batches(list(range(10)), work)]
    assert found == [[0, 1, 2, 3], [4, 5], [6, 7], [8, 9]]


def test_other_errors_are_not_mistaken_for_a_full_memory():
    size = devices.BatchSize("audio.batch_size", 8)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        list(size.batches([1, 2], halving(0, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))))
    assert str(size) == "8"


def test_a_memory_too_small_for_one_clip_is_one_sentence():
    size = devices.BatchSize("audio.batch_size", 5)
    with pytest.raises(UserError, match=r"does not take a single clip \(down from audio\.batch_size: 5\)"):
        list(size.batches([1, 2, 3], halving(0, torch.OutOfMemoryError("full"))))
