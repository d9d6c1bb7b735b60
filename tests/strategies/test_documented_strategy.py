"""The strategies in the documentation work as they stand there."""

import csv
import inspect
import re
from pathlib import Path

import pytest

from imbnas.strategies.registry import STRATEGIES

OVERVIEW = Path(__file__).resolve().parents[2] / "docs" / "strategies.md"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-strategy.md"


pytestmark = pytest.mark.skipif(
    not GUIDE.exists(), reason="the documentation is not beside the tests"
)


def documented(number: int) -> str:
    return re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[number]


def test_the_documented_strategy_runs(bench, tmp_path: Path, tiny_suite: Path) -> None:
    code = documented(0)
    plugin, suite, run = tmp_path / "head_balanced.py", tmp_path / "mine.toml", tmp_path / "run"
    plugin.write_text(code)
    text = tiny_suite.read_text().replace('["p0", "p1"]', '["p0", "head-balanced"]')
    suite.write_text(text.replace("replicates = 2", "replicates = 1"))
    flags = ("--suite", suite, "--out", run, "--plugin", plugin)
    done = bench("run", *flags, "--part", "adaptation", "--executor", "here")
    assert done.returncode == 0, done.stderr
    with (run / "tables" / "adaptation.csv").open() as file:
        rows = {row["strategy"]: row for row in csv.DictReader(file)}
    assert float(rows["head-balanced"]["accuracy_mean"]) > 0
    assert 0 < float(rows["head-balanced"]["cost_ratio"]) < 1
    plugin.write_text(code + "\n# another text, another identity\n")
    refused = bench("run", *flags)
    assert refused.returncode == 2
    assert "changed since the run was started" in refused.stderr


def test_the_documented_options_work(bench, tmp_path: Path, tiny_suite: Path) -> None:
    plugin, suite, run = tmp_path / "told.py", tmp_path / "mine.toml", tmp_path / "run"
    plugin.write_text(documented(1))
    text = tiny_suite.read_text().replace("replicates = 2", "replicates = 1")
    entry = '{ name = "head-as-told", options = { weight_decay = 0.01, scheme = "ce" } }'
    flags = ("--suite", suite, "--out", run, "--plugin", plugin, "--part", "adaptation")
    suite.write_text(text.replace('["p0", "p1"]', f'["p0", {entry}]'))
    done = bench("run", *flags, "--executor", "here")
    assert done.returncode == 0, done.stderr
    with (run / "tables" / "adaptation.csv").open() as file:
        labels = [row["strategy"] for row in csv.DictReader(file)]
    assert "head-as-told(scheme=ce, weight_decay=0.01)" in labels
    suite.write_text(text.replace('["p0", "p1"]', f'["p0", {entry.replace("weight", "wait")}]'))
    refused = bench("run", *flags[:3], tmp_path / "other", *flags[4:])
    assert refused.returncode == 2
    assert "'wait_decay': unknown option; did you mean 'weight_decay'" in refused.stderr
    slow = text.replace("lr = 0.01", "lr = 0.01\nmomentum = 0\nnesterov = false")
    suite.write_text(slow.replace('["p0", "p1"]', f'["p0", {entry}]'))
    refused = bench("run", *flags[:3], tmp_path / "other", *flags[4:])
    assert refused.returncode == 2
    assert "strategy 'head-as-told': momentum 0 is too slow for it" in refused.stderr
    assert not (tmp_path / "other").exists()


def test_every_strategy_is_described_with_its_options() -> None:
    text = OVERVIEW.read_text()
    described = re.findall(r"^\*\*`([a-z0-9-]+)`\*\*", text, re.MULTILINE)
    assert sorted(described) == [e.name for e in STRATEGIES.entries() if e.origin == "imbnas"]
    for name in described:
        for option in inspect.signature(STRATEGIES.get(name)).parameters:
            assert f"`{option}" in text, (name, option)
