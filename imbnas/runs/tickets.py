"""Tickets: a limit on the number of units that all workers together start."""

import os
from dataclasses import dataclass

_PIPE_HOLDS = 4096


@dataclass(frozen=True)
class Tickets:
    """A pipe that holds a byte for every unit that may still be started.

    Workers inherit it from their supervisor; reading a byte is taking a ticket, which no two of
    them can do at once.

    Attributes:
        reading: file descriptor.
        writing: file descriptor.
    """

    reading: int
    writing: int

    @classmethod
    def empty(cls) -> "Tickets":
        """A pipe without tickets."""
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        return cls(reading, writing)

    def take(self) -> bool:
        """Take a ticket; whether there was one."""
        try:
            return bool(os.read(self.reading, 1))
        except BlockingIOError:
            return False

    def add(self, count: int) -> int:
        """Put tickets in, as many as fit; return how many."""
        try:
            return os.write(self.writing, bytes(min(count, _PIPE_HOLDS)))
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Close this process's ends."""
        os.close(self.reading)
        os.close(self.writing)
