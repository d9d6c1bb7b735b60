"""Supernet weights as safetensors bytes."""

from typing import TYPE_CHECKING

from safetensors.torch import load, save

if TYPE_CHECKING:
    from torch import nn


def to_bytes(module: "nn.Module") -> bytes:
    """Serialise parameters and buffers; the same weights give the same bytes."""
    state = module.state_dict()
    return save({name: state[name].detach().cpu().contiguous() for name in sorted(state)})


def load_into(module: "nn.Module", content: bytes) -> None:
    """Fill a module with stored parameters and buffers.

    Raises:
        RuntimeError: names or shapes differ.
    """
    module.load_state_dict(load(content))
