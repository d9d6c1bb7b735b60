"""How code in a process of its own can fail, as the process that started it sees it."""

import signal
import traceback
from typing import Any, Final

from imbnas.errors import ImbnasError, InputError

_MOST_MESSAGE: Final = 20_000
_MOST_TRACE: Final = 200_000


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
        self.error = str(fields.get("error", "Exception"))
        self.message = str(fields.get("message", ""))
        self.trace = str(fields.get("trace", ""))
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
    return {
        "error": type(error).__name__[:200],
        "message": _cut(_message(error), _MOST_MESSAGE),
        "trace": _cut(_trace(error), _MOST_TRACE),
        "is_input": isinstance(error, InputError),
        "is_own": isinstance(error, ImbnasError),
        "of_system": _of_system(error),
    }


def _of_system(error: BaseException) -> list[Any] | None:
    if not isinstance(error, OSError) or type(error.errno) is not int:
        return None
    return [error.errno, str(error.strerror), str(error.filename or "disk")]


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as second:
        text = f"(its text cannot be had: {type(second).__name__})"
    if isinstance(error, Exception):
        return text
    return f"code of a plug-in raised {type(error).__name__}" + (f": {text}" if text else "")


def _trace(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except BaseException:
        return f"{type(error).__name__} (without a trace)"


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    left_out = f"\n[… {len(text) - most:,} characters left out …]\n"
    return text[: most // 2] + left_out + text[-most // 2 :]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
