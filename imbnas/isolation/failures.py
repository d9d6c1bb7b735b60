"""How code in a process of its own can fail, as the process that started it sees it."""

import signal
from typing import Any

from imbnas.error_texts import (
    TRACEBACK,
    kind_of,
    message_of,
    one_line,
    shortened,
    traceback_of,
)
from imbnas.errors import ImbnasError, InputError


class ForeignCodeError(ImbnasError):
    """Code in a process of its own raised something.

    Attributes:
        error: name of the class.
        message: the exception's own text.
        trace: where it came from.
        is_input: whether it was an ``InputError``.
        is_own: whether it was an error that imbnas raises on purpose.
        of_system: number, text and file of an ``OSError``; ``None`` for others.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self.error = shortened(str(fields.get("error", "Exception")), 100)
        self.message = one_line(str(fields.get("message", "")))
        self.trace = shortened(str(fields.get("trace", "")), TRACEBACK)
        self.is_input = fields.get("is_input") is True
        self.is_own = fields.get("is_own") is True
        self.of_system: list[Any] | None = fields.get("of_system")
        super().__init__(self.message)


class ProcessEndedError(ImbnasError):
    """A process ended, or stopped talking, before it gave a result."""


class ProcessKilledError(ImbnasError):
    """A process was ended by a signal.

    Attributes:
        signal: its number.
    """

    def __init__(self, number: int) -> None:
        self.signal = number
        super().__init__(f"its process was ended by signal {number} ({_signal_name(number)})")


def described(error: BaseException) -> dict[str, Any]:
    """An exception as plain data, whatever its own methods do."""
    message = message_of(error)
    if not isinstance(error, Exception):
        message = f"code of a plug-in raised {kind_of(error)}" + (f": {message}" if message else "")
    return {
        "error": kind_of(error),
        "message": message,
        "trace": traceback_of(error),
        "is_input": isinstance(error, InputError),
        "is_own": isinstance(error, ImbnasError),
        "of_system": _of_system(error),
    }


def _of_system(error: BaseException) -> list[Any] | None:
    if not isinstance(error, OSError) or type(error.errno) is not int:
        return None
    return [error.errno, str(error.strerror), str(error.filename or "disk")]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
