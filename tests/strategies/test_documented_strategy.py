"""The strategy in the documentation works as it stands there."""

import csv
import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-strategy.md"


@pytest.mark.skipif(not GUIDE.exists(), reason="the documentation is not beside the tests")
def test_the_documented_strategy_runs(bench, tmp_path: Path, tiny_suite: Path) -> None:
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found
    plugin, suite, run = tmp_path / "head_balanced.py", tmp_path / "mine.toml", tmp_path / "run"
    plugin.write_text(found[1])
    text = tiny_suite.read_text().replace('["p0", "p1"]', '["p0", "head-balanced"]')
    suite.write_text(text.replace("replicates = 2", "replicates = 1"))
    flags = ("--suite", suite, "--out", run, "--plugin", plugin)
    done = bench("run", *flags, "--part", "adaptation")
    assert done.returncode == 0, done.stderr
    with (run / "tables" / "adaptation.csv").open() as file:
        rows = {row["strategy"]: row for row in csv.DictReader(file)}
    assert float(rows["head-balanced"]["accuracy_mean"]) > 0
    assert 0 < float(rows["head-balanced"]["cost_ratio"]) < 1
    plugin.write_text(found[1] + "\n# another text, another identity\n")
    refused = bench("run", *flags)
    assert refused.returncode == 2
    assert "changed since the run was started" in refused.stderr
