"""The process that others are forked from: it has imported modules, and holds nothing else.

A process forked from it begins within milliseconds and without any data. Whatever it started is
killed when it has ended, and everything when the owner of the server has.
"""

import contextlib
import ctypes
import faulthandler
import gc
import os
import pickle
import pkgutil
import select
import signal
import socket
import sys
import time
from collections.abc import Iterable
from importlib import import_module
from typing import Final, NoReturn, TextIO

from imbnas.isolation.channel import Channel
from imbnas.isolation.failures import described

FORK: Final = b"f"
KILL: Final = b"k"
_DIE_WITH_PARENT = 1
_ADOPT_ORPHANS = 36


def serve(control: socket.socket, modules: Iterable[str]) -> None:
    """Fork a process for each request, one after the other; returns when the owner has gone.

    Args:
        control: ``FORK`` comes with the file descriptors of a channel, standard output and standard
            error; ``KILL`` ends the process. The answer to ``FORK`` is the exit status, once the
            process and all that it started have ended.
        modules: imported before.
    """
    for name in modules:
        import_module(name)
    _prctl(_ADOPT_ORPHANS, 1)
    for number in (signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    gc.collect()
    gc.freeze()  # collections in a fork would copy what was imported
    child = _Child()
    ended = _wake_up_on_end_of_children()
    listened: list[socket.socket | int] = [control, ended]
    while True:
        ready, _, _ = select.select(listened, [], [])
        _empty(ended)
        status = child.reap()
        if status is not None:
            _kill_descendants()
            control.send(str(status).encode())
        if control in ready and not _obey(control, child):
            child.kill()
            _kill_descendants()
            return


def _obey(control: socket.socket, child: "_Child") -> bool:
    """Do what the owner asks for; returns whether there still is one."""
    request, descriptors, _, _ = socket.recv_fds(control, 1, 3)
    if request == KILL:
        child.kill()
    elif request == FORK:
        child.pid = os.fork()
        if child.pid == 0:
            control.close()
            _become(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
    return bool(request)


class _Child:
    """The process that was forked last."""

    pid: int | None = None

    def reap(self) -> int | None:
        """Its exit status when it has just ended."""
        if self.pid is None:
            return None
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0:
            return None
        self.pid = None
        return os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)


def _kill_descendants() -> None:
    """Kill what a process left behind; orphans become children of the server."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid:
            continue
        import psutil

        for left in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        time.sleep(0.001)


def _become(connection: int, output: int, errors: int) -> NoReturn:
    """Do what the owner of the other end of a connection asks for, and end."""
    server = os.getppid()
    _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()  # signals to its own group reach nobody else
    with open(os.devnull) as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.close(output)
    os.close(errors)
    sys.stdout, sys.stderr = _text_stream(1), _text_stream(2)
    faulthandler.enable(2)
    channel = Channel(socket.socket(fileno=connection))
    try:
        task = channel.receive().parts[0]
        # Its owner pickled it, whose code this is; nothing is unpickled the other way.
        function, argument = pickle.loads(task)  # noqa: S301  # nosec B301
        answer = pkgutil.resolve_name(function)(argument, channel)
        _flush()
        channel.send({"done": True}, answer)
    except BaseException as error:
        _flush()
        with contextlib.suppress(BaseException):
            channel.send({"failed": described(error)})
    finally:
        # Neither threads nor handlers that foreign code left have a say.
        os._exit(0)


def _text_stream(descriptor: int) -> TextIO:
    return os.fdopen(descriptor, "w", 1, "utf-8", "backslashreplace", closefd=False)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def _prctl(option: int, value: int) -> None:
    """Ask Linux for something; other systems do without."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _wake_up_on_end_of_children() -> int:
    """A file descriptor that can be read when a child has ended."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reading


def _empty(descriptor: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(descriptor, 4096):
            pass


def main() -> None:
    """Entry point: the file descriptor of the control socket, then modules."""
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])


if __name__ == "__main__":
    main()
