"""Puts datasets out of reach while code runs that must not see more than it is given."""

from collections.abc import Iterator
from contextlib import contextmanager

from imbnas.errors import ImbnasError


class SealedDataError(ImbnasError):
    """A dataset was asked for by code that must not see it."""


class _Seal:
    """Why data is out of reach, and what was asked for in vain."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.attempts: list[str] = []


# Of the whole process: neither threads nor contexts are outside of it.
_SEALS: list[_Seal] = []


@contextmanager
def sealed(reason: str) -> Iterator[None]:
    """Refuse every dataset and every split to this process until the block ends.

    That is a refusal for those who ask, no wall: data that is not to be found must not be there.

    Args:
        reason: for the message, such as who must not see data and what it is given instead.

    Raises:
        SealedDataError: where the block ends, if data was asked for in vain and the refusal was
            caught there.
    """
    seal = _Seal(reason)
    _SEALS.append(seal)
    try:
        yield
    finally:
        _SEALS.remove(seal)
    if seal.attempts:
        raise SealedDataError(seal.attempts[0])


def refuse_sealed(what: str) -> None:
    """Raise where data is sealed.

    Args:
        what: is asked for.

    Raises:
        SealedDataError: names it and the reason.
    """
    if _SEALS:
        message = f"{what} is out of reach: {_SEALS[-1].reason}"
        _SEALS[-1].attempts.append(message)
        raise SealedDataError(message)
