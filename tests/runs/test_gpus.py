import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.runs.bind import bind_run
from imbnas.runs.executors.registry import build_executor
from imbnas.runs.gpus import VISIBLE, GpuShares, visible_gpus
from imbnas.runs.queue.queue import Queue
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.supervisor import Supervisor
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.units.unit import Computation, DeviceType


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


def execute(folder: Path, tiny_suite: Path, device: DeviceType, *options: str) -> None:
    """Run the local executor with three workers."""
    directory = RunDirectory(folder)
    request = RunRequest(
        read_suite(tiny_suite),
        "only",
        DataLocations.from_options(offline=True),
        Computation(device_type=device, precision="float32"),
        directory=directory,
        workers=3,
    )
    queue = Queue(Expansion(bind_run(request)).plan(), directory)
    build_executor("local", options).run(request, queue, lambda _: None)


@pytest.mark.parametrize(
    ("options", "expected"),
    [((), ["0", "1", "0"]), (("workers_per_gpu=2",), ["0", "1", "0", "1"])],
)
def test_workers_are_spread_over_the_gpus(
    tmp_path: Path, tiny_suite: Path, started: list[str | None], options: Any, expected: Any
) -> None:
    execute(tmp_path, tiny_suite, "cuda", *options)
    assert started == expected


def test_on_a_cpu_workers_are_as_many_as_asked_for(
    tmp_path: Path, tiny_suite: Path, started: list[str | None]
) -> None:
    execute(tmp_path, tiny_suite, "cpu", "workers_per_gpu=2")
    assert started == [None] * 3
