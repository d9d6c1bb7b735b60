"""Commands meet FIFOs, sockets, devices, links and folders: they end, and tell which it was."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from imbnas.runs.store.directory import RunDirectory

from ..irregular import KINDS, in_time, put


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    with in_time(240):
        yield


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def one_line(done, path: Path) -> None:
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert str(path) in done.stderr
    assert len(done.stderr) < 5000


def test_files_that_users_name(bench_here, tmp_path: Path, tiny_suite: Path, kind: str) -> None:
    suite, table, baseline = tmp_path / "s.toml", tmp_path / "t.csv", tmp_path / "b.toml"
    manifest, out = tmp_path / "m.json", tmp_path / "run"
    for path in (suite, table, baseline, manifest):
        put(kind, path)
    one_line(bench_here("run", "--suite", suite, "--out", out), suite)
    one_line(bench_here("plan", "--suite", suite, "--out", out), suite)
    one_line(bench_here("correlate", table, "--x", "a", "--y", "b"), table)
    judged = ("fidelity", tiny_suite, "--runs", out, "--against")
    one_line(bench_here(*judged, table), table)
    one_line(bench_here("fidelity", suite, "--against", table), suite)
    flags = ("run", "--suite", tiny_suite, "--out", out)
    one_line(bench_here(*flags, "--manifest", manifest), manifest)
    other = tmp_path / "other.toml"
    text = tiny_suite.read_text()
    other.write_text(text.replace('"mobilenetv3_small_050"', json.dumps(str(baseline))))
    one_line(bench_here("run", "--suite", other, "--out", out), baseline)
    assert not out.exists()


def test_links_that_users_name_are_followed(bench_here, tmp_path: Path) -> None:
    (tmp_path / "object").write_text("a,b\n1,2\n2,1\n3,4\n4,3\n5,5\n")
    link = tmp_path / "t.csv"
    link.symlink_to("object")
    assert bench_here("correlate", link, "--x", "a", "--y", "b").returncode == 0


def test_a_run_with_other_things_in_the_place_of_its_files_is_shown_and_goes_on(
    bench, bench_here, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    run = shutil.copytree(finished_run, tmp_path / "run")
    directory = RunDirectory(run)
    trainings = sorted((run / "records" / "train").glob("??/*.json"))[: len(KINDS)]
    search = next((run / "records" / "search").glob("??/*.json"))
    for kind, path in zip(KINDS, trainings, strict=True):
        put(kind, path)
        put(kind, directory.claim_path(path.stem))
        put(kind, directory.checkpoints / f"{path.stem}.0.safetensors")
        put(kind, run / "logs" / f"{kind}.log")
        for folder in (directory.temporary, directory.failure_files, directory.quarantine):
            put(kind, folder / f"{kind}.tmp")
            put(kind, folder / f"{kind}.json")
    put("socket", search)
    for command in ("status", "leaderboard", "report"):
        shown = bench_here(command, run)
        assert shown.returncode == 1, shown.stderr
        for path in (*trainings, search):
            assert str(path) in shown.stderr
        assert "Traceback" not in shown.stderr
    status = json.loads(bench_here("status", run, "--json").stdout)
    assert status["done"] > 0
    assert len(status["damaged"]) == len(trainings) + 1
    logs = bench_here("logs", run, trainings[0].stem[:12])
    assert logs.returncode == 0, logs.stderr
    assert "state     damaged" in logs.stdout
    done = bench("run", "--suite", tiny_suite, "--out", run, "--executor", "here")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("it lies now in") == 2 * len(trainings) + 1
    for path in (run / "tables").glob("*.csv"):
        if path.stem != "cost":
            assert path.read_bytes() == (finished_run / "tables" / path.name).read_bytes()
    assert bench_here("status", run).returncode == 0


def test_a_failure_that_cannot_be_read_hides_nothing(
    bench_here, tmp_path: Path, finished_run: Path, kind: str
) -> None:
    run = shutil.copytree(finished_run, tmp_path / "run")
    directory = RunDirectory(run)
    record = next((run / "records" / "train").glob("??/*.json"))
    record.unlink()
    put(kind, directory.failure_path(record.stem))
    shown = bench_here("status", run)
    assert shown.returncode == 0, shown.stderr
    assert "failed: " in shown.stdout
    assert str(directory.failure_path(record.stem)) in shown.stdout
    if kind == "FIFO":
        assert bench_here("report", run).returncode == 0
    logs = bench_here("logs", run, record.stem[:12])
    assert "state     failed" in logs.stdout
