"""Long-tailed image data: datasets, conditions resolved to manifests, and batches of tensors.

Public names resolve on first use, so that importing this package imports neither NumPy nor torch.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_attributes

if TYPE_CHECKING:
    from imbnas.data.dataset import ArraySplit, Dataset, FileSplit
    from imbnas.data.file_streams import FileStream
    from imbnas.data.groups import Groups, Tertiles
    from imbnas.data.image_sets import FileSet, ImageSet, select_images
    from imbnas.data.loading import load_dataset
    from imbnas.data.locations import DataLocations
    from imbnas.data.manifests import Manifest, Selection, read_manifest, write_manifest
    from imbnas.data.registry import DATASETS, PROFILES, SAMPLERS
    from imbnas.data.resolving import resolve
    from imbnas.data.samplers import class_probabilities
    from imbnas.data.streams import BatchStream, Stream, evaluation_batches, open_stream

__all__ = [
    "DATASETS",
    "PROFILES",
    "SAMPLERS",
    "ArraySplit",
    "BatchStream",
    "DataLocations",
    "Dataset",
    "FileSet",
    "FileSplit",
    "FileStream",
    "Groups",
    "ImageSet",
    "Manifest",
    "Selection",
    "Stream",
    "Tertiles",
    "class_probabilities",
    "evaluation_batches",
    "load_dataset",
    "open_stream",
    "read_manifest",
    "resolve",
    "select_images",
    "write_manifest",
]

_HOMES = {
    "DATASETS": "registry",
    "PROFILES": "registry",
    "SAMPLERS": "registry",
    "ArraySplit": "dataset",
    "BatchStream": "streams",
    "DataLocations": "locations",
    "Dataset": "dataset",
    "FileSet": "image_sets",
    "FileSplit": "dataset",
    "FileStream": "file_streams",
    "Groups": "groups",
    "ImageSet": "image_sets",
    "Manifest": "manifests",
    "Selection": "manifests",
    "Stream": "streams",
    "Tertiles": "groups",
    "class_probabilities": "samplers",
    "evaluation_batches": "streams",
    "load_dataset": "loading",
    "open_stream": "streams",
    "read_manifest": "manifests",
    "resolve": "resolving",
    "select_images": "image_sets",
    "write_manifest": "manifests",
}

__getattr__ = lazy_attributes(__name__, _HOMES)
