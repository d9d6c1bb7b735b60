"""Standard output and error of commands that go on when nobody reads them any more."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from imbnas.cli.output import note


@contextmanager
def outliving_readers() -> Iterator[None]:
    """Go on where whoever reads standard output or error goes away, as in ``run | head``.

    What nobody reads is dropped, which is told once on the other of both.
    """
    held = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_outliving(stream) for stream in held)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = held


def _outliving(stream: TextIO) -> TextIO:
    try:
        descriptor = stream.fileno()
        stream.flush()
    except (OSError, ValueError, AttributeError):  # none, closed, or no file
        return stream
    raw = _Unread(descriptor, stream.name)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=True
    )


class _Unread(io.RawIOBase):
    """Writes to a file descriptor, and drops what is written once nobody reads it."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor, self._name = descriptor, name
        self._read = True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        if self._read:
            try:
                return os.write(self._descriptor, content)
            except BrokenPipeError:
                self._read = False
                if self._name == "<stdout>":
                    note("nobody reads standard output any more; the command goes on")
        return memoryview(content).nbytes
