"""Which test images a network got right, as text: one bit for each image."""

import base64
import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def pack(right: "ArrayLike") -> str:
    """Write one bit for each image as base64.

    Args:
        right: (N,) truth values, in the order of the manifest's test images.

    Returns:
        Base64 (RFC 4648) of ⌈N/8⌉ bytes, the first image in the highest bit of the first byte;
        bits behind the last image are 0.
    """
    import numpy as np

    return base64.b64encode(np.packbits(np.asarray(right, bool)).tobytes()).decode()


def unpack(bits: str, images: int) -> "NDArray[np.bool_]":
    """Read what ``pack`` wrote.

    Args:
        bits: its text.
        images: N, how many there are.

    Returns:
        (N,) truth values.

    Raises:
        ValueError: it is no such text of so many images.
    """
    import numpy as np

    raw = np.frombuffer(_decoded(bits, images), np.uint8)
    return np.unpackbits(raw, count=images).astype(bool)


def number_of_ones(bits: str, images: int) -> int:
    """How many images are marked.

    Raises:
        ValueError: it is not what ``pack`` writes of so many images.
    """
    return int.from_bytes(_decoded(bits, images), "big").bit_count()


def _decoded(bits: str, images: int) -> bytes:
    try:
        raw = base64.b64decode(bits, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("correct_bits is not base64") from None
    # Several texts may stand for the same bytes.
    if base64.b64encode(raw).decode() != bits:
        raise ValueError("correct_bits is not base64 as it is written here")
    if len(raw) != (images + 7) // 8:
        raise ValueError(f"correct_bits does not have one bit for each of {images} images")
    if int.from_bytes(raw, "big") & ((1 << (-images % 8)) - 1):
        raise ValueError("correct_bits has ones behind the last image")
    return raw
