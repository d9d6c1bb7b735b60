"""What rounds otherwise is another run, and another plan."""

import json
from pathlib import Path

import pytest

ONE_UNIT = ("--executor", "here", "--only", "supernet*", "--replicates", "1", "--offline")


def only_unit(run: Path) -> Path:
    (record,) = (run / "records").rglob("*.json")
    return record


def test_a_run_keeps_its_precision(bench, bench_here, tiny_suite: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    to = ("--suite", tiny_suite, "--out", run, "--device", "cpu")
    done = bench("run", *to, *ONE_UNIT, "--precision", "bfloat16")
    assert done.returncode == 0, done.stderr
    assert json.loads(only_unit(run).read_text())["unit"]["precision"] == "bfloat16"
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for command in ("run", "plan"):
        again = bench_here(command, *to)
        assert again.returncode == 2
        assert "precision of tiny@1/only changed since the run was started" in again.stderr
        assert len(again.stderr.strip().splitlines()) == 1
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_what_is_not_compiled_is_reported_and_keeps_its_identity(
    bench, bench_here, tiny_suite: Path, tmp_path: Path, finished_run: Path
) -> None:
    run = tmp_path / "run"
    done = bench("run", "--suite", tiny_suite, "--out", run, *ONE_UNIT, "--compile")
    assert done.returncode == 0, done.stderr
    assert "units (supernet, adapt, search) run as they do without it" in done.stderr
    known = finished_run / only_unit(run).relative_to(run)
    metrics = [json.loads(path.read_text())["metrics"] for path in (known, only_unit(run))]
    assert metrics[0] == metrics[1]
    again = bench_here("run", "--suite", tiny_suite, "--out", run)
    assert again.returncode == 2
    assert "compiled of tiny@1/only changed" in again.stderr


def test_compiling_without_a_compiler_is_refused(
    bench_here, tiny_suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    done = bench_here("run", "--suite", tiny_suite, "--compile", cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("Error: --compile: ")
    assert "no 'no-such-compiler' here; install it" in line
    assert list(tmp_path.iterdir()) == []


def test_cuda_graphs_are_refused_elsewhere(bench_here, tiny_suite: Path, tmp_path: Path) -> None:
    for command in ("run", "plan"):
        done = bench_here(
            command, "--suite", tiny_suite, "--device", "cpu", "--cuda-graphs", cwd=tmp_path
        )
        assert done.returncode == 2
        (line,) = done.stderr.strip().splitlines()
        assert line == (
            "Error: --cuda-graphs needs --device cuda, and this run is on the cpu; leave it out"
        )
    assert list(tmp_path.iterdir()) == []
