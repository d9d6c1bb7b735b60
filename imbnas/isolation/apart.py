"""Calls a function once in a process of its own, errors included."""

import contextlib
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

from pydantic import ValidationError

from imbnas.errors import ImbnasError, InputError
from imbnas.isolation.channel import BadMessageError
from imbnas.isolation.failures import ForeignCodeError, ProcessEndedError, ProcessKilledError
from imbnas.isolation.processes import ForkServer
from imbnas.validation import first_fault

Answer = TypeVar("Answer")


def call_apart(function: str, argument: object, what: str) -> bytes:
    """Call a function with code of plug-ins; what they print goes to standard error.

    Args:
        function: see ``ForkServer.run``.
        argument: is pickled.
        what: the plug-ins, for messages.

    Raises:
        InputError: the function raised one, or its process ended on its own.
        OSError: it raised one.
        ImbnasError: it raised something else, of which the trace is printed unless imbnas raised it
            on purpose.
    """
    try:
        with ForkServer() as server, contextlib.redirect_stdout(sys.stderr):
            return server.run(function, argument)
    except ForeignCodeError as error:
        _raise_again(error)
    except (BadMessageError, ProcessEndedError, ProcessKilledError) as error:
        raise InputError(
            f"{what}: {error}; code of plug-ins must not end the process that it runs in"
        ) from None


def ask_apart(
    function: str, argument: object, what: str, read: Callable[[bytes], Answer], noun: str
) -> Answer:
    """As ``call_apart``, for an answer that a model reads.

    Args:
        function: gives it as JSON.
        argument: see ``call_apart``.
        what: see there.
        read: makes the answer of the text, or raises pydantic's ``ValidationError``.
        noun: what the answer is, for messages.

    Raises:
        InputError: as there; or what came is no such thing.
        OSError: as there.
        ImbnasError: as there.
    """
    text = call_apart(function, argument, what)
    try:
        return read(text)
    except ValidationError as error:
        raise InputError(f"{what}: what came is no {noun} ({first_fault(error)})") from None


def _raise_again(error: ForeignCodeError) -> NoReturn:
    if error.is_input:
        raise InputError(error.message) from None
    if error.is_own:
        raise ImbnasError(error.message) from None
    if error.of_system:
        raise OSError(*error.of_system) from None
    sys.stderr.write(error.trace)
    raise ImbnasError(f"{error.error}: {error.message}") from None
