"""Classes of images as text."""

import base64
import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def pack(labels: "ArrayLike") -> str:
    """Write labels as base64 (RFC 4648) of two bytes each, the lower one first.

    Args:
        labels: (N,) whole numbers in [0, 65536).
    """
    import numpy as np

    return base64.b64encode(np.asarray(labels).astype("<u2").tobytes()).decode()


def unpack(text: str) -> "NDArray[np.int64]":
    """Read what ``pack`` wrote.

    Returns:
        (N,) labels.

    Raises:
        ValueError: it is no such text.
    """
    import numpy as np

    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("labels are not base64") from None
    if len(raw) % 2:
        raise ValueError("labels are not two bytes each")
    return np.frombuffer(raw, "<u2").astype(np.int64)
