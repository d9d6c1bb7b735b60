"""A whole suite under the caps of a reproducible run gives the stored tables, byte for byte."""

import hashlib
import json
from pathlib import Path

import pytest

from .roundings import versions_apart

STORED = json.loads(
    (Path(__file__).resolve().parents[1] / "stored" / "reproducible.json").read_text()
)


@pytest.mark.slow
def test_the_smallest_fidelity_gives_the_stored_tables(bench, tmp_path: Path) -> None:
    if apart := versions_apart(STORED["versions"]):
        pytest.skip(f"other versions than those of the stored tables: {apart}")
    run = tmp_path / "run"
    done = bench(
        "run", "--suite", "lt-digits", "--fidelity", "smoke", "--device", "cpu", "--offline",
        "--reproducible", "--out", run,
    )  # fmt: skip
    if "needs an x86-64 processor with AVX2" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((run / "tables").glob("*.csv"))
        if path.name != "cost.csv"
    }
    assert found == STORED["sha256"], f"of {STORED['processor']}"
