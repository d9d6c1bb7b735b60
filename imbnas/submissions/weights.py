"""Whether weights are those of a supernet, from their header alone."""

import json
from functools import lru_cache
from math import prod

import torch

from imbnas.spaces import NetworkShape
from imbnas.supernet import SUPERNETS
from imbnas.units.sealing import strict_json

_MOST_HEADER = 2**20
_SIZES = {"F32": 4, "F64": 8, "I64": 8, "F16": 2, "BF16": 2, "U8": 1, "BOOL": 1}
_NAMES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}

Tensors = dict[str, tuple[str, tuple[int, ...]]]
"""Name → type and shape."""


def tensors_of(content: bytes) -> Tensors:
    """What a safetensors file holds; no tensor is made.

    Raises:
        ValueError: it is none, or its header and its size do not go together.
    """
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= length <= min(_MOST_HEADER, len(content) - 8):
        raise ValueError("no safetensors file")
    header = strict_json(content[8 : 8 + length])
    if not isinstance(header, dict):
        raise ValueError("no safetensors file")
    header.pop("__metadata__", None)
    found, spans = {}, []
    for name, told in header.items():
        try:
            kind, shape, (start, end) = told["dtype"], tuple(told["shape"]), told["data_offsets"]
            numbers = all(type(each) is int and each >= 0 for each in (*shape, start, end))
            sound = numbers and end - start == prod(shape) * _SIZES[kind]
        except (KeyError, TypeError, ValueError):
            sound = False
        if not sound:
            raise ValueError(f"tensor {name[:60]!r} has not the size of its shape")
        found[name] = kind, shape
        spans.append((start, end))
    place = 0
    for start, end in sorted(spans):
        if start != place:
            raise ValueError("its tensors overlap, or leave gaps")
        place = end
    if place != len(content) - 8 - length:
        raise ValueError("its tensors do not fill the file")
    return found


def check_weights(content: bytes, space: str, shape: NetworkShape) -> None:
    """Make sure that weights are those of a supernet of one of imbnas's own spaces.

    Raises:
        ValueError: they are not.
    """
    found, wanted = tensors_of(content), dict(_expected(space, shape))
    if "classifier.bias" not in found:  # a classifier of cosines has none
        wanted.pop("classifier.bias", None)
    for name in sorted(found.keys() ^ wanted.keys()):
        fault = "missing" if name in wanted else "of no such supernet"
        raise ValueError(f"tensor {name[:60]!r} is {fault}")
    for name, told in found.items():
        if told != wanted[name]:
            raise ValueError(
                f"tensor {name[:60]!r} is {json.dumps(told)[:60]}, not {json.dumps(wanted[name])}"
            )


@lru_cache(maxsize=8)
def _expected(space: str, shape: NetworkShape) -> Tensors:
    with torch.random.fork_rng(devices=[]):
        supernet = SUPERNETS.get(space)(shape)
    return {
        name: (_NAMES[tensor.dtype], tuple(tensor.shape))
        for name, tensor in supernet.state_dict().items()
    }
