"""Independent random streams, each derived from what it is for."""

import hashlib

from imbnas.units.frozen import canonical_json


def derive_seed(*purpose: str | int) -> int:
    """Derive a 63-bit seed from the words and numbers that name a purpose.

    Different purposes get independent seeds; the same purpose always gets the same seed, on every
    machine and whatever ran before.

    Args:
        purpose: for example ``("train", architecture, condition, scheme, replicate)``.

    Returns:
        An integer in [0, 2**63).
    """
    digest = hashlib.sha256(canonical_json(list(purpose)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
