"""What docs/table.md and docs/searchers.md show works as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest

import imbnas
from imbnas.replay.experiment import Replay
from imbnas.search import SEARCHERS
from imbnas.spaces import get_space
from imbnas.suites.choice import SearcherChoice
from imbnas.table.benchmark import Benchmark

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXTS = [(DOCS / name).read_text() for name in ("table.md", "searchers.md")]
BLOCKS = re.findall(r"^```python\n(.*?)^```", "\n".join(TEXTS), re.M | re.S)
BALANCED, TARGET = ("digits@1x:half-1", "ce"), ("digits@20x:half-2", "cb-drw")


def block(word: str) -> str:
    [found] = [block for block in BLOCKS if word in block]
    return found


@pytest.fixture(scope="module")
def whole(make_bench) -> Benchmark:
    """All functions of the topology space; convolutions help."""
    cells = get_space("nats-tss").representatives()  # type: ignore[attr-defined]
    truth = np.array([50.0 + 5 * cell.count("conv") for cell in cells])
    values = truth[:, None] + np.random.default_rng(0).normal(0, 1, (len(cells), 3))
    return make_bench({BALANCED: values, TARGET: values}, cells)


@pytest.fixture
def names(whole: Benchmark, monkeypatch) -> dict:
    monkeypatch.setattr(imbnas, "load_benchmark", lambda _: whole, raising=False)
    return {}


def test_look_ups(names: dict) -> None:
    exec(block("found.worst_class"), names)
    assert names["one"].mean_recall == pytest.approx(0.65, abs=0.05)


def test_optuna(names: dict) -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    exec(block("def recall"), names)
    exec(block('study = optuna.create_study(direction="maximize", sampler=optuna'), names)
    assert len(names["study"].trials) == 50
    assert names["study"].best_value > 0.7


def test_syne_tune(names: dict) -> None:
    pytest.importorskip("syne_tune")
    exec(block("def recall"), names)
    exec(block("syne_tune.config_space"), names)
    recalls = [each.metrics["recall"] for each in names["scheduler"].completed_experiments.values()]
    assert len(recalls) == 50
    assert 0.65 < max(recalls) < 0.9


def test_optuna_as_a_searcher(names: dict, whole: Benchmark) -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with SEARCHERS.temporary():
        exec(block('SEARCHERS.register("tpe"'), names)
        frame = Replay((SearcherChoice(name="tpe"),), budget=15, repetitions=2).table(whole)
    assert frame["regret_target"].iloc[-1] < frame["regret_target"].iloc[0]


def test_a_searcher_of_ones_own(names: dict, whole: Benchmark) -> None:
    with SEARCHERS.temporary():
        exec(block('SEARCHERS.register("aging"'), names)
        choice = SearcherChoice(name="aging", options={"evaluations": 40})
        frame = Replay((choice,), budget=40, repetitions=2).table(whole)
    assert frame["regret_target"].iloc[-1] < frame["regret_target"].iloc[0]
