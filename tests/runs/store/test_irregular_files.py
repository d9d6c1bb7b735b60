"""FIFOs, sockets, devices, links, folders and huge files in the place of what a run stores."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from imbnas.errors import InputError
from imbnas.leaderboards.results import Results
from imbnas.runs.queue.queue import Queue
from imbnas.runs.retries import prepare_retries
from imbnas.runs.store.checkpoints import Checkpointing, remove_checkpoints
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.logs import unit_log, worker_log
from imbnas.runs.store.records import DamagedFileError, DamagedRecordError
from imbnas.runs.store.unit_state import UnitState
from imbnas.suites.expand import Expansion
from imbnas.training.checkpoints import Snapshot

from ...factories import make_unit
from ...irregular import KINDS, in_time, put

UNIT = make_unit()


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    with in_time(60):
        yield


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(tmp_path: Path, finished_run: Path) -> RunDirectory:
    shutil.copytree(finished_run, tmp_path / "run")
    return RunDirectory(tmp_path / "run")


def test_a_record_is_damaged_named_and_moved_aside(run: RunDirectory, kind: str) -> None:
    paths = [next(run.path.glob(f"records/{each}/??/*.json")) for each in ("train", "search")]
    for path in paths:
        put(kind, path)
        with pytest.raises(DamagedRecordError, match=path.name):
            run.read_record(path.parent.parent.name, path.stem)
    assert {error.path for error in run.damaged_records()} == {*paths}
    assert len(Results.read(run).damaged) == 2
    queue = Queue(Expansion(run.read_suite()).plan(), run)
    assert queue.progress().done > 0
    told = prepare_retries(run, failed=False)
    assert len(told) == 2
    assert run.damaged_records() == []
    assert len(list(run.quarantine.iterdir())) == 2
    for path in paths:
        assert not os.path.lexists(path)


def test_a_failure_counts_is_told_and_can_be_forgotten(tmp_path: Path, kind: str) -> None:
    run = RunDirectory(tmp_path)
    run.publish_failure("b" * 64, UNIT, "RuntimeError", "no")
    put(kind, run.failure_path(UNIT.identity))
    assert run.state(UNIT) is UnitState.FAILED
    assert run.states().failed == {UNIT.identity, "b" * 64}
    failures = run.failures()
    assert failures["b" * 64].message == "no"
    assert "damaged failure" in failures[UNIT.identity].message
    run.publish_failure(UNIT.identity, UNIT, "RuntimeError", "again")
    run.forget_failures()
    assert run.failed() == set()
    assert run.state(UNIT) is UnitState.MISSING


def test_weights_are_damaged_and_mended(tmp_path: Path, kind: str) -> None:
    run, content = RunDirectory(tmp_path), b"weights"
    path = run.weights_path(hashlib.sha256(content).hexdigest())
    naming = run.record_path("supernet", "b" * 64)
    put(kind, naming)
    for mend in (run.mend_weights, run.publish_weights):
        put(kind, path)
        with pytest.raises(DamagedFileError, match=r"damaged weights \(it "):
            run.read_weights(path.stem)
        assert mend(content)
        assert run.read_weights(path.stem) == content


def test_a_checkpoint_is_missing_and_the_unit_goes_on(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunDirectory(tmp_path)
    snapshot = Snapshot({"epoch": 1}, {"weight": torch.ones(2)})
    checkpointing = Checkpointing(run, interval=0.0)
    kept = checkpointing.attempt([UNIT]).open()
    put(kind, kept.path)
    assert kept.load() is None
    for _ in range(2):
        kept.offer(lambda: snapshot)
        assert kept.load() is not None
    assert (kind in capsys.readouterr().err) == (kind == "folder")
    put(kind, kept.path)
    remove_checkpoints(run, UNIT.identity)
    assert list(run.checkpoints.iterdir()) == []


def test_a_unit_goes_on_without_checkpoint_where_none_can_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunDirectory(tmp_path)
    run.checkpoints.write_text("no folder")
    checkpointing = Checkpointing(run, interval=0.0)
    kept = checkpointing.attempt([UNIT]).open()
    for _ in range(3):
        kept.offer(lambda: Snapshot({}, {"weight": torch.ones(2)}))
    assert capsys.readouterr().err.count("no checkpoint can be stored") == 1
    remove_checkpoints(run, UNIT.identity)


def test_a_log_is_named_or_passed_over(tmp_path: Path, kind: str) -> None:
    with worker_log(tmp_path) as log:
        log.begin(UNIT)
        sys.stdout.write("words\n")
        log.end(UNIT, "done")
    (path,) = (tmp_path / "logs").iterdir()
    kept = path.rename(path.with_name("kept.log"))
    put(kind, path)
    shown = "\n".join(unit_log(tmp_path, UNIT.identity))
    assert "words" in shown
    assert ("cannot be read (it is" in shown) == (kind != "huge")
    if kind != "huge":
        with worker_log(tmp_path) as log:
            log.begin(UNIT)
        assert len(list((tmp_path / "logs").iterdir())) == 3
    assert kept.exists()


def test_a_suite_or_manifest_is_one_line(run: RunDirectory, kind: str) -> None:
    pin = run.manifests / f"{'a' * 64}.json"
    put(kind, run.manifests / "notes.json")
    assert run.pins() == []
    put(kind, pin)
    with pytest.raises(InputError, match=rf"{pin.name}: cannot be read \(it "):
        run.pins()
    suite = run.read_suite()
    put(kind, run.suite_file)
    assert run.exists()
    for use in (run.read_suite, lambda: run.store_suite(suite)):
        with pytest.raises(InputError, match=r"suite\.json: cannot be read \(it .*restore it"):
            use()
    assert os.path.lexists(run.suite_file)


def test_strange_names_among_failures_and_claims_are_nobody_s(tmp_path: Path, kind: str) -> None:
    run = RunDirectory(tmp_path)
    for folder in (run.failure_files, run.claims, run.manifests, run.temporary):
        for name in ("notes.json", "x.tmp", f"{'A' * 64}.json", "a.b.c.tmp", "host.²2.0.tmp"):
            put(kind, folder / name)
    states = run.states()
    assert (states.failed, states.claimed, run.failures(), run.pins()) == (set(), set(), {}, [])


def test_a_file_in_the_place_of_a_folder_is_one_line(run: RunDirectory) -> None:
    suite = run.read_suite()
    for folder in (run.claims, run.path / "records" / "rank", run.path / "weights" / "zz"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.symlink_to(folder.name)
        with pytest.raises(InputError, match=f"{folder.name}: it is no folder"):
            run.store_suite(suite)
        folder.unlink()


def test_quarantine_keeps_links_that_lead_nowhere(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    for _ in range(3):
        path = run.record_path("train", "a" * 64)
        put("dangling", path)
        run.move_aside(path)
    assert len(list(run.quarantine.iterdir())) == 3


WITHOUT_POWER = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
]
"""Starts a command for which permissions hold, though root gave it."""
UNREADABLE = """
import json, sys
from pathlib import Path
from imbnas.errors import InputError
from imbnas.runs.queue.claims import UNKNOWN_OWNER, read_owner
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.logs import unit_log
from imbnas.runs.store.records import DamagedFileError
run, weights = RunDirectory(Path(sys.argv[1])), sys.argv[2]
assert len(run.damaged_records()) == 1, run.damaged_records()
assert "Permission denied" in str(run.damaged_records()[0])
assert "Permission denied" in run.failures()["a" * 64].message
assert read_owner(run.claim_path("a" * 64)) == UNKNOWN_OWNER
assert "Permission denied" in unit_log(run.path, "a" * 64)[0]
for use in (lambda: run.read_weights(weights), run.read_suite):
    try:
        use()
    except (DamagedFileError, InputError) as error:
        assert "Permission denied" in str(error), error
    else:
        raise AssertionError
"""


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may read anything"
)
def test_files_that_may_not_be_read_are_damaged(run: RunDirectory) -> None:
    weights = next(run.path.glob("weights/??/*"))
    record = next(run.path.glob("records/train/??/*.json"))
    claim, failure = run.claim_path("a" * 64), run.failure_path("a" * 64)
    log = next(run.path.glob("logs/*.log"))
    for path in (claim, failure):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({}))
    for path in (weights, record, claim, failure, log, run.suite_file):
        path.chmod(0)
    command = [sys.executable, "-c", UNREADABLE, str(run.path), weights.stem]
    if os.geteuid() == 0:
        command = [*WITHOUT_POWER, *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
