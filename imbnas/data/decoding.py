"""Decoding image files of a few named formats."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from imbnas.data.content import LARGEST_FILE
from imbnas.errors import InputError
from imbnas.regular_files import IrregularFileError, open_regular

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What files are read as. Pillow knows more, some of which start other programs (EPS)."""
SUFFIXES = frozenset(("bmp", "gif", "jpeg", "jpg", "pgm", "png", "ppm", "tif", "tiff", "webp"))
"""File names that end otherwise are not taken for images."""

GREY_MODES = ("1", "L")

# Pillow warns of images of more than 89 million pixels, and refuses those of more than twice that;
# here both are refused.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what Pillow raises into one line that names the file."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"image {path}: no such file") from None
    except IrregularFileError as error:
        raise InputError(f"image {path}: {error.strerror}; replace it") from None
    except PermissionError:
        raise InputError(f"image {path}: may not be read; give read permission") from None
    except UnidentifiedImageError:
        raise InputError(f"image {path}: not an image; remove or replace it") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(_too_large(path)) from None
    except Exception as error:
        # Decoders raise whatever the bytes lead them to.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"image {path}: damaged or truncated ({reason}); replace it") from None


def _opened(path: Path, file: BinaryIO) -> Image.Image:
    image: Image.Image = Image.open(file, formats=FORMATS)
    if image.width * image.height > (Image.MAX_IMAGE_PIXELS or 0):
        raise InputError(_too_large(path))
    return image


def _too_large(path: Path) -> str:
    return f"image {path}: it has more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller"


def open_image(path: Path, smallest: int | None = None) -> Image.Image:
    """Open an image, reading all of its pixels; of several frames the first.

    Args:
        path: of the file.
        smallest: sides of this many pixels are enough, so that a decoder that can may decode a
            large image at a fraction of its size.

    Raises:
        InputError: the file is missing, is no image of the formats, is too large, or is damaged.
    """
    with _readable(path), open_regular(path, LARGEST_FILE, follow=True) as raw:
        image = _opened(path, io.BufferedReader(raw))
        if smallest is not None:
            image.draft("RGB", (smallest, smallest))
        image.load()
        return image


def image_shape(path: Path, file: BinaryIO | None = None) -> tuple[int, int, int]:
    """Channels (1 or 3), height and width, from the head of the file.

    Args:
        path: of the file, for reading and for messages.
        file: the same, where it is open.

    Raises:
        InputError: the file is no image of the formats, or too large.
    """
    with _readable(path):
        if file is None:
            with open_regular(path, LARGEST_FILE, follow=True) as opened:
                return image_shape(path, opened)
        image = _opened(path, file)
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
