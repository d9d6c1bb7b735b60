"""Who follows a tutorial from its first line to its last gets to its end."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .pages import DOCS, blocks, commands, outputs

FOLDER = DOCS / "tutorials"
BOARDS = DOCS.parent / "leaderboards"
RUNNING = ("first-run", "your-strategy", "your-images", "your-cluster")
ELSEWHERE = ("--executor slurm", "--fidelity smoke --plugin mine.py --strategy mine --out")
"""Commands that a test cannot give: they need a cluster, or a file that was edited."""


def follow(page: Path, folder: Path, bench, changed: Callable[[str], str]) -> None:
    """Do what a page says, in its order.

    Args:
        page: of the documentation.
        folder: where it is followed.
        bench: runs ``imbnas-bench``.
        changed: what is done in place of a block.
    """
    names: dict[str, object] = {}
    printed = None
    for language, code in blocks(page):
        named = re.match(r"# ([\w-]+\.(?:py|toml))\n", code)
        if language == "text" and printed is not None:
            assert printed == code
        printed = None
        if named:
            (folder / named[1]).write_text(changed(code))
        elif language == "python":
            printed = outputs(changed(code), names)
        elif language == "":
            for program, *words in commands(changed(code)):
                do(program, words, folder, bench)


def do(program: str, words: list[str], folder: Path, bench) -> None:
    if any(line in " ".join(words) for line in ELSEWHERE):
        return
    if program == "imbnas-bench":
        done = bench(*words, cwd=folder)
    elif words[:2] == ["-m", "imbnas.runs.worker"]:
        command = [sys.executable, "-P", *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    else:
        assert (program, words[0]) in {("python", "-m"), ("pip", "install")}  # of an environment
        return
    assert done.returncode == 0, (program, words, done.stdout, done.stderr)


@pytest.mark.parametrize("name", RUNNING)
def test_it_works_on_tiny_networks(
    name: str, bench, tmp_path, tiny_suite, finished_run, monkeypatch
) -> None:
    text = tiny_suite.read_text()
    if name == "your-strategy":  # which goes on where the first run ended
        (tmp_path / "runs" / "tiny@1").mkdir(parents=True)
        (tmp_path / "runs" / "tiny@1" / "only").symlink_to(finished_run)
    else:
        text = text.replace("replicates = 2", "replicates = 1")
    (tmp_path / "tiny.toml").write_text(text)

    def tiny(code: str) -> str:
        code = code.replace("--fidelity smoke", "--suite tiny.toml")
        code = code.replace("runs/lt-digits@3/smoke", "runs/tiny@1/only")
        code = code.replace("--epochs 5", "--epochs 1").replace("size = 10", "size = 4")
        # In the process that the test has, where a command does not say otherwise.
        here = r"^(imbnas-bench run (?:(?!--executor).)*)$"
        return re.sub(here, r"\1 --executor here", code, flags=re.MULTILINE)

    monkeypatch.chdir(tmp_path)
    follow(FOLDER / f"{name}.md", tmp_path, bench, tiny)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNNING)
def test_it_works_as_it_is_written(name: str, bench, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    if name == "your-strategy":
        assert bench("run", "--fidelity", "smoke", cwd=tmp_path).returncode == 0
    follow(FOLDER / f"{name}.md", tmp_path, bench, str)


@pytest.mark.skipif(not BOARDS.is_dir(), reason="no board is beside the tests")
def test_the_board_says_what_is_read_in_it(bench, tmp_path, monkeypatch) -> None:
    (tmp_path / BOARDS.name).symlink_to(BOARDS)
    monkeypatch.chdir(tmp_path)
    follow(FOLDER / "reading-a-board.md", tmp_path, bench, str)


def test_every_tutorial_is_followed() -> None:
    assert {page.stem for page in FOLDER.glob("*.md")} == {*RUNNING, "reading-a-board"}
