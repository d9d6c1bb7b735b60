"""Ready-made networks (timm models and the CIFAR ResNet-32) fitted to small images.

Listing and describing baselines imports neither torch nor timm; building one does.
"""

from imbnas.lazy import lazy_attributes

_HOMES = {
    "BASELINES": "registry",
    "load_baseline": "registry",
    "read_baseline": "registry",
    "BaselineSpec": "spec",
    "ImageShape": "spec",
    "SmallImageFitting": "spec",
    "BaselineCounts": "networks",
    "build": "networks",
    "check": "networks",
    "counts": "networks",
    "describe": "networks",
    "check_pretrained": "pretrained",
    "find_weights": "pretrained",
    "weights_identity": "pretrained",
}

__all__ = sorted(_HOMES)

__getattr__ = lazy_attributes(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
