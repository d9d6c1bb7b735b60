"""Records that are computed again, and forgeries that this finds."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imbnas.runs.store.archive import pack, unpack
from imbnas.submissions.without_network import without_network
from imbnas.units import correct_bits
from imbnas.units.metrics import CalibrationBin, TrainMetrics
from imbnas.units.records import Record
from imbnas.units.sealing import read_sealed, seal

HERE = ("--executor", "here")


def repacked(path: Path, out: Path, change: Callable[[Record], Record]) -> Path:
    """A submission in which records are replaced by others, with right hashes."""
    archive = unpack(path)
    records = {
        kind: {name: seal(change(read_sealed(Record, line)[0])) for name, line in lines.items()}
        for kind, lines in archive.records.items()
    }
    out.write_bytes(pack(replace(archive, records=records)))
    return out


def improved(record: Record, images: int = 8) -> Record:
    """A training in which so many further test images are right, and nothing contradicts it."""
    metrics = record.metrics
    if not isinstance(metrics, TrainMetrics):
        return record
    assert metrics.correct_bits is not None
    assert metrics.calibration is not None
    right = correct_bits.unpack(metrics.correct_bits, sum(metrics.class_total))
    right[np.flatnonzero(~right)[:images]] = True
    correct, left = list(metrics.class_correct), images
    for label, total in enumerate(metrics.class_total):
        more = min(left, total - correct[label])
        correct[label], left = correct[label] + more, left - more
    bins, left = [], images
    for held in metrics.calibration:
        more = min(left, held.images - held.correct)
        bins.append(CalibrationBin(held.images, held.confidence, held.correct + more))
        left -= more
    forged = TrainMetrics.model_validate(
        metrics.model_dump()
        | {
            "class_correct": tuple(correct),
            "correct_bits": correct_bits.pack(right),
            "calibration": tuple(bins),
        }
    )
    return record.model_copy(update={"metrics": forged})


def test_equal_bits_are_told(bench, own_submission: Path, board: Path) -> None:
    done = bench(
        "verify", own_submission, "--board", board, "--recompute", "100%", "--nonce", "00", *HERE,
        "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["recomputed"]
    assert (told["drawn"], told["pool"], told["fault"]) == (8, 8, None)
    assert {each["likeness"] for each in told["compared"]} == {"equal"}
    (chance,) = told["chances"]
    assert (chance["probability"], chance["if_all"]) == (1.0, 1.0)
    assert "nonce 00" in done.stderr


def test_a_forged_record_passes_every_check_but_this_one(
    bench, own_submission: Path, board: Path, tmp_path: Path
) -> None:
    forged = repacked(own_submission, tmp_path / "forged.imbnas", improved)
    assert bench("verify", forged, "--board", board).returncode == 0
    done = bench("verify", forged, "--board", board, "--recompute", "100%", *HERE)
    assert done.returncode == 1
    assert "not the same bits by the same processor" in done.stdout
    assert done.stdout.splitlines()[-1] == "not verified"
    assert done.stdout.count(" different ") == 2


def test_a_forged_search_is_found_with_what_follows_from_it(
    bench, own_submission: Path, board: Path, tmp_path: Path
) -> None:
    def change(record: Record) -> Record:
        if record.unit.kind != "search" or record.unit.replicate:
            return record
        scores = [(name, 0.123) for name, _ in record.metrics.scores]
        metrics = {"kind": "search", "best": scores[0][0], "scores": scores}
        return Record.model_validate(record.model_dump() | {"metrics": metrics})

    forged = repacked(own_submission, tmp_path / "forged.imbnas", change)
    done = bench("verify", forged, "--board", board, "--recompute", "100%", *HERE)
    assert done.returncode == 1, done.stdout
    found_by = "different" if "recomputed" in done.stdout else "completeness   failed"
    assert found_by in done.stdout


def test_code_is_not_run_unless_allowed(
    bench, plugin_submission: Path, board: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMBNAS_TEST_CANARY", str(tmp_path / "canary"))
    done = bench("verify", plugin_submission, "--board", board, "--recompute", "100%", *HERE)
    assert done.returncode == 0, done.stderr
    assert "6 further units run code of the submission" in done.stdout
    assert "drawn: 2 of 2 units" in done.stdout
    assert not (tmp_path / "canary").exists()


def test_allowed_code_runs_without_network(
    bench_command, plugin_submission: Path, board: Path, tmp_path: Path
) -> None:
    command = bench_command(
        "verify", plugin_submission, "--board", board, "--recompute", "100%", "--allow-code",
        "--offline",
    )  # fmt: skip
    done = subprocess.run(
        command,
        env=os.environ | {"IMBNAS_TEST_CANARY": str(tmp_path / "canary")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert done.stdout.count(" equal ") == 8
    launcher = without_network()
    assert launcher.told in done.stderr
    seen = (tmp_path / "canary").read_text().split()
    assert seen == ["lo"] if launcher.command else seen


def test_a_unit_that_exceeds_a_limit_is_not_verified(
    bench_command, plugin_submission: Path, board: Path
) -> None:
    command = bench_command(
        "verify", plugin_submission, "--board", board, "--recompute", "100%", "--allow-code",
        "--offline", "--unit-memory-limit", "1MB",
    )  # fmt: skip
    # Workers are looked at every 0.2 seconds: a unit that takes less may be missed.
    slowly = os.environ | {"IMBNAS_TEST_SECONDS": "60"}
    done = subprocess.run(command, env=slowly, capture_output=True, text=True, check=False)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "MemoryLimitExceeded" in done.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--recompute", "0%"), "--recompute 0%"),
        (("--recompute", "0"), "--recompute 0"),
        (("--recompute", "101%"), "--recompute 101%"),
        (("--recompute", "-1"), "--recompute -1"),
        (("--recompute", "all"), "--recompute all"),
        (("--recompute", "1", "--nonce", "xyz"), "--nonce xyz"),
        (("--recompute", "1", "--nonce", "abc"), "--nonce abc"),
        (("--nonce", "00"), "go with --recompute"),
        (("--allow-code",), "go with --recompute"),
    ],
)
def test_options_are_checked(bench_here, own_submission: Path, board: Path, options, told) -> None:
    done = bench_here("verify", own_submission, "--board", board, *options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert told in done.stderr
