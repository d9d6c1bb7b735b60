"""The example of the documentation, as it is written there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs" / "submitting.md"


def example() -> tuple[str, list[list[str]]]:
    """The plug-in and the commands, without ``imbnas-bench``."""
    blocks = re.findall(r"```(\w*)\n(.*?)```", DOCS.read_text(), re.S)
    plugin = next(text for kind, text in blocks if kind == "python")
    commands = next(text for kind, text in blocks if not kind)
    return plugin, [shlex.split(line)[1:] for line in commands.splitlines()]


def follow(bench, submit, folder: Path, board: Path, more: dict[str, tuple[str, ...]]) -> None:
    plugin, commands = example()
    (folder / "mine.py").write_text(plugin)
    here = folder.joinpath("leaderboards", *board.parts[-2:])
    shutil.copytree(board, here)
    for command, *arguments in commands:
        if command == "submit":
            run, *told = arguments
            out = told.index("--out")
            told[out + 1] = str(folder / told[out + 1])
            done = submit(folder / run, board, *told[out + 1 : out + 2], *told)
        elif command == "accept":
            file, option, named = arguments
            assert (file, option, named.count("/")) == ("mine.imbnas", "--board", 2)
            done = bench(command, file, option, here, cwd=folder)
        else:
            done = bench(command, *arguments, *more.get(command, ()), cwd=folder)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        if "--recompute" in arguments:
            assert "units recomputed" in done.stdout
    assert "New head, by A. Nonymous" in (here / "adaptation.csv").read_text()


def test_it_works_on_the_tiny_suite(
    bench, submit, board: Path, tiny_suite: Path, tmp_path: Path
) -> None:
    suite = "--suite", str(tiny_suite)
    _, commands = example()
    assert [command for command, *_ in commands] == [
        "plan", "run", "submit", "verify", "verify", "accept",
    ]  # fmt: skip
    more = {"plan": suite, "run": (*suite, "--executor", "here")}
    follow(bench, submit, tmp_path, board, more)


@pytest.mark.slow
def test_it_works_as_it_is_written(bench, submit, tmp_path: Path) -> None:
    board = DOCS.parents[1] / "leaderboards" / "lt-digits@3" / "mini"
    if not (board / "records.tar.xz").is_file():
        pytest.skip("the board of the default suite is not at hand")
    follow(bench, submit, tmp_path, board, {})
