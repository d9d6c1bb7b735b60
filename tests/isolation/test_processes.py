"""Functions in processes of their own: what they return, how they end, what is left of them."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from imbnas.errors import InputError
from imbnas.isolation.apart import call_apart
from imbnas.isolation.channel import BadMessageError, Channel, Message
from imbnas.isolation.failures import ForeignCodeError, ProcessEndedError, ProcessKilledError
from imbnas.isolation.processes import ForkServer

CALL = "tests_isolation_called:call"

CALLED = '''
"""Runs any function of itself that a test names."""
import contextlib, ctypes, gc, os, signal, socket, subprocess, sys, threading, time

from imbnas.errors import InputError

STATE = []


def call(argument, channel):
    name, *rest = argument
    return globals()[name](channel, *rest)


def echo(channel, *texts):
    answers = [channel.ask({"text": text}, text.encode()) for text in texts]
    return b"|".join(bytes(answer.parts[0]) for answer in answers)


def remember(channel):
    STATE.append(1)
    os.environ["LEFT"] = "1"
    os.chdir("/")
    return str((len(STATE), len(threading.enumerate()))).encode()


def raises(channel, name, text):
    raise {**vars(__import__("builtins")), "InputError": InputError}[name](text)


class Hostile(Exception):
    def __str__(self):
        sys.exit(0)


def hostile(channel):
    raise Hostile


def exits(channel, status):
    os._exit(status)


def exits_from_a_thread(channel, status):
    threading.Thread(target=lambda: os._exit(status), daemon=True).start()
    time.sleep(600)


def killed(channel, number):
    signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
    os.kill(os.getpid(), number)
    time.sleep(600)


def closes(channel):
    channel._connection.close()
    time.sleep(600)


def dies_with_the_connection_held(channel):
    if os.fork() == 0:
        time.sleep(600)
    os._exit(3)


def babbles(channel):
    channel._connection.sendall(b"x" * 100)
    time.sleep(600)


def promises(channel):
    channel._connection.sendall((2**62).to_bytes(8, "little"))
    time.sleep(600)


def kills_its_parent(channel):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)


def stops_its_parent(channel, ends):
    os.kill(os.getppid(), signal.SIGSTOP)
    if ends:
        os._exit(0)
    return b""


def leaves(channel, how):
    code = "import time; time.sleep(600)"
    if how == "session":
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    elif how == "twice":
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                time.sleep(600)
            os._exit(0)
    else:
        threading.Thread(target=time.sleep, args=(600,)).start()
    return b"left"


def prints(channel):
    print("out")
    print("err", file=sys.stderr)
    os.write(1, b"raw\\n")
    subprocess.run(["echo", "started"], check=True)
    return b""


def prints_much(channel):
    for _ in range(3):
        os.write(1, b"y" * 200_000)
        channel.ask({"text": "z"}, b"z")
    return b""


def sleeps(channel):
    channel.send({"text": "ready"})
    time.sleep(600)
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    folder = tmp_path_factory.mktemp("called")
    (folder / "tests_isolation_called.py").write_text(CALLED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))
        with ForkServer(["tests_isolation_called"]) as server:
            yield server


def back(message: Message, channel: Channel) -> None:
    channel.send({}, *message.parts)


def left_of(server: ForkServer) -> list[psutil.Process]:
    """What it has forked and has not ended."""
    assert server._process is not None
    return psutil.Process(server._process.pid).children(recursive=True)


def test_a_function_asks_and_returns(server: ForkServer) -> None:
    texts = ("a", "ü" * 10, "x" * 3_000_000)
    assert server.run(CALL, ("echo", *texts), back) == "|".join(texts).encode()


def test_nothing_is_left_of_one_call_in_the_next(server: ForkServer) -> None:
    here = Path.cwd()
    assert server.run(CALL, ("remember",)) == server.run(CALL, ("remember",)) == b"(1, 1)"
    assert Path.cwd() == here
    assert "LEFT" not in os.environ


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ValueError", "no idea", "no idea"),
        ("InputError", "wrong", "wrong"),
        ("SystemExit", "0", "code of a plug-in raised SystemExit: 0"),
        ("KeyboardInterrupt", "", "code of a plug-in raised KeyboardInterrupt"),
        ("GeneratorExit", "", "code of a plug-in raised GeneratorExit"),
        ("BaseException", "x", "code of a plug-in raised BaseException: x"),
    ],
)
def test_whatever_is_raised_is_told(server: ForkServer, name: str, text: str, said: str) -> None:
    with pytest.raises(ForeignCodeError) as caught:
        server.run(CALL, ("raises", name, text))
    assert (caught.value.error, str(caught.value)) == (name, said)
    assert caught.value.is_input == (name == "InputError")
    assert "in raises\n" in caught.value.trace


def test_texts_of_exceptions_are_bounded_and_may_be_hostile(server: ForkServer) -> None:
    with pytest.raises(ForeignCodeError) as caught:
        server.run(CALL, ("raises", "ValueError", "x" * 50_000_000))
    assert len(caught.value.message) <= 1000
    assert "50,000,000 characters in all" in caught.value.message
    assert len(caught.value.trace) <= 10_000
    with pytest.raises(ForeignCodeError, match=r"what it says cannot be shown"):
        server.run(CALL, ("hostile",))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (("exits", 0), "ended with status 0 before"),
        (("exits", 7), "ended with status 7 before"),
        (("exits_from_a_thread", 0), "ended with status 0 before"),
        (("dies_with_the_connection_held",), "ended with status 3 before"),
        (("babbles",), "a message of [0-9,]+ bytes is too long"),
        (("promises",), "a message of [0-9,]+ bytes is too long"),
        (("kills_its_parent",), "the one that started it were killed"),
    ],
)
def test_ends_without_a_result_are_told_and_leave_nothing(
    server: ForkServer, what: tuple[Any, ...], said: str
) -> None:
    with pytest.raises((ProcessEndedError, BadMessageError), match=said):
        server.run(CALL, what)
    assert server.run(CALL, ("remember",)) == b"(1, 1)"
    assert left_of(server) == []


def test_a_closed_connection_is_not_waited_for_long(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imbnas.isolation.processes._GRACE_SECONDS", 0.2)
    with pytest.raises(ProcessEndedError, match="closed its connection before"):
        server.run(CALL, ("closes",))
    assert left_of(server) == []


@pytest.mark.parametrize("ends", [True, False])
def test_a_stopped_clean_process_is_not_waited_for_long(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    for name in ("_GRACE_SECONDS", "_KILL_SECONDS"):
        monkeypatch.setattr(f"imbnas.isolation.processes.{name}", 0.3)
    with pytest.raises(ProcessEndedError, match="the one that started it were killed"):
        server.run(CALL, ("stops_its_parent", ends))
    assert server.run(CALL, ("remember",)) == b"(1, 1)"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_signals_are_told_by_their_number(server: ForkServer, number: signal.Signals) -> None:
    with pytest.raises(ProcessKilledError, match=number.name) as caught:
        server.run(CALL, ("killed", number))
    assert caught.value.signal == number


@pytest.mark.parametrize("how", ["session", "twice", "thread"])
@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux alone")
def test_what_a_function_has_started_ends_with_it(server: ForkServer, how: str) -> None:
    server.run(CALL, ("remember",))
    before = set(psutil.pids())
    assert server.run(CALL, ("leaves", how)) == b"left"
    left = [pid for pid in set(psutil.pids()) - before if psutil.Process(pid).ppid() != os.getpid()]
    assert not [pid for pid in left if "time.sleep(600)" in " ".join(psutil.Process(pid).cmdline())]
    assert left_of(server) == []


def test_what_is_printed_comes_through(server: ForkServer, capsys: Any) -> None:
    server.run(CALL, ("prints",))
    captured = capsys.readouterr()
    assert captured.out.splitlines() == ["out", "raw", "started"]
    assert captured.err.splitlines() == ["err"]
    server.run(CALL, ("prints_much",), back)
    assert capsys.readouterr().out == "y" * 600_000


def test_an_error_of_whoever_answers_ends_the_process(server: ForkServer) -> None:
    def refuse(_message: Message, _channel: Channel) -> None:
        raise LookupError("not here")

    with pytest.raises(LookupError, match="not here"):
        server.run(CALL, ("sleeps",), refuse)
    with pytest.raises(BadMessageError, match="nobody expects"):
        server.run(CALL, ("sleeps",))
    assert left_of(server) == []


def test_a_signal_reaches_whoever_waits(server: ForkServer) -> None:
    def interrupt(_message: Message, _channel: Channel) -> None:
        threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()

    class Heard(BaseException):
        pass

    def hear(*_: object) -> None:
        raise Heard

    old = signal.signal(signal.SIGUSR1, hear)
    try:
        with pytest.raises(Heard):
            server.run(CALL, ("sleeps",), interrupt)
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert left_of(server) == []


OWNER = """
import os, signal, sys
from imbnas.isolation.processes import ForkServer
server = ForkServer(["tests_isolation_called"])
def told(message, channel):
    print("ready", flush=True)
