"""Collects the ratios of the yardsticks and prints them as one table at the end."""

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

# The helpers beside the benchmarks are imported by name, also by processes that are spawned.
sys.path.insert(0, str(Path(__file__).parent))

ROWS = pytest.StashKey[list["Row"]]()


@dataclass(frozen=True)
class Row:
    """A ratio, and what it is to be read against.

    Attributes:
        what: is measured.
        ratio: of the measurement.
        target: to be reached; ``None`` for a figure that only informs.
        smaller: whether the ratio is to be at most the target, not at least.
    """

    what: str
    ratio: float
    target: float | None
    smaller: bool = False

    def cells(self) -> tuple[str, ...]:
        if self.target is None:
            return self.what, f"{self.ratio:.2f}", "", ""
        met = self.ratio <= self.target if self.smaller else self.ratio >= self.target
        bound = f"{'≤' if self.smaller else '≥'} {self.target:g}"
        return self.what, f"{self.ratio:.2f}", bound, "yes" if met else "no"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


@pytest.fixture
def report(benchmark, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Note a ratio for the table, and with further facts in the benchmark's ``extra_info``."""

    def note(
        what: str,
        ratio: float,
        target: float | None = None,
        smaller: bool = False,
        key: str = "throughput_ratio",
        **facts: object,
    ) -> None:
        benchmark.extra_info.update({key: ratio, **facts})
        if target is not None:
            benchmark.extra_info[f"{key}_target"] = target
        request.config.stash[ROWS].append(Row(what, ratio, target, smaller))

    return note


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
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
def images(request: pytest.FixtureRequest):
    """Real images; the test is skipped where there are none."""
    from mini import find_images

    return find_images(request.config.getoption("--data-root"))
