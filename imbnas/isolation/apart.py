"""Calls a function once in a process of its own, errors included."""

import contextlib
import sys
from typing import NoReturn

from imbnas.errors import ImbnasError, InputError
from imbnas.isolation.channel import BadMessageError
from imbnas.isolation.failures import ForeignCodeError, ProcessEndedError, ProcessKilledError
from imbnas.isolation.processes import ForkServer


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


def _raise_again(error: ForeignCodeError) -> NoReturn:
    if error.is_input:
        raise InputError(error.message) from None
    if error.is_own:
        raise ImbnasError(error.message) from None
    if error.of_system:
        raise OSError(*error.of_system) from None
    sys.stderr.write(error.trace)
    raise ImbnasError(f"{error.error}: {error.message}") from None
