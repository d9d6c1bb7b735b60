"""Puts datasets out of reach while code runs that must not see more than it is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from imbnas.errors import ImbnasError


class SealedDataError(ImbnasError):
    """A dataset was asked for by code that must not see it."""


_REASON: ContextVar[str | None] = ContextVar("reason", default=None)
_ATTEMPTS: ContextVar[list[str]] = ContextVar("attempts")


@contextmanager
def sealed(reason: str) -> Iterator[None]:
    """Refuse every dataset and every split until the block ends.

    Args:
        reason: for the message, such as who must not see data and what it is given instead.

    Raises:
        SealedDataError: where the block ends, if data was asked for in vain and the refusal was
            caught there.
    """
    attempts: list[str] = []
    tokens = _REASON.set(reason), _ATTEMPTS.set(attempts)
    try:
        yield
    finally:
        _REASON.reset(tokens[0])
        _ATTEMPTS.reset(tokens[1])
    if attempts:
        raise SealedDataError(attempts[0])


def refuse_sealed(what: str) -> None:
    """Raise where data is sealed.

    Args:
        what: is asked for.

    Raises:
        SealedDataError: names it and the reason.
    """
    reason = _REASON.get()
    if reason is not None:
        message = f"{what} is out of reach: {reason}"
        _ATTEMPTS.get().append(message)
        raise SealedDataError(message)
