"""Starts functions in processes of their own, and talks with them until they end."""

import codecs
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from select import POLLIN
from typing import Final, NoReturn, Self, TextIO

from imbnas.isolation.channel import BadMessageError, Channel, ChannelClosedError, Message
from imbnas.isolation.failures import ForeignCodeError, ProcessEndedError, ProcessKilledError
from imbnas.isolation.launcher import launched, safe_path
from imbnas.isolation.server import FORK, KILL

_SERVER: Final = "imbnas.isolation.server"

_GRACE_SECONDS: Final = 5.0
"""How long a process that has closed its connection may take to end."""
_KILL_SECONDS: Final = 30.0
"""How long the clean process may take to kill it and all that it has started."""

_READ = 2**16
_MOST_READS: Final = 1000
"""Of output after the end, should something that the process has left go on writing."""

Answer = Callable[[Message, Channel], None]


class ForkServer:
    """Forks processes from a clean one, which is started when it is first needed.

    Args:
        modules: that the clean process imports, so that those forked from it need not.
    """

    def __init__(self, modules: Iterable[str] = ()) -> None:
        self._modules = tuple(modules)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the clean process and what it forked."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None

    def run(self, function: str, argument: object, answer: Answer | None = None) -> bytes:
        """Call a function in a process of its own, from which nothing else is left afterwards.

        Args:
            function: ``"module:name"``; it is called with the argument and a ``Channel`` and
                returns bytes.
            argument: is pickled.
            answer: called with each message that the function sends, to answer it on the channel;
                what it raises ends the process.

        Returns:
            What the function returned.

        Raises:
            ForeignCodeError: the function raised something.
            ProcessKilledError: a signal ended the process.
            ProcessEndedError: it ended in another way, or closed its connection.
            BadMessageError: it sent what is no message, or one that nobody expects.
        """
        try:
            with self._started() as process:
                return process.converse(pickle.dumps((function, argument)), answer or _refuse)
        except _ServerEndedError:
            self.close()
            raise ProcessEndedError("its process and the one that started it were killed") from None

    @contextmanager
    def _started(self) -> "Iterator[_Conversation]":
        control = self._running()
        ours, theirs = socket.socketpair()
        output, errors = os.pipe(), os.pipe()
        try:
            socket.send_fds(control, [FORK], [theirs.fileno(), output[1], errors[1]])
        except OSError:
            raise _ServerEndedError from None
        finally:
            theirs.close()
            os.close(output[1])
            os.close(errors[1])
        conversation = _Conversation(control, ours, output[0], errors[0])
        try:
            yield conversation
        finally:
            try:
                conversation.end()
            except BaseException:
                self.close()  # it may still tell of this process
                raise
            finally:
                ours.close()
                os.close(output[0])
                os.close(errors[0])

    def _running(self) -> socket.socket:
        if self._control is None or self._process is None or self._process.poll() is not None:
            self.close()
            ours, theirs = socket.socketpair()
            self._process = subprocess.Popen(
                [*launched(_SERVER), str(theirs.fileno()), *self._modules],
                env=os.environ | safe_path(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                # It outlives a kill of its owner's group, to kill what it has forked.
                start_new_session=True,
            )
            theirs.close()
            self._control = ours
        return self._control


class _ServerEndedError(Exception):
    """The clean process is gone."""


class _Conversation:
    """Messages with one process until it has ended, its output relayed meanwhile."""

    def __init__(
        self, control: socket.socket, connection: socket.socket, output: int, errors: int
    ) -> None:
        connection.setblocking(False)
        self._control, self._connection = control, connection
        self._channel = Channel(connection, self._wait)
        self._relays = {output: _Relay("stdout"), errors: _Relay("stderr")}
        self._status: int | None = None
        self._poll = select.poll()
        for descriptor in (control.fileno(), output, errors):
            self._poll.register(descriptor, POLLIN)

    def converse(self, task: bytes, answer: Answer) -> bytes:
        """Hand a task over and answer messages until there is a result."""
        try:
            self._channel.send({}, task)
            while True:
                message = self._channel.receive()
                if "done" in message.head:
                    return bytes(message.parts[0]) if message.parts else b""
                if "failed" in message.head:
                    fields = message.head["failed"]
                    raise ForeignCodeError(fields if isinstance(fields, dict) else {})
                answer(message, self._channel)
        except ChannelClosedError:
            self._look_at_end()
        raise ProcessEndedError("its process closed its connection before it gave a result")

    def end(self) -> None:
        """End the process and relay what it has still written."""
        if self._status is None:
            try:
                self._control.send(KILL)
            except OSError:
                raise _ServerEndedError from None
            limit = time.monotonic() + _KILL_SECONDS
            while self._status is None:
                if time.monotonic() > limit:  # the clean process was stopped
                    raise _ServerEndedError
                self._attend(1000 * _KILL_SECONDS)
        for _ in range(_MOST_READS):
            if not self._attend(0):
                return

    def _look_at_end(self) -> None:
        """Raise what ended the process, unless it goes on without its connection."""
        limit = time.monotonic() + _GRACE_SECONDS
        while self._status is None and (left := limit - time.monotonic()) > 0:
            self._attend(1000 * left)
        self._raise_if_ended()

    def _raise_if_ended(self) -> None:
        if self._status is None:
            return
        if self._status < 0:
            raise ProcessKilledError(-self._status)
        raise ProcessEndedError(
            f"its process ended with status {self._status} before it gave a result"
        )

    def _wait(self, event: int) -> None:
        """Wait until the connection is ready, which that of a dead process need never be."""
        connection = self._connection.fileno()
        self._poll.register(connection, event)
        try:
            while connection not in self._attend(None if self._status is None else 0):
                if self._status is not None and connection not in self._attend(0):
                    self._raise_if_ended()
        finally:
            self._poll.unregister(connection)

    def _attend(self, milliseconds: float | None) -> list[int]:
        """Wait for anything, relay output, note the end; returns what was ready."""
        ready = [descriptor for descriptor, _ in self._poll.poll(milliseconds)]
        for descriptor in ready:
            if descriptor in self._relays:
                content = os.read(descriptor, _READ)
                self._relays[descriptor].write(content)
                if not content:
                    self._poll.unregister(descriptor)
            elif descriptor == self._control.fileno():
                status = self._control.recv(64)
                if not status:
                    raise _ServerEndedError
                self._status = int(status)
        return ready


class _Relay:
    """Writes what a process writes to where this one does."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode

    def write(self, content: bytes) -> None:
        stream: TextIO = getattr(sys, self._stream)
        stream.write(self._decode(content, not content))
        stream.flush()


def _refuse(_message: Message, _channel: Channel) -> None:
    raise BadMessageError("a message that nobody expects")


def end_by(number: int) -> NoReturn:
    """End this process by a signal that has ended another one in its place."""
    import faulthandler

    faulthandler.disable()
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)
