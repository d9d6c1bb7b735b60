"""Loading a dataset by name: which loader it needs, and where its files are."""

import sys

from imbnas.data.dataset import Dataset
from imbnas.data.image_folder import load_folder
from imbnas.data.locations import DataLocations
from imbnas.data.registry import DATASETS
from imbnas.data.split_guard import refuse_sealed
from imbnas.errors import InputError, suggest


def load_dataset(name: str, locations: DataLocations) -> Dataset:
    """Load a dataset, downloading it where that is possible and allowed.

    Args:
        name: registry name, or a name that ``locations.paths`` maps to an image folder.
        locations: where to look.

    Returns:
        The dataset. A name that no registry entry has is looked for as an image folder: under
        ``--dataset NAME=PATH``, then as a sub-folder of the data root.

    Raises:
        InputError: the name is not known, or the data is missing or not as it should be.
        SealedDataError: a strategy runs, which must not see it.
    """
    refuse_sealed(f"dataset {name!r}")
    if name in DATASETS:
        return DATASETS.get(name)(locations)
    folder = locations.image_folder(name)
    if folder is None:
        packed = locations.packed(name)
        if packed is not None:
            raise InputError(f"dataset {name!r} not found: {packed}")
        known = [*DATASETS.names(), *dict(locations.paths)]
        raise InputError(
            f"unknown dataset {name!r}{suggest(name, known)}; any image folder "
            f"ROOT/{{train,test}}/<class>/* can be given with --dataset {name}=ROOT"
        )
    return load_folder(name, folder, locations.cache)


def tell_notes(dataset: Dataset) -> None:
    """Write what users should know of a dataset to standard error, a line each."""
    for note in dataset.notes:
        sys.stderr.write(f"{note}\n")
