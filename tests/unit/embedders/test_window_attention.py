import copy

import pytest
from musicologist.embedders import window_attention
from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)

import torch  # isort: skip
from transformers import ClapAudioConfig, ClapAudioModel  # isort: skip


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    config = ClapAudioConfig(
        spec_size=64,
        num_mel_bins=32,
        freq_ratio=2,
        window_size=4,
        patch_size=4,
        patch_stride=[4, 4],
        patch_embeds_hidden_size=16,
        hidden_size=32,
        depths=[2, 2],
        num_attention_heads=[2, 4],
    )
    made = ClapAudioModel(config).eval()
    for name, tensor in made.named_parameters():
        if "relative_position_bias_table" in name:
            torch.nn.init.normal_(tensor)
    return made


@pytest.mark.parametrize("batch", [1, 3])
def test_attention_is_that_of_the_library_in_plain_and_in_shifted_windows(network, batch):
    fused = copy.deepcopy(network)
    window_attention.fuse(fused)
    features = torch.randn(batch, 1, 120, 32, generator=torch.Generator().manual_seed(batch))
    masks = []
    for module in fused.modules():
        if type(module).__name__ == "ClapAudioSelfAttention":
            module.register_forward_pre_hook(lambda _, given: masks.append(given[1] is not None))
    with torch.inference_mode():
        expected, found = (one(input_features=features).pooler_output for one in (network, fused))
    assert set(masks) == {True, False}
    assert expected.std() > 0.1
    assert float((found - expected).abs().max()) <= 1e-5


def test_the_library_itself_stays_as_it_was(network):
    fused = copy.deepcopy(network)
    window_attention.fuse(fused)
    kinds = [
        "forward" in vars(module)
        for one in (network, fused)
        for module in one.modules()
        if type(module).__name__ == "ClapAudioSelfAttention"
    ]
    assert kinds == [False] * 4 + [True] * 4
