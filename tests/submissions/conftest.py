"""A board of the tiny suite, and submissions for it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from imbnas.submissions import packing
from imbnas.submissions.submission import Source

if TYPE_CHECKING:
    import subprocess

TITLE = "tiny@1/only"
OWN = "p2(freeze_after_fraction=0.5)"
"""A strategy of imbnas itself that the tiny suite does not have."""

PLUGIN = """
import os, socket, time
from imbnas.strategies import STRATEGIES

canary = os.environ.get("IMBNAS_TEST_CANARY")
if canary:
    with open(canary, "w") as file:
        file.write(" ".join(name for _, name in socket.if_nameindex()))

@STRATEGIES.register("mine", version="1", summary="new head, nothing else")
class Mine:
    scores_on, recipe = "target", "adaptation"

    def adapt(self, adaptation):
        time.sleep(float(os.environ.get("IMBNAS_TEST_SECONDS", "0")))
        adaptation.supernet.classifier = adaptation.fresh_supernet().classifier
        return adaptation.supernet
"""


@pytest.fixture(scope="session")
def board(bench_here, finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The board of the tiny suite."""
    folder = tmp_path_factory.mktemp("boards")
    done = bench_here("publish", finished_run, "--to", folder)
    assert done.returncode == 0, done.stderr
    return folder / TITLE


Make = Callable[..., Path]


@pytest.fixture(scope="session")
def made_run(
    bench, board: Path, tiny_suite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Make:
    """Run the tiny suite with something added, on top of the board."""

    def make(*arguments: str | Path) -> Path:
        out = tmp_path_factory.mktemp("added") / "run"
        done = bench(
            "run", "--suite", tiny_suite, "--reuse", board, "--out", out, "--executor", "here",
            *arguments,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return out

    return make


@pytest.fixture(scope="session")
def own_run(made_run: Make) -> Path:
    """A run with a strategy of imbnas itself."""
    return made_run("--strategy", OWN)


@pytest.fixture(scope="session")
def plugin_run(made_run: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a strategy of a plug-in."""
    plugin = tmp_path_factory.mktemp("plugin") / "mine.py"
    plugin.write_text(PLUGIN)
    assert "IMBNAS_TEST_CANARY" not in os.environ
    return made_run("--plugin", plugin, "--strategy", "mine")


@pytest.fixture(scope="session")
def submit(bench_here) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run ``imbnas-bench submit`` with an imbnas that is committed, whatever state tests run in."""

    def run(
        run: Path, board: Path, out: Path, *more: str | Path, modified: bool = False
    ) -> "subprocess.CompletedProcess[str]":
        with pytest.MonkeyPatch.context() as patch:
            source = Source(version="0.0", revision="a" * 40, modified=modified)
            patch.setattr(packing, "source_tree", lambda: source)
            return bench_here(
                "submit", run, "--title", "Half frozen", "--author", "A. Nonymous",
                "--licence", "MIT", "--url", "https://example.org/paper", "--board", board,
                "--out", out, *more,
            )  # fmt: skip

    return run


@pytest.fixture(scope="session")
def own_submission(
    submit, own_run: Path, board: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A submission without code."""
    out = tmp_path_factory.mktemp("submissions") / "own.imbnas"
    done = submit(own_run, board, out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def plugin_submission(
    submit, plugin_run: Path, board: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A submission with a plug-in."""
    out = tmp_path_factory.mktemp("submissions") / "mine.imbnas"
    done = submit(plugin_run, board, out)
    assert done.returncode == 0, done.stderr
    return out
