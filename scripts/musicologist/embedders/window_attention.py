"""HTSAT's attention within windows by torch's fused kernel: the same numbers, and the scores of all pairs need no memory."""

from types import MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def fuse(network: Any) -> None:
    """Let every ClapAudioSelfAttention of a transformers' ClapModel attend by ``scaled_dot_product_attention``.

    For networks that are not trained: there is no dropout.
    """
    from transformers.models.clap.modeling_clap import ClapAudioSelfAttention

    for module in network.modules():
        if isinstance(module, ClapAudioSelfAttention):
            module.forward = MethodType(_attend, module)  # type: ignore[method-assign]


def _attend(
    module: Any, hidden_states: "torch.Tensor", attention_mask: "torch.Tensor | None" = None, *_: Any, **__: Any
) -> "tuple[torch.Tensor]":
    """What tokens (windows, tokens, width) hear of each other; a mask (a clip's windows, tokens, tokens) is added to scores."""
    import torch

    windows, tokens, width = hidden_states.shape
    heads = (windows, tokens, -1, module.attention_head_size)
    query, key, value = (
        layer(hidden_states).view(heads).transpose(1, 2) for layer in (module.query, module.key, module.value)
    )
    table = module.relative_position_bias_table[module.relative_position_index.view(-1)]
    bias = table.view(tokens, tokens, -1).permute(2, 0, 1)[None]
    if attention_mask is not None:
        bias = (bias + attention_mask[:, None]).repeat(windows // len(attention_mask), 1, 1, 1)
    heard = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
    return (heard.transpose(1, 2).reshape(windows, tokens, width),)
