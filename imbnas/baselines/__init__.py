"""Ready-made networks (timm models and the CIFAR ResNet-32) fitted to small images.

Listing and describing baselines imports neither torch nor timm; building one does.
"""

import importlib
from typing import Any

_HOME = {
    "BASELINES": "catalogue",
    "load_baseline": "catalogue",
    "read_baseline": "catalogue",
    "BaselineSpec": "spec",
    "Fitting": "spec",
    "BaselineCounts": "networks",
    "BaselineDescription": "networks",
    "build": "networks",
    "check": "networks",
    "counts": "networks",
    "describe": "networks",
    "check_pretrained": "pretrained",
    "find_weights": "pretrained",
    "weights_identity": "pretrained",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
