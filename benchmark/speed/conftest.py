"""Collects the ratios of the yardsticks and prints them as one table at the end."""

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

# The helpers beside the benchmarks are imported by name, also by processes that are spawned.
sys.path.insert(0, str(Path(__file__).parent))

from ratios import ROWS, Report

if TYPE_CHECKING:
    from mini import Mini


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


@pytest.fixture
def report(benchmark: BenchmarkFixture, request: pytest.FixtureRequest) -> Report:
    """Note a ratio for the table."""
    return Report(benchmark, request.config.stash[ROWS])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    rows = config.stash[ROWS]
    if not rows:
        return
    from tabulate import tabulate

    head = ("what", "ratio", "target", "met")
    terminalreporter.section("ratios")
    terminalreporter.write_line(
        tabulate([row.cells() for row in rows], head, tablefmt="github", disable_numparse=True)
    )
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "numpy"))
    terminalreporter.write_line(f"\n{_processor()}; Python {platform.python_version()}, {versions}")


def _processor() -> str:
    from imbnas.cli.devices import cores
    from imbnas.execution.provenance import device_name

    return f"{cores()} cores of {device_name('cpu')}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--data-root", default=None, help="Folder of datasets; else IMBNAS_DATA.")


@pytest.fixture(scope="session")
def images(request: pytest.FixtureRequest) -> "Mini":
    """Real images; the test is skipped where there are none."""
    from mini import find_images

    return find_images(request.config.getoption("--data-root"))
