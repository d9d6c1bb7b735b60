"""Decoding image files of a few named formats to 8 bits, grey or RGB."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

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

Trait = Literal["16 bits", "16 bits in colour", "transparency", "several frames", "orientation"]
"""What of an image is not taken as it is stored."""

_GREY_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L", "I;16N")
_LARGEST_OF_16_BITS = 2**16 - 1
_ORIENTATION, _TURNED = 0x0112, range(2, 9)
_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
_SAMPLE_FORMAT, _WITH_SIGN = 339, 2
_STRIP = 2**20
"""Pixels of a large image that are looked at together."""
_TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# Pillow tells of odd heads, and of palettes with transparency, in lines that name no file.
warnings.filterwarnings("ignore", module=r"PIL\.")
# Pillow warns of images of more than 89 million pixels, and refuses those of more than twice that;
# here both are refused.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class Look(NamedTuple):
    """What a whole image file is found to hold.

    Attributes:
        shape: channels (1 or 3), height and width.
        traits: what of it is not taken as it is stored.
        spread: largest difference of two pixels in a channel, from 0 to 255.
        pixels: digest of the size and of the pixels as they are read, in colour.
    """

    shape: tuple[int, int, int]
    traits: tuple[Trait, ...]
    spread: int
    pixels: bytes


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
        known = ", ".join(FORMATS)
        raise InputError(
            f"image {path}: not an image; remove or replace it ({known} are read)"
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(_too_large(path)) from None
    except Exception as error:
        # Decoders raise whatever the bytes lead them to.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"image {path}: damaged or truncated ({reason}); replace it") from None


def _opened(path: Path, file: BinaryIO) -> Image.Image:
    try:
        image: Image.Image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        file.seek(0)
        if file.read(4) in _TIFF_HEADS:
            raise InputError(
                f"image {path}: a TIFF file of a kind that is not read, such as floating point in "
                "colour or of 16 or 64 bits, or unusual channels; convert it to 8 or 16 bits"
            ) from None
        raise
    if image.width * image.height > (Image.MAX_IMAGE_PIXELS or 0):
        raise InputError(_too_large(path))
    return image


def _too_large(path: Path) -> str:
    return f"image {path}: it has more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller"


def open_image(path: Path, smallest: int | None = None) -> Image.Image:
    """Open an image, reading all of its pixels; of several frames the first.

    Values of 9 to 16 bits are scaled to 8 by their range. Transparency is left out, an orientation
    in the metadata is not followed.

    Args:
        path: of the file.
        smallest: sides of this many pixels are enough, so that a decoder that can may decode a
            large image at a fraction of its size.

    Returns:
        A grey (``L``) or colour (``RGB``) image of 8 bits.

    Raises:
        InputError: the file is missing, is no image of the formats, is too large, is damaged, or
            has values without a defined range.
    """
    with (
        _readable(path),
        open_regular(path, LARGEST_FILE, follow=True) as raw,
        io.BufferedReader(raw) as file,
    ):
        return _decoded(path, _opened(path, file), smallest)


def look_at(path: Path, file: BinaryIO, smallest: int) -> Look:
    """Decode an image file to see whether it is whole, and what it holds.

    Args:
        path: of the file, for messages.
        file: the same, open at its beginning.
        smallest: as in ``open_image``.

    Raises:
        InputError: as ``open_image``.
    """
    with _readable(path):
        image = _opened(path, file)
        shape = (1 if image.mode in _GREY_MODES else 3, image.height, image.width)
        traits = [*_traits_of_head(image)]
        decoded = _decoded(path, image, smallest)
        extrema = decoded.getextrema()
        traits += _traits_of_rest(image)
        ranges = extrema if isinstance(extrema[0], tuple) else (extrema,)
        spread = int(max(high - low for low, high in ranges))
        return Look(shape, tuple(traits), spread, _digest(decoded))


def _digest(image: Image.Image) -> bytes:
    found = blake2b(repr(image.size).encode(), digest_size=16)
    rows = max(_STRIP // image.width, 1)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        found.update(strip.convert("RGB").tobytes())
    return found.digest()


def _decoded(path: Path, image: Image.Image, smallest: int | None) -> Image.Image:
    """An 8-bit image of an open one."""
    if smallest is not None:
        image.draft("RGB", (smallest, smallest))
    image.load()
    # A palette's or a grey image's transparent colour would be converted with much ado.
    image.info.pop("transparency", None)
    if _WITH_SIGN in getattr(image, "tag_v2", {}).get(_SAMPLE_FORMAT, ()):
        raise _without_range(path, image)
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode in _GREY_MODES:
        return _scaled(path, image)
    if image.mode == "F":
        raise InputError(
            f"image {path}: floating point, which has no defined range; convert it to 8 or 16 bits"
        )
    if image.mode == "RGBa":
        image = image.convert("RGBA")
    return image.convert("RGB")


def _scaled(path: Path, image: Image.Image) -> Image.Image:
    """A grey image of 9 to 16 bits as one of 8."""
    tags = getattr(image, "tag_v2", {})
    if image.mode == "I" and image.format != "PPM":
        raise _without_range(path, image)
    # Pillow's own conversion would clip whatever is above 255.
    values = np.asarray(image).astype(np.int64)
    largest = _LARGEST_OF_16_BITS
    if bits := tags.get(_BITS_PER_SAMPLE):
        largest = 2 ** int(bits[0]) - 1
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        values = largest - values
    scaled = (values * 255 + largest // 2) // largest
    return Image.fromarray(scaled.clip(0, 255).astype(np.uint8))


def _without_range(path: Path, image: Image.Image) -> InputError:
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, ("more than 16",))[0]
    return InputError(
        f"image {path}: whole numbers with a sign or of 32 bits ({bits} bits), which have no "
        "defined range; convert it to 8 or 16 bits without a sign"
    )


def _is_deep_colour(image: Image.Image) -> bool:
    """Whether an open image in colour, of which nothing was decoded, has more than 8 bits."""
    for tile in getattr(image, "tile", ()):
        args = tile.args if isinstance(tile.args, tuple) else (tile.args,)
        if tile.codec_name.startswith("ppm") and len(args) > 1 and args[1] > 255:
            return True
        if ";16" in str(args[0] if args else ""):
            return True
    return False


def _traits_of_head(image: Image.Image) -> Iterator[Trait]:
    if image.mode in _GREY_MODES[2:]:
        yield "16 bits"
    elif image.mode not in _GREY_MODES and _is_deep_colour(image):
        yield "16 bits in colour"
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        yield "transparency"


def _traits_of_rest(image: Image.Image) -> Iterator[Trait]:
    """What is known once an image was decoded; looking for it moves on in the file."""
    if _holds(lambda: getattr(image, "is_animated", False)):
        yield "several frames"
    # Pillow follows the orientation of TIFF files itself.
    if image.format != "TIFF" and _holds(lambda: image.getexif().get(_ORIENTATION, 1) in _TURNED):
        yield "orientation"


def _holds(told: Callable[[], bool]) -> bool:
    """What an image says of itself; not where its metadata cannot be read."""
    try:
        return told()
    except Exception:
        # Whatever the bytes lead Pillow to; the pixels may be whole.
        return False


def to_array(image: Image.Image, channels: int) -> NDArray[np.uint8]:
    """(channels, H, W) pixels of an image that ``open_image`` gave, as grey or RGB."""
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
