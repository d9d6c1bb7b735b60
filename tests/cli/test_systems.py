"""Python without what only POSIX systems have, as it is on Windows."""

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

WITHOUT = """
import contextlib, io, json, os, select, signal, socket, sys
import click, jinja2, matplotlib.figure, numpy, pandas, plotly, psutil, pydantic, rich.progress
import seaborn, scipy.stats, sklearn.datasets, timm, torch, torchvision, tabulate, safetensors.torch
import multiprocessing, concurrent.futures.process, tempfile, uuid, logging, subprocess, runpy

for module in ("fcntl", "resource", "pwd", "grp", "termios", "syslog"):
    sys.modules[module] = None
for module, names in {
    os: ["fork", "getppid", "setsid", "killpg", "uname", "sysconf", "sched_getaffinity", "mkfifo",
         "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_DIRECTORY", "geteuid", "getuid",
         "waitstatus_to_exitcode", "posix_fadvise", "statvfs", "fchmod", "set_blocking"],
    signal: ["SIGUSR1", "SIGUSR2", "SIGKILL", "SIGSTOP", "SIGCHLD", "SIGHUP", "SIGALRM"],
    select: ["poll", "POLLIN", "POLLOUT", "epoll"],
    socket: ["send_fds", "recv_fds", "AF_UNIX", "socketpair"],
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)

from imbnas.cli import main
import imbnas

def told(*arguments):
    printed, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        try:
            main(list(arguments))
        except SystemExit as end:
            return end.code, printed.getvalue(), said.getvalue()

boards, run, out = sys.argv[1:]
answers = {
    "library": len(imbnas.load_results(boards + "/lt-digits@2/mini").index),
    "run": told("run", "--fidelity", "smoke", "--out", out + "/new"),
    "plan": told("plan"),
    "list": told("list"),
    "condition": told("show", "condition", "digits@20x"),
    "correlate": told("correlate", out + "/t.csv", "--x", "a", "--y", "b"),
    "leaderboard": told("leaderboard", run, "--out", out + "/tables"),
    "report": told("report", run, "--out", out + "/report"),
    "status": told("status", run),
    "export": told("export", run, "--out", out + "/e.csv"),
}
print(json.dumps(answers))
"""


def test_tables_and_look_ups_work_without_posix_and_runs_end_in_one_line(
    finished_run: Path, tmp_path: Path
) -> None:
    rows = "".join(f"{n},{n * 7 % 11}\n" for n in range(11))
    (tmp_path / "t.csv").write_text("a,b\n" + rows)
    done = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT, CHECKOUT / "leaderboards", finished_run, tmp_path],
        capture_output=True, text=True, timeout=300, env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers.pop("library") == 265
    for command in ("run", "plan"):
        status, printed, said = answers.pop(command)
        assert (status, printed) == (2, "")
        assert said.startswith("Error: run and plan start processes by fork")
        assert len(said.splitlines()) == 1
    assert not (tmp_path / "new").exists()
    for command, (status, printed, said) in answers.items():
        assert (status, bool(printed)) == (0, True), (command, said)
