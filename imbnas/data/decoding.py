"""Decoding image files, many at a time."""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from imbnas.errors import InputError

A = TypeVar("A")
B = TypeVar("B")

GREY_MODES = ("1", "L")
_BATCH = 256


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what Pillow raises into one line that names the file."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"image {path}: no such file") from None
    except UnidentifiedImageError:
        raise InputError(f"image {path}: not an image; remove or replace it") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"image {path}: damaged or truncated ({error}); replace it") from None


def open_image(path: Path, smallest: int | None = None) -> Image.Image:
    """Open an image, reading all of its pixels.

    Args:
        path: of the file.
        smallest: sides of this many pixels are enough, so that a decoder that can may decode a
            large image at a fraction of its size.

    Raises:
        InputError: the file is missing, is no image, or is cut short.
    """
    with _readable(path):
        image: Image.Image = Image.open(path)
        if smallest is not None:
            image.draft("RGB", (smallest, smallest))
        image.load()
        return image


def image_shape(path: Path, content: bytes | None = None) -> tuple[int, int, int]:
    """Channels (1 or 3), height and width, from the head of the file.

    Args:
        path: of the file, for reading and for messages.
        content: its bytes, where they were read before.

    Raises:
        InputError: the file is no image.
    """
    source = path if content is None else io.BytesIO(content)
    with _readable(path), Image.open(source) as image:
        return 1 if image.mode in GREY_MODES else 3, image.height, image.width


def to_array(image: Image.Image, channels: int) -> NDArray[np.uint8]:
    """(channels, H, W) pixels, converted to grey or RGB."""
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels[np.newaxis] if channels == 1 else pixels.transpose(2, 0, 1)


def square_thumbnail(path: Path, side: int) -> NDArray[np.uint8]:
    """(3, side, side) pixels of the largest central square, averaged down (box filter).

    Raises:
        InputError: the file is missing, is no image, or is cut short.
    """
    # JPEG decoders can halve the size as they go, which is many times faster.
    image = open_image(path, smallest=2 * side)
    return to_array(ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.BOX), 3)


def in_parallel(function: Callable[[A], B], items: Sequence[A]) -> Iterator[B]:
    """Apply a function in threads, up to eight; results in order.

    The first exception stops the work and is raised.
    """
    parts = [items[start : start + _BATCH] for start in range(0, len(items), _BATCH)]

    def work(part: Iterable[A]) -> list[B]:
        return [function(item) for item in part]

    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        try:
            for results in pool.map(work, parts):
                yield from results
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
