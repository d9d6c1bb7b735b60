import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imbnas.data import ArraySplit, DataLocations, Dataset
from imbnas.data.dataset import array_digest


def find_shared():
    given = os.environ.get("IMBNAS_SHARED")
    if given:
        return Path(given)
    for folder in Path(__file__).resolve().parents:
        if (folder.parent / "shared" / "data").is_dir():
            return folder.parent / "shared"
    return None


@pytest.fixture(scope="session")
def shared_data():
    shared = find_shared()
    if shared is None:
        pytest.skip("the folder shared/ with real images and lists is not beside the checkout")
    return shared / "data"


@pytest.fixture
def locations(tmp_path):
    """Build locations whose cache is inside the test's own folder."""

    def build(**options):
        return DataLocations.from_options(
            **options, environ={"IMBNAS_CACHE": str(tmp_path / "cache")}
        )

    return build


def build_toy(counts, test_per_class=2, side=4, channels=1, fraction=0.1, validation=None):
    """Images whose every pixel is drawn at random, in shuffled order."""
    rng = np.random.default_rng(5)

    def split(per_class):
        labels = rng.permutation(np.repeat(np.arange(len(per_class)), per_class)).astype(np.int64)
        images = rng.integers(0, 256, (len(labels), side, side, channels), dtype=np.uint8)
        return ArraySplit(labels, images)

    class_names = tuple(f"class {label}" for label in range(len(counts)))
    train, test = split(counts), split([test_per_class] * len(counts))
    return Dataset(
        name="toy",
        class_names=class_names,
        train=train,
        test=test,
        validation=None if validation is None else split(validation),
        digest=array_digest(class_names, train, test),
        mean=(0.5,) * channels,
        std=(0.25,) * channels,
        validation_fraction=fraction,
    )


def encode_image(side=8, seed=0, mode="RGB", kind="PNG", width=None):
    rng = np.random.default_rng(seed)
    shape = (side, width or side, 3) if mode == "RGB" else (side, width or side)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8), mode).save(buffer, kind)
    return buffer.getvalue()


def write_folder(
    root, per_class=3, classes=("ant", "bee", "cow"), splits=("train", "test"), **kind
):
    """Write an image folder whose images all differ."""
    seed = 0
    for split in splits:
        for name in classes:
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(per_class):
                seed += 1
                (folder / f"{number:03d}.png").write_bytes(encode_image(seed=seed, **kind))
    return root


@pytest.fixture(scope="session")
def toy_dataset():
    return build_toy


@pytest.fixture(scope="session")
def image_bytes():
    return encode_image


@pytest.fixture(scope="session")
def make_folder():
    return write_folder
