"""Which units are recomputed: drawn as no submitter could foresee, and anyone can check."""

import hashlib
import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from imbnas.errors import InputError

_NONCE = re.compile(r"[0-9a-f]{2,128}")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%")
_NUMBER = re.compile(r"[0-9]{1,7}")


@dataclass(frozen=True)
class Amount:
    """How many units are drawn: a share of all, or a number."""

    share: float | None = None
    number: int | None = None

    @classmethod
    def read(cls, text: str) -> "Amount":
        """Read ``5%`` or ``12``.

        Raises:
            InputError: it is neither, or no unit at all.
        """
        if (found := _SHARE.fullmatch(text)) and 0 < float(found[1]) <= 100:
            return cls(share=float(found[1]) / 100)
        if _NUMBER.fullmatch(text) and int(text):
            return cls(number=int(text))
        raise InputError(f"--recompute {text}: write a share, as 5%, or a number of units, as 12")

    def of(self, units: int) -> int:
        """How many of so many units, at least one where there is any."""
        wanted = self.number if self.share is None else math.ceil(self.share * units - 1e-9)
        return min(max(wanted or 0, 1), units)


def check_nonce(nonce: str) -> None:
    """Refuse what is no nonce.

    Raises:
        InputError: it is not 1 to 64 bytes in lowercase hexadecimal.
    """
    if not _NONCE.fullmatch(nonce) or len(nonce) % 2:
        raise InputError(f"--nonce {nonce[:40]}: give 1 to 64 bytes in lowercase hexadecimal")


def drawn(identities: Iterable[str], number: int, file_sha256: str, nonce: str) -> list[str]:
    """Draw units without replacement, each subset of that size being as likely.

    Each identity is hashed with the file's hash and the nonce; the smallest hashes are drawn. A
    submitter cannot try nonces, and one who verifies cannot choose units without trying as many.

    Args:
        identities: of the units to draw from.
        number: how many are drawn.
        file_sha256: of the submission.
        nonce: in hexadecimal, chosen after the file was handed in.

    Returns:
        Identities in the order in which they were drawn.
    """
    return sorted(identities, key=lambda each: _ticket(each, file_sha256, nonce))[:number]


def _ticket(identity: str, file_sha256: str, nonce: str) -> str:
    return hashlib.sha256(f"{file_sha256} {nonce} {identity}".encode()).hexdigest()


def chance_to_find(forged: int, pool: int, number: int) -> float:
    """Probability that at least one of the forged units is among those drawn (hypergeometric).

    Args:
        forged: how many of the pool are forged.
        pool: how many units are drawn from.
        number: how many are drawn.
    """
    if not 0 <= forged <= pool or not 0 <= number <= pool:
        raise ValueError("more units forged or drawn than there are")
    if forged + number > pool:
        return 1.0
    return 1.0 - math.comb(pool - forged, number) / math.comb(pool, number)


def fewest_to_move(accuracies: Collection[float], points: float) -> int:
    """The fewest records that a forger must change to raise a mean by so much.

    Each may be raised to 1, which is more than anyone would believe: what is found with this few
    changes is found with as many as a careful forger needs, and sooner.

    Args:
        accuracies: in [0, 1], those that the mean is of.
        points: percentage points.

    Returns:
        All of them where the mean cannot be raised by so much.
    """
    needed = points / 100 * len(accuracies)
    for number, room in enumerate(sorted((1 - a for a in accuracies), reverse=True), start=1):
        needed -= room
        if needed <= 1e-12:
            return number
    return len(accuracies)
