"""A reproducible run: its own identities, capped workers wherever they are, and what it refuses."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from imbnas.execution.caps import CAPS
from imbnas.planning import timing
from imbnas.runs import supervisor
from imbnas.runs.bind import bind_run
from imbnas.runs.executors.job import WorkerJob
from imbnas.runs.executors.registry import build_executor
from imbnas.runs.executors.script import ScriptExecutor
from imbnas.runs.queue.queue import Queue
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.worker_command import NOT_CAPPED
from imbnas.runs.worker_environment import worker_environment
from imbnas.suites.expand import Expansion
from imbnas.units.unit import Computation

from ..factories import OFFLINE

PLAIN = Computation(device_type="cpu", precision="float32")
REPRODUCIBLE = Computation(device_type="cpu", precision="float32", reproducible=True)
AVX2 = pytest.mark.skipif(
    not torch.backends.cpu.get_cpu_capability().startswith("AVX"),
    reason="the processor has no AVX2",
)


@pytest.fixture
def asked(tmp_path: Path, finished_run: Path) -> RunRequest:
    suite = RunDirectory(finished_run).read_suite().suite
    directory = RunDirectory(tmp_path / "run")
    return RunRequest(
        suite, "only", OFFLINE, REPRODUCIBLE, directory=directory, workers=2, replicates=1
    )


@AVX2
def test_its_records_are_its_own_and_name_the_caps(
    bench_here, tiny_suite: Path, tmp_path: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    to = ("--suite", tiny_suite, "--out", run, "--device", "cpu", "--offline")
    one = ("--only", "supernet*", "--replicates", "1", "--workers", "1")
    done = bench_here("run", *to, *one, "--reproducible")
    assert done.returncode == 0, done.stderr
    (path,) = (run / "records").rglob("*.json")
    record = json.loads(path.read_text())
    assert record["unit"]["reproducible"] is True
    assert record["provenance"]["onednn_isa"] == "Intel AVX2"
    assert record["provenance"]["mkl_branch"] == "COMPATIBLE"
    assert not (finished_run / path.relative_to(run)).exists()
    provenance = json.loads((run / "tables" / "provenance.json").read_text())
    assert provenance["reproducible"] is True
    assert provenance["circumstances"]["instruction_sets"]["aten"] == ["AVX2"]
    before = {each: each.read_bytes() for each in run.rglob("*") if each.is_file()}
    for command in ("run", "plan"):
        again = bench_here(command, *to)
        assert again.returncode == 2
        assert "reproducible of tiny@1/only changed since the run was started" in again.stderr
    assert before == {each: each.read_bytes() for each in run.rglob("*") if each.is_file()}


def test_units_without_it_do_not_say_so(expansion: Expansion) -> None:
    assert all("reproducible" not in unit.model_dump() for unit in expansion.plan().units)


@pytest.mark.parametrize(
    ("options", "environment", "told"),
    [
        (("--precision", "bfloat16"), {}, "float32; leave --precision and --compile out"),
        (("--compile",), {}, "float32; leave --precision and --compile out"),
        ((), {"MKL_CBWR": "AVX2"}, "MKL_CBWR=AVX2 in this shell contradicts it; unset MKL_CBWR"),
        ((), {"ONEDNN_MAX_CPU_ISA": "SSE41"}, "unset ONEDNN_MAX_CPU_ISA"),
        ((), {"DNNL_DEFAULT_FPMATH_MODE": "BF16"}, "unset DNNL_DEFAULT_FPMATH_MODE"),
    ],
)
def test_what_does_not_go_with_it_is_refused(
    bench_here,
    tiny_suite: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    environment: dict[str, str],
    told: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for command in ("run", "plan"):
        done = bench_here(
            command, "--suite", tiny_suite, "--device", "cpu", "--reproducible", *options,
            cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 2
        (line,) = done.stderr.strip().splitlines()
        assert told in line
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("capability", ["DEFAULT", "NO AVX", "SVE256"])
def test_a_processor_without_avx2_is_refused(
    bench_here,
    tiny_suite: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capability: str,
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    for command in ("run", "plan"):
        done = bench_here(
            command, "--suite", tiny_suite, "--device", "cpu", "--reproducible", cwd=tmp_path
        )
        assert done.returncode == 2
        (line,) = done.stderr.strip().splitlines()
        assert f"PyTorch finds {capability} here" in line
        assert list(tmp_path.iterdir()) == []


def test_cuda_is_refused() -> None:
    with pytest.raises(ValueError, match="only on the CPU"):
        Computation(device_type="cuda", precision="float32", reproducible=True)


def test_workers_that_are_not_capped_compute_nothing_and_are_not_replaced(
    asked: RunRequest, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "worker_environment", lambda _: {"MKL_CBWR": "AUTO"})
    resolved = bind_run(asked)
    queue = Queue(Expansion(resolved).plan(), asked.directory)
    progress = build_executor("local").run(replace(asked, workers=1), queue, lambda _: None)
    assert progress is not None
    assert progress.left == progress.total
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert "mkl_branch is AUTO" in line
    assert not any(asked.directory.path.rglob("records/*/*/*.json"))


def test_the_status_of_a_worker_that_is_not_capped(asked: RunRequest) -> None:
    bind_run(asked)
    run = asked.directory.path
    done = subprocess.run(
        [sys.executable, "-m", "imbnas.runs.worker", run],
        env=os.environ | {"MKL_CBWR": "AUTO"},
        stderr=subprocess.DEVNULL,
    )
    assert done.returncode == NOT_CAPPED


def test_workers_elsewhere_get_the_same_environment(asked: RunRequest) -> None:
    environment = worker_environment(asked)
    assert environment.items() >= CAPS.items()
    assert not CAPS.keys() & worker_environment(replace(asked, computation=PLAIN)).keys()
    exports = [
        line for line in ScriptExecutor().text(asked).splitlines() if line.startswith("export ")
    ]
    tests = [f'[ "${name}" = "{value}" ]' for name, value in environment.items()]
    assert subprocess.run(["bash", "-ec", "\n".join([*exports, *tests])]).returncode == 0
    seen = f"import os; assert os.environ.items() >= {environment!r}.items()"
    assert WorkerJob([sys.executable, "-c", seen], environment)() == 0


@AVX2
def test_a_plan_times_units_as_they_will_be_computed(
    bench_here, tiny_suite: Path, tmp_path: Path
) -> None:
    # The processes that time refuse to, where they are not capped.
    before = caps_of_this_process()
    done = bench_here(
        "plan", "--suite", tiny_suite, "--device", "cpu", "--offline", "--reproducible",
        "--part", "transfer", "--replicates", "1", "--workers", "1", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "timed just now" in done.stdout
    assert caps_of_this_process() == before


def caps_of_this_process() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in CAPS}


def test_a_plan_without_caps_is_refused(
    bench_here, tiny_suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "worker_caps", lambda _: {"MKL_CBWR": "AUTO"})
    done = bench_here(
        "plan", "--suite", tiny_suite, "--device", "cpu", "--offline", "--reproducible",
        "--part", "transfer", "--replicates", "1", "--workers", "1", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode != 0
    (line,) = (each for each in done.stderr.splitlines() if not each.startswith("plan: "))
    assert "mkl_branch is AUTO" in line
