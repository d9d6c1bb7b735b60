"""Tokens for units: a limit on the number of units that all workers together start."""

import os
from dataclasses import dataclass

_PIPE_HOLDS = 4096


@dataclass(frozen=True)
class UnitTokens:
    """A pipe that holds one byte for every unit that may still be started (make's jobserver).

    Workers inherit it from their supervisor; reading a byte takes a token, which no two of them
    can do at once.

    Attributes:
        reading: file descriptor.
        writing: file descriptor.
    """

    reading: int
    writing: int

    @classmethod
    def empty(cls) -> "UnitTokens":
        """A pipe without tokens."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        return cls(reading, writing)

    def take(self) -> bool:
        """Take a token; returns whether there was one."""
        try:
            return bool(os.read(self.reading, 1))
        except BlockingIOError:
            return False

    def add(self, count: int) -> int:
        """Add tokens, as many as fit; returns how many."""
        try:
            return os.write(self.writing, bytes(min(count, _PIPE_HOLDS)))
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Close this process's ends."""
        os.close(self.reading)
        os.close(self.writing)
