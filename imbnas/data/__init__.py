"""Long-tailed image data: datasets, conditions resolved to manifests, and batches of tensors.

Public names are imported on first use, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.data.dataset import ArraySplit as ArraySplit
    from imbnas.data.dataset import Dataset as Dataset
    from imbnas.data.dataset import FileSplit as FileSplit
    from imbnas.data.file_streams import FileStream as FileStream
    from imbnas.data.groups import Groups as Groups
    from imbnas.data.groups import Tertiles as Tertiles
    from imbnas.data.image_sets import FileSet as FileSet
    from imbnas.data.image_sets import ImageSet as ImageSet
    from imbnas.data.image_sets import select_images as select_images
    from imbnas.data.loading import load_dataset as load_dataset
    from imbnas.data.locations import DataLocations as DataLocations
    from imbnas.data.manifests import Manifest as Manifest
    from imbnas.data.manifests import Selection as Selection
    from imbnas.data.manifests import read_manifest as read_manifest
    from imbnas.data.manifests import write_manifest as write_manifest
    from imbnas.data.registry import DATASETS as DATASETS
    from imbnas.data.registry import PROFILES as PROFILES
    from imbnas.data.registry import SAMPLERS as SAMPLERS
    from imbnas.data.resolving import resolve as resolve
    from imbnas.data.samplers import class_probabilities as class_probabilities
    from imbnas.data.streams import BatchStream as BatchStream
    from imbnas.data.streams import Stream as Stream
    from imbnas.data.streams import evaluation_batches as evaluation_batches
    from imbnas.data.streams import open_stream as open_stream

__getattr__, __dir__ = lazy_names(__name__)
