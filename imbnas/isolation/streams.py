"""Standard streams that are there, whatever a process was started with."""

import os
import sys


def open_standard_streams() -> None:
    """Put the null device in the place of closed standard streams, as daemons may have them.

    Otherwise the next file that is opened, a record perhaps, gets the number of standard error.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest number that is free is this one.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            mode = "r" if descriptor == 0 else "w"
            stream = os.fdopen(descriptor, mode, errors="backslashreplace", closefd=False)
            setattr(sys, name, stream)