server.run("tests_isolation_called:call", ("sleeps",), told)
"""


@pytest.mark.parametrize("group", [False, True])
def test_nothing_outlives_its_owner(server: ForkServer, group: bool) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, start_new_session=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"ready\n"
    family = psutil.Process(owner.pid).children(recursive=True)
    assert len(family) == 2
    (os.killpg if group else os.kill)(owner.pid, signal.SIGKILL)
    owner.wait()
    limit = time.monotonic() + 20
    while any(process.is_running() and process.status() != "zombie" for process in family):
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_a_call_apart_turns_ends_into_errors_of_the_input(server: ForkServer, capsys: Any) -> None:
    with pytest.raises(InputError, match="^wrong$"):
        call_apart(CALL, ("raises", "InputError", "wrong"), "--plugin mine.py")
    with pytest.raises(InputError, match=r"--plugin mine.py: its process ended with status 0 "):
        call_apart(CALL, ("exits", 0), "--plugin mine.py")
    assert call_apart(CALL, ("prints",), "--plugin mine.py") == b""
    assert capsys.readouterr().out == ""


def test_no_message_is_taken_for_one() -> None:

    for text in (
        b"{}",
        b"[]",
        b'{"head": 1, "parts": []}',
        b'{"head": {}, "parts": [-1]}',
        b"\xff",
    ):
        ours, theirs = socket.socketpair()
        theirs.sendall(len(text).to_bytes(8, "little") + text)
        with pytest.raises(BadMessageError):
            Channel(ours).receive()
