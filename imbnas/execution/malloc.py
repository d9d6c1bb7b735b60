"""How this process takes memory from the system."""

import ctypes
from functools import cache

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_NEVER = 2**31 - 1


@cache
def keep_freed_memory() -> bool:
    """Let glibc keep freed memory for the next tensor instead of handing it back each time.

    Otherwise every pass of a large batch requests its memory again, page by page, which costs up to
    a third of an evaluation. No result depends on it. The peak of the memory stays what it was.

    Returns:
        Whether the C library took the setting.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False  # another C library
    return bool(mallopt(_M_MMAP_THRESHOLD, _NEVER) and mallopt(_M_TRIM_THRESHOLD, _NEVER))
