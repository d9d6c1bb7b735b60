"""Supernet weights as safetensors bytes."""

from safetensors.torch import load, save
from torch import nn

from imbnas.schemes.cosine_classifier import CosineClassifier
from imbnas.supernet.supernet import Supernet


def to_bytes(module: nn.Module) -> bytes:
    """Serialise parameters and buffers; the same weights give the same bytes."""
    state = module.state_dict()
    return save({name: state[name].detach().cpu().contiguous() for name in sorted(state)})


def load_into(supernet: Supernet, content: bytes) -> None:
    """Fill a supernet with stored parameters and buffers.

    A stored classifier without bias is one of cosines, whatever the supernet was built with.

    Raises:
        RuntimeError: names or shapes differ.
    """
    state = load(content)
    if "classifier.bias" not in state:
        num_classes, num_features = state["classifier.weight"].shape
        supernet.classifier = CosineClassifier(num_features, num_classes)
    supernet.load_state_dict(state)
