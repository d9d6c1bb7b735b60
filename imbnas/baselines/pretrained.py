"""Loads published weights, from a file or from where timm publishes them; never unpickles code."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from imbnas.baselines.spec import BaselineSpec
from imbnas.errors import InputError

Pretrained = bool | Path

_SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
# A file for another network fills only some layers, whose names happen to agree.
_LEAST_FILLED = 0.9


def load_pretrained(
    create: Callable[..., nn.Module], spec: BaselineSpec, pretrained: Path | bool
) -> nn.Module:
    """Build a timm model that holds published weights.

    timm adapts the first convolution to the number of channels, and position embeddings and
    patches to the image size. Files are read as safetensors, or by ``torch.load`` with
    ``weights_only``, which refuses everything but tensors.

    Args:
        create: builds the model; takes timm's ``pretrained`` and ``pretrained_cfg_overlay``.
        spec: the baseline, for messages.
        pretrained: a file, or ``True`` for the weights that timm publishes.

    Raises:
        InputError: the weights cannot be reached or read, or are another network's.
    """
    check_pretrained(spec, pretrained)
    overlay: dict[str, Any] = {}
    if isinstance(pretrained, Path):
        overlay = {"file": str(pretrained), "custom_load": False}
    with torch.random.fork_rng(devices=[]):
        fresh = create()
    try:
        body = create(pretrained=True, pretrained_cfg_overlay=overlay)
    except Exception as error:
        # Hub clients, file formats and timm raise many unrelated classes here.
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        remedy = "give the weights' file" if pretrained is True else "give a file of tensors only"
        raise InputError(
            f"baseline {spec.name}: pretrained weights cannot be loaded from "
            f"{_place(spec, pretrained)}: {reason}; {remedy}"
        ) from error
    filled = _filled_fraction(fresh, body)
    if filled < _LEAST_FILLED:
        raise InputError(
            f"baseline {spec.name}: {_place(spec, pretrained)} fills only {filled:.0%} of the "
            f"weights of {spec.model}; give the file of that network"
        )
    return body


def find_weights(spec: BaselineSpec, folder: Path | None, offline: bool = False) -> Path | bool:
    """Look for a baseline's pretrained weights; nothing is read or fetched.

    Args:
        spec: the baseline.
        folder: where a file named after the model may lie, such as
            ``resnet10t.safetensors``; ``None`` for nowhere.
        offline: whether fetching is forbidden.

    Returns:
        The file, or ``True`` for the weights that timm publishes.

    Raises:
        InputError: there is no file, and none may be fetched.
    """
    if folder is not None:
        for suffix in _SUFFIXES:
            file = folder / f"{spec.model}{suffix}"
            if file.is_file():
                return file
    if offline and spec.source == "timm":
        raise InputError(
            f"baseline {spec.name}: pretrained weights may not be fetched offline; give them as "
            f"{folder or 'DATA_ROOT/pretrained'}/{spec.model}{_SUFFIXES[0]}"
        )
    return True


def weights_identity(spec: BaselineSpec, pretrained: Pretrained) -> str | None:
    """Name the weights that a baseline starts from, for a unit's identity.

    Returns:
        ``None`` for random weights, ``"sha256:…"`` of a file's bytes, or where timm publishes
        the weights.

    Raises:
        InputError: there is no such file, or timm publishes no weights for the model.
    """
    if pretrained is False:
        return None
    check_pretrained(spec, pretrained)
    if isinstance(pretrained, Path):
        return f"sha256:{hashlib.sha256(pretrained.read_bytes()).hexdigest()}"
    return _place(spec, pretrained)


def check_pretrained(spec: BaselineSpec, pretrained: Pretrained) -> None:
    """Refuse pretrained weights that cannot exist, without reading or fetching them.

    Raises:
        InputError: no weights are published for the network, or the file is missing.
    """
    if pretrained is False:
        return
    if spec.source != "timm":
        raise InputError(
            f"baseline {spec.name}: no pretrained weights exist for {spec.model}; "
            "train it from scratch"
        )
    if isinstance(pretrained, Path):
        if not pretrained.is_file() or pretrained.suffix not in _SUFFIXES:
            raise InputError(
                f"baseline {spec.name}: pretrained {pretrained}: give an existing file that ends "
                f"in {', '.join(_SUFFIXES)}"
            )
        return
    config = _published(spec)
    if config is None or not config.has_weights:
        raise InputError(
            f"baseline {spec.name}: timm publishes no weights for {spec.model}; "
            "give a file, or train it from scratch"
        )


def _place(spec: BaselineSpec, pretrained: Path | bool) -> str:
    if isinstance(pretrained, Path):
        return str(pretrained)
    config = _published(spec)
    return "nowhere" if config is None else str(config.hf_hub_id or config.url)


def _published(spec: BaselineSpec) -> Any:
    """Configuration that timm has of the published weights; ``None`` where it has none."""
    from timm.models import get_pretrained_cfg

    return get_pretrained_cfg(spec.model)


def _filled_fraction(fresh: nn.Module, loaded: nn.Module) -> float:
    """Share of the weights in matrices and kernels that loading has changed."""
    before = dict(fresh.named_parameters())
    changed = [t != before[name] for name, t in loaded.named_parameters() if t.ndim >= 2]
    return sum(int(c.sum()) for c in changed) / sum(c.numel() for c in changed)
