"""What workers write of units, and how much of it is kept and shown."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from imbnas.runs.store import logs
from imbnas.runs.store.logs import OutputBudget, Seldom, unit_log, units_reached, worker_log
from imbnas.training.checkpoints import Reached

from ...factories import make_unit
from ...irregular import in_time

UNIT, OTHER = make_unit(), make_unit(replicate=1)


def test_attempts_of_a_unit_are_shown_and_others_are_not(tmp_path: Path) -> None:
    for words in ("first", "second"):
        with worker_log(tmp_path) as log:
            for unit, text in ((OTHER, "another"), (UNIT, words)):
                log.begin(unit)
                sys.stdout.write(f"{text}\n\n")
                log.end(unit, "done")
    shown = "\n".join(unit_log(tmp_path, UNIT.identity))
    assert shown.index("first") < shown.index("second")
    assert "another" not in shown
    assert shown.count("worker ") == shown.count(" begin ") == shown.count(" end ") == 2


def test_attempts_without_end_are_shown(tmp_path: Path) -> None:
    for _ in range(2):
        with worker_log(tmp_path) as log:
            log.begin(UNIT)
            sys.stdout.write("words\n")
    assert unit_log(tmp_path, UNIT.identity).count("words") == 2


@pytest.mark.parametrize(
    "printing",
    [
        lambda: sys.stdout.write("x" * 5000),
        lambda: sys.stderr.write("x" * 5000),
        lambda: [sys.stdout.write("x" * 50) for _ in range(100)],
        lambda: sys.stdout.buffer.write(b"x" * 5000),
        lambda: [(sys.stdout.write("x" * 50), sys.stderr.write("x" * 50)) for _ in range(50)],
    ],
)
def test_output_of_a_unit_is_bounded_and_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    printing: Callable[[], object],
) -> None:  # fmt: skip
    monkeypatch.setattr(logs, "OutputBudget", lambda: OutputBudget(1000))
    with worker_log(tmp_path) as log:
        for unit in (UNIT, OTHER):
            log.begin(unit)
            printing()
            log.end(unit, "done")
    (path,) = (tmp_path / "logs").iterdir()
    content = path.read_text()
    assert content.count("x") == 2 * 1000 + content.count("digits@20x") * 1
    assert content.count("… 4,000 characters that were printed after that are dropped") == 2
    assert capsys.readouterr().err.count("x") <= 2000
    for unit in (UNIT, OTHER):
        assert unit_log(tmp_path, unit.identity)[-2].startswith("… 4,000 characters")


def test_an_outcome_is_one_bounded_line(tmp_path: Path) -> None:
    with worker_log(tmp_path) as log:
        log.begin(UNIT)
        log.end(UNIT, "failed: " + "\udc80 \x1b " * 10**6 + "\nmore")
    (path,) = (tmp_path / "logs").iterdir()
    assert len(path.read_text().splitlines()) == 2
    assert path.stat().st_size < 3000


def test_long_logs_are_read_from_their_end_and_shown_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "READ_BYTES", 200_000)
    monkeypatch.setattr(logs, "SHOWN_BYTES", 10_000)
    with worker_log(tmp_path) as log:
        for text in ("early", "late"):
            log.begin(UNIT)
            sys.stdout.write(f"{text} " * 30_000)
            log.end(UNIT, f"done {text}")
    with in_time(20):
        shown = unit_log(tmp_path, UNIT.identity)
    assert sum(map(len, shown)) < 11_000
    assert "late" in "".join(shown)
    assert "early" not in "".join(shown)
    assert any("bytes of" in line and "are left out" in line for line in shown)
    assert shown[-1].endswith("done late")


def test_how_far_units_are_is_noted_seldom_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    with worker_log(tmp_path) as log:
        log.begin(UNIT)
        note = Seldom(log)
        for epoch in range(1, 41):
            now[0] += 1
            sys.stdout.write("." if epoch % 2 else "words\n")
            note(UNIT.identity, Reached.epoch(epoch, 40, 1 / epoch))
    (path,) = (tmp_path / "logs").iterdir()
    noted = [line for line in path.read_text().splitlines() if " at " in line]
    assert [line.split(" ", 4)[4] for line in noted] == [
        "epoch 11 of 40, loss 0.09091",
        "epoch 21 of 40, loss 0.04762",
        "epoch 31 of 40, loss 0.03226",
    ]
    assert units_reached(tmp_path, 1) == {
        UNIT.identity: Reached("epoch 31 of 40, loss 0.03226", 0.775)
    }
    assert units_reached(tmp_path, 0) == {}
    # They are part of what is shown of the unit.
    assert "epoch 21 of 40" in "\n".join(unit_log(tmp_path, UNIT.identity))


def test_quick_units_leave_no_line(tmp_path: Path) -> None:
    with worker_log(tmp_path) as log:
        note = Seldom(log)
        for unit in (UNIT, OTHER) * 5:
            note(unit.identity, Reached.networks(3))
    (path,) = (tmp_path / "logs").iterdir()
    assert path.read_text() == ""


@pytest.mark.parametrize("share", ["nan", "-", "1e9", "-1", "x"])
def test_anything_in_a_log_is_no_share(tmp_path: Path, share: str) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_bytes(
        f"now at {UNIT.identity} {share} words\x1b[31m\n".encode() + b"\xff" * 100
    )
    (folder / "b.log").mkdir()
    assert units_reached(tmp_path, 1) == {UNIT.identity: Reached("words\\x1b[31m", None)}
