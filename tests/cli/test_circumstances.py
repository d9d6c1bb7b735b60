"""Records of one run that were computed with other instruction sets are told."""

from pathlib import Path

import pytest
import torch

from imbnas.cli.tables import note_circumstances
from imbnas.leaderboards.results import Results
from imbnas.suites.expand import Expansion

from ..factories import make_record, make_unit, train_metrics, varied


def test_one_line_is_printed_where_records_differ(
    expansion: Expansion, capsys: pytest.CaptureFixture[str]
) -> None:
    units = [make_unit(replicate=replicate) for replicate in range(3)]
    records = {unit.identity: make_record(unit, train_metrics()) for unit in units}
    note_circumstances(Results(expansion.resolved, records))
    assert capsys.readouterr() == ("", "")
    last = units[-1].identity
    records[last] = varied(records[last], provenance={"aten": "AVX512", "threads": 2})
    note_circumstances(Results(expansion.resolved, records))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("differing circumstances: threads: 1 | 2; aten: AVX2 | AVX512")


@pytest.mark.slow
@pytest.mark.skipif(
    not torch.backends.cpu.get_cpu_capability().startswith("AVX"),
    reason="the processor has no AVX2",
)
def test_workers_that_differ_are_told_by_every_command_that_shows_tables(
    bench_here, tiny_suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    one = ("--suite", tiny_suite, "--out", run, "--device", "cpu", "--offline", "--max-units", "1")
    first = bench_here("run", *one, "--workers", "1")
    assert "warning" not in first.stderr
    assert '"answer": "yes"' in bench_here("leaderboard", run, "--json").stdout
    # Pictures take seconds and are not what this is about.
    monkeypatch.setattr("imbnas.leaderboards.report.write_report", lambda *_: [])
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    second = bench_here("run", *one, "--workers", "1")
    for done in (second, bench_here("leaderboard", run), bench_here("report", run)):
        (warning,) = (line for line in done.stderr.splitlines() if line.startswith("warning: "))
        assert "differing circumstances: onednn_isa: " in warning
        assert "Intel SSE4.1" in warning
    checklist = (run / "tables" / "checklist.csv").read_text()
    assert "no,records differ in onednn_isa; see provenance.json" in checklist
