"""The supernet of ``docs/supernets.md``, with its toy space, as a user runs it."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def code(name: str) -> str:
    return re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(), re.DOTALL)[0]


def test_the_documented_supernet_runs_from_a_plugin_and_is_sampled_fairly(
    tmp_path: Path, tiny_suite: Path, bench: Callable[..., object]
) -> None:
    plugin = tmp_path / "chain.py"
    plugin.write_text(code("adding-a-space.md") + "\n\n" + code("supernets.md"))
    text = tiny_suite.read_text()
    for old, new in (
        ('space = "nats-tss"', 'space = "chain"'),
        ("replicates = 2", "replicates = 1"),
        ("[fidelities.only.supernet]", '[fidelities.only.supernet]\npath_sampling = "fair"'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    suite = tmp_path / "chain.toml"
    suite.write_text(text)
    done = bench(
        "run", "--suite", suite, "--plugin", plugin, "--out", tmp_path / "run",
        "--part", "adaptation", "--executor", "here",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "run" / "tables" / "adaptation.csv").open() as file:
        rows = {row["strategy"]: row for row in csv.DictReader(file)}
    assert {"p0", "p1"} <= set(rows)
    assert float(rows["p1"]["accuracy_mean"]) > 0
