import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.runs.executors.executor import Order, build_executor
from imbnas.runs.gpus import VISIBLE, GpuShares, visible_gpus
from imbnas.runs.queue.queue import Queue
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.supervisor import Supervisor
from imbnas.suites.expansion import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.resolve import Resolver
from imbnas.units.unit import DeviceType

LOCATIONS = DataLocations.from_options(offline=True)


def test_gpus_are_those_of_the_environment_where_it_names_some() -> None:
    assert visible_gpus(2, {}) == ("0", "1")
    assert visible_gpus(2, {VISIBLE: ""}) == ("0", "1")
    assert visible_gpus(2, {VISIBLE: "3, GPU-abc"}) == ("3", "GPU-abc")
    assert visible_gpus(0, {}) == ()


def test_a_worker_goes_where_fewest_are() -> None:
    shares = GpuShares(("a", "b"))
    for pid, expected in enumerate("abab"):
        assert shares.next(range(pid)) == expected
        shares.note(pid, expected)
    assert shares.next([0, 2, 3]) == "b"
    assert shares.next([1, 3]) == "a"
    assert GpuShares().next([]) is None


class Ended:
    """Stands for a worker that found nothing to do."""

    started: ClassVar[list[str | None]] = []
    returncode = 0

    def __init__(self, command: list[str], env: dict[str, str], **_: Any) -> None:
        self.pid = 10_000_000 + len(self.started)
        self.started.append(env.get(VISIBLE))

    def poll(self) -> int:
        return 0

    wait = poll

    def send_signal(self, _: int) -> None:
        raise ProcessLookupError


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    assert Supervisor  # imported before its Popen is replaced
    monkeypatch.setattr(subprocess, "Popen", Ended)
    monkeypatch.setattr(Ended, "started", [])
    monkeypatch.delenv(VISIBLE, raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    return Ended.started


def order(folder: Path, tiny_suite: Path, device: DeviceType) -> Order:
    resolved = Resolver(read_suite(tiny_suite), "only", LOCATIONS, device_type=device).resolve()
    directory = RunDirectory(folder)
    directory.store_suite(resolved)
    queue = Queue(Expansion(resolved).plan(), directory)
    return Order(queue, None, LOCATIONS, workers=3, device_type=device)


@pytest.mark.parametrize(
    ("options", "expected"),
    [((), ["0", "1", "0"]), (("workers_per_gpu=2",), ["0", "1", "0", "1"])],
)
def test_workers_are_spread_over_the_gpus(
    tmp_path: Path, tiny_suite: Path, started: list[str | None], options: Any, expected: Any
) -> None:
    build_executor("local", options).run(order(tmp_path, tiny_suite, "cuda"), lambda _: None)
    assert started == expected


def test_on_a_cpu_workers_are_as_many_as_asked_for(
    tmp_path: Path, tiny_suite: Path, started: list[str | None]
) -> None:
    given = order(tmp_path, tiny_suite, "cpu")
    build_executor("local", ["workers_per_gpu=2"]).run(given, lambda _: None)
    assert started == [None] * 3
