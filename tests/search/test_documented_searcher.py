"""The searcher of ``docs/searchers.md`` works as it stands there."""

import contextlib
import csv
import inspect
import io
import re
from pathlib import Path

import numpy as np
import pytest

from imbnas.errors import InputError
from imbnas.search import SEARCHERS, Scoreboard, build_searcher
from imbnas.spaces import get_space

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "searchers.md"
TEXT = GUIDE.read_text()
PLUGIN, TRIAL = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def registered():
    with SEARCHERS.temporary():
        exec(PLUGIN, {})
        yield


def test_the_trial_finds_all_convolutions_and_asks_for_nothing_twice(registered) -> None:
    said, names = io.StringIO(), {}
    with contextlib.redirect_stdout(said):
        exec(TRIAL, names)
    space, scores = get_space("nats-tss"), names["board"].scores
    assert len({space.unique_id(cell) for cell in scores}) == len(scores) == 60
    assert not any(map(space.is_dead, scores))
    assert max(scores.values()) > max(list(scores.values())[:20])
    assert said.getvalue().startswith("60 ['|")


def test_it_goes_on_with_the_scores_of_an_earlier_attempt(registered) -> None:
    space, searcher = get_space("nats-tss"), build_searcher("aging", {"evaluations": 40})
    whole = Scoreboard(lambda cell: cell.count("conv"))
    searcher.search(space, whole, np.random.default_rng(1))
    first = dict(list(whole.scores.items())[:25])
    asked: list[str] = []
    again = Scoreboard(lambda cell: asked.append(cell) or cell.count("conv"), known=first)
    searcher.search(space, again, np.random.default_rng(1))
    assert again.scores == whole.scores
    assert asked == list(whole.scores)[25:]


def test_options_that_do_not_go_together_are_refused(registered) -> None:
    with pytest.raises(InputError, match="searcher 'aging': option 'sample' lies between"):
        build_searcher("aging", {"sample": 30}, get_space("nats-tss"))


def test_it_runs_in_a_suite_from_a_plugin(bench, tmp_path: Path, tiny_suite: Path) -> None:
    plugin, suite, run = tmp_path / "aging.py", tmp_path / "mine.toml", tmp_path / "run"
    plugin.write_text(PLUGIN)
    text = tiny_suite.read_text().replace("replicates = 2", "replicates = 1")
    text = text.replace("shared_images = true", 'shared_images = true\nsearchers = ["aged"]')
    text += '\n[fidelities.only.searchers.aged]\nname = "aging"\n'
    text += "options = { evaluations = 4, population = 2, sample = 1 }\n"
    suite.write_text(text)
    flags = ("--suite", suite, "--plugin", plugin, "--out", run, "--part", "adaptation")
    done = bench("run", *flags, "--executor", "here")
    assert done.returncode == 0, done.stderr
    with (run / "tables" / "adaptation.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["searcher"].startswith("aged")]
    assert [row["strategy"] for row in rows] == ["p0", "p1"]
    assert all(float(row["accuracy_mean"]) > 0 for row in rows)


def test_every_searcher_is_described_with_its_options() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", TEXT, re.MULTILINE))
    assert sorted(rows) == [e.name for e in SEARCHERS.entries() if e.origin == "imbnas"]
    for name, row in rows.items():
        for option, parameter in inspect.signature(SEARCHERS.get(name)).parameters.items():
            if option not in ("max_macs", "min_macs"):
                default = f" {parameter.default}" if parameter.default != () else ""
                assert f"`{option}`{default}" in row, (name, option)
