"""What a process of its own costs a unit that runs code of a plug-in.

Run with ``pytest benchmark/speed/test_apart.py --benchmark-enable -o addopts= -s``.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from imbnas.data.locations import DataLocations
from imbnas.execution.executor import Executor
from imbnas.execution.runner import Runner
from imbnas.registry import Plugin
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.units.unit import TrainUnit

TINY = Path(__file__).resolve().parents[2] / "tests" / "tiny.toml"
LOCATIONS = DataLocations.from_options(offline=True)
SAME = b"""
from imbnas.losses import LOSSES
from imbnas.losses.configs import ClassBalancedConfig
LOSSES.register("my-cb", version="1", summary="cb-ce by another name")(ClassBalancedConfig)
"""
TIMES = 20


def test_a_unit_apart(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """The same training by a built-in loss in the worker, and by a plug-in's apart."""
    directory = RunDirectory(tmp_path)
    resolved = resolve_suite(SuiteRequest(read_suite(TINY), "only", LOCATIONS))
    here = next(unit for unit in Expansion(resolved).plan().units if isinstance(unit, TrainUnit))
    there = here.model_copy(
        update={"scheme": here.scheme.model_copy(update={"loss": "my-cb", "name": "my-cb"})}
    )
    plugins = [Plugin(Path("mine.py"), SAME)]
    runner = Runner(directory, LOCATIONS)
    with Executor(directory, LOCATIONS, plugins=lambda: plugins) as executor:
        first = seconds(lambda: executor.execute(there))
        runner.execute(here)
        apart, within = [], []
        for _ in range(TIMES):  # in turns, since the speed of a machine drifts
            apart.append(seconds(lambda: executor.execute(there)))
            within.append(seconds(lambda: runner.execute(here)))
        benchmark.pedantic(lambda: executor.execute(there), rounds=1)
    # The least of many, which other programs on the machine disturb least.
    costs, fresh = min(apart) - min(within), min(seconds(start_afresh) for _ in range(3))
    benchmark.extra_info.update(apart=1000 * costs, first=first, fresh=fresh)
    print(  # noqa: T201
        f"\na unit apart: {1000 * costs:.0f} ms more than in the worker "
        f"({1000 * min(within):.0f} ms there); "
        f"the first one of a worker: {first:.1f} s; "
        f"a process started afresh for each would take {fresh:.1f} s"
    )


def start_afresh() -> None:
    code = "import imbnas.execution.remote, torch._dynamo"
    subprocess.run([sys.executable, "-c", code], check=True)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
