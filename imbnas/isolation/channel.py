"""Messages between two processes: JSON and raw bytes, never objects."""

import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from select import POLLIN, POLLOUT
from threading import RLock
from typing import Any, Final

from imbnas.errors import ImbnasError

Part = bytes | bytearray | memoryview

MOST_HEAD_BYTES: Final = 64 * 2**20
MOST_PART_BYTES: Final = 8 * 2**30
_CHUNK = 2**20
_LENGTH = struct.Struct("<Q")


class BadMessageError(ImbnasError):
    """What came is no message, or too large for one."""


class ChannelClosedError(ImbnasError):
    """The other process has closed its end."""


@dataclass(frozen=True)
class Message:
    """What one process tells the other.

    Attributes:
        head: plain JSON data; NaN and infinities are allowed.
        parts: raw bytes that belong to it.
    """

    head: dict[str, Any]
    parts: tuple[bytearray, ...] = ()


class Channel:
    """One end of a connection.

    Args:
        connection: a stream socket.
        wait: called before each system call with what it waits for, ``POLLIN`` or ``POLLOUT``; for
            a socket that does not block.
    """

    def __init__(
        self, connection: socket.socket, wait: Callable[[int], None] = lambda _: None
    ) -> None:
        self._connection = connection
        self._wait = wait
        self._lock = RLock()

    def ask(self, head: dict[str, Any], *parts: Part) -> Message:
        """Send a message and receive the answer; threads take turns."""
        with self._lock:
            self.send(head, *parts)
            return self.receive()

    def send(self, head: dict[str, Any], *parts: Part) -> None:
        """Send a message.

        Raises:
            ChannelClosedError: the other end is closed.
        """
        views = [memoryview(part).cast("B") for part in parts]
        text = json.dumps({"head": head, "parts": [len(view) for view in views]}).encode()
        with self._lock:
            for view in (memoryview(_LENGTH.pack(len(text)) + text), *views):
                self._send(view)

    def receive(self) -> Message:
        """Wait for a message.

        Raises:
            ChannelClosedError: the other end is closed.
            BadMessageError: what comes is no message.
        """
        with self._lock:
            (length,) = _LENGTH.unpack(self._receive(_LENGTH.size))
            if length > MOST_HEAD_BYTES:
                raise BadMessageError(f"a message of {length:,} bytes is too long")
            head, lengths = _read_head(self._receive(length))
            if sum(lengths) > MOST_PART_BYTES:
                raise BadMessageError(f"a message with {sum(lengths):,} bytes is too long")
            return Message(head, tuple(map(self._receive, lengths)))

    def _send(self, view: memoryview) -> None:
        while view:
            self._wait(POLLOUT)
            try:
                view = view[self._connection.send(view) :]
            except BlockingIOError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                raise ChannelClosedError("the connection is closed") from None

    def _receive(self, length: int) -> bytearray:
        # It grows with what arrives: memory is not taken for what is only announced.
        held = bytearray()
        while len(held) < length:
            self._wait(POLLIN)
            try:
                chunk = self._connection.recv(min(_CHUNK, length - len(held)))
            except BlockingIOError:
                continue
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                raise ChannelClosedError("the connection is closed")
            held += chunk
        return held


def _read_head(text: bytearray) -> tuple[dict[str, Any], list[int]]:
    try:
        content = json.loads(text)
        head, lengths = content["head"], content["parts"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadMessageError("what came is no message") from None
    if not isinstance(head, dict) or not all(type(n) is int and n >= 0 for n in lengths):
        raise BadMessageError("what came is no message")
    return head, lengths
