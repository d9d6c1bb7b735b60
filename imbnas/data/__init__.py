"""Long-tailed image data: datasets, conditions resolved to manifests, and batches of tensors.

Public names resolve on first use, so that importing this package imports neither NumPy nor torch.
"""

import importlib
from typing import Any

_HOMES = {
    "DATASETS": "registry",
    "PROFILES": "registry",
    "SAMPLERS": "registry",
    "ArraySplit": "dataset",
    "BatchStream": "streams",
    "DataLocations": "locations",
    "Dataset": "dataset",
    "FileSplit": "dataset",
    "FileSet": "image_sets",
    "FileStream": "file_streams",
    "Groups": "groups",
    "ImageSet": "image_sets",
    "Manifest": "manifests",
    "Selection": "manifests",
    "Stream": "streams",
    "Tertiles": "groups",
    "class_probabilities": "samplers",
    "evaluation_batches": "streams",
    "load_dataset": "dataset",
    "open_stream": "streams",
    "read_manifest": "manifests",
    "resolve": "resolving",
    "select_images": "image_sets",
    "write_manifest": "manifests",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
