"""What strategies are given, what they may return, and that each leaves what can be searched."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from imbnas.data import image_sets
from imbnas.data.dataset import Dataset
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.split_guard import SealedDataError
from imbnas.execution.data_pool import ConditionImages, DataPool
from imbnas.execution.runner import Runner
from imbnas.execution.storable import StrategyError
from imbnas.runs.store.directory import RunDirectory
from imbnas.strategies.registry import STRATEGIES
from imbnas.suites.expand import Chain, Expansion
from imbnas.suites.resolved import ResolvedSuite, StrategyFacts
from imbnas.suites.schema import AdaptationPart
from imbnas.units.metrics import AdaptMetrics, SearchMetrics, SupernetMetrics
from imbnas.units.unit import Component

from ..factories import resolve, varied

LOCATIONS = DataLocations.from_options(offline=True)
Adapt = Callable[[Any], Any]


class Bench:
    """A run directory with a finished source supernet, and strategies that are made up."""

    def __init__(self, folder: Path, resolved: ResolvedSuite) -> None:
        self.directory = RunDirectory(folder / "run")
        self._resolved = resolved
        self._executor = Runner(self.directory, LOCATIONS)

    def chain(self, strategy: str) -> Chain:
        part = self._resolved.suite.parts["adaptation"]
        assert isinstance(part, AdaptationPart)
        return Expansion(self._resolved).chain(part, strategy, 0)

    def do(self, unit: Any) -> Any:
        record = self._executor.execute(unit)
        self.directory.publish_record(record)
        return record.metrics

    def adapt(self, adapt: Adapt) -> Any:
        """Adapt by a strategy whose method this is."""

        class MadeUp:
            scores_on = "target"
            recipe = "adaptation"

            def adapt(self, adaptation):
                return adapt(adaptation)

        with STRATEGIES.temporary():
            STRATEGIES.register("made-up", version="1", summary="for a test")(MadeUp)
            return self.do(self.chain("made-up").adapt)

    def source_weights(self) -> Path:
        metrics = self.directory.read_record("supernet", self.chain("p0").supernet.identity).metrics
        assert isinstance(metrics, SupernetMetrics)
        return self.directory.weights_path(metrics.weights_sha256)


@pytest.fixture(scope="module")
def resolved(tiny_suite: Path) -> ResolvedSuite:
    """The tiny suite's adaptation part with every strategy and one that is made up."""
    suite = {"adaptation": {"strategies": STRATEGIES.names()}}
    resolved = resolve(tiny_suite, replicates=1, parts=suite)
    facts = StrategyFacts(
        component=Component(name="made-up", version="1"), scores_on="target", recipe="adaptation"
    )
    return varied(resolved, strategies={"made-up": facts})


@pytest.fixture
def made_up(tmp_path: Path, resolved: ResolvedSuite) -> Bench:
    bench = Bench(tmp_path, resolved)
    bench.do(bench.chain("p0").supernet)
    return bench


def test_what_a_strategy_does_to_its_copy_reaches_no_other_chain(made_up: Bench) -> None:
    stored = made_up.source_weights().read_bytes()

    def vandal(adaptation):
        with torch.no_grad():
            for tensor in adaptation.supernet.state_dict().values():
                tensor.zero_()
        return adaptation.fresh_supernet()

    made_up.adapt(vandal)
    assert made_up.source_weights().read_bytes() == stored
    metrics = made_up.do(made_up.chain("p0").adapt)
    assert isinstance(metrics, AdaptMetrics)
    # p0 hands on the very weights of the source.
    assert made_up.directory.weights_path(metrics.weights_sha256) == made_up.source_weights()


def load_digits(adaptation):
    return load_dataset("digits", LOCATIONS)


def swallow(adaptation):
    try:
        load_dataset("digits", LOCATIONS)
    except SealedDataError:
        return adaptation.supernet
    raise AssertionError("the data was in reach")


def split_of(dataset: Dataset) -> Adapt:
    return lambda adaptation: dataset.split("test")


@pytest.mark.parametrize("adapt", [load_digits, swallow, None])
def test_asking_for_the_test_split_is_caught_and_named(made_up: Bench, adapt: Adapt | None) -> None:
    dataset = load_dataset("digits", LOCATIONS)
    with pytest.raises(SealedDataError, match="'digits' is out of reach: strategy 'made-up' has"):
        made_up.adapt(adapt or split_of(dataset))
    assert dataset.split("test") is dataset.test  # the seal ends with the strategy


@pytest.mark.parametrize("shared_bytes", [0, image_sets.SHARED_BYTES])
def test_no_attribute_of_the_adaptation_leads_to_other_images(
    made_up: Bench, monkeypatch: pytest.MonkeyPatch, shared_bytes: int
) -> None:
    # With 0 images lie in memory of the whole split, as large data sets do.
    monkeypatch.setattr(image_sets, "SHARED_BYTES", shared_bytes)
    held = []

    def keep(adaptation):
        held.append(adaptation)
        return adaptation.supernet

    made_up.adapt(keep)
    reached = list(reachable(held[0]))
    forbidden = (Dataset, DataPool, ConditionImages, RunDirectory, DataLocations, Path)
    assert not [value for value in reached if isinstance(value, forbidden)]
    count = sum(held[0].class_counts)
    pixels = [t for t in reached if isinstance(t, torch.Tensor) and t.dtype == torch.uint8]
    assert pixels
    assert all(len(tensor) == count for tensor in pixels)
    for tensor in (t for t in reached if isinstance(t, torch.Tensor)):
        assert tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    assert not [a for a in reached if isinstance(a, np.ndarray) and a.size >= 64 * count]


def reachable(start: object) -> Iterator[object]:
    """Everything that attributes, items and properties lead to, closures aside."""
    queue, seen = [start], set()
    while queue:
        value = queue.pop()
        if id(value) in seen or isinstance(value, type | str | bytes | int | float):
            continue
        seen.add(id(value))
        yield value
        if isinstance(value, dict):
            queue += list(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            queue += list(value)
        if isinstance(value, torch.Tensor):
            queue += [base for base in (value._base,) if base is not None]
        elif not callable(value) or hasattr(value, "__dict__"):
            queue += list(getattr(value, "__dict__", {}).values())
            queue += [getattr(value, "__self__", None)]


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda net: "a supernet", TypeError, "'made-up' returned str, not a supernet"),
        (lambda net: None, TypeError, "returned NoneType"),
        (lambda net: net.classifier, TypeError, "returned Linear"),
        (
            lambda net: replace_classifier(net, torch.nn.Linear(net.num_features, 7)),
            StrategyError,
            "'made-up' returned a supernet that cannot be rebuilt.*size mismatch.*classifier",
        ),
        (
            lambda net: replace_classifier(
                net, torch.nn.Sequential(torch.nn.Linear(net.num_features, 10))
            ),
            StrategyError,
            "cannot be rebuilt",
        ),
        (
            lambda net: replace_classifier(net, nan_classifier(net)),
            StrategyError,
            r"'made-up' returned weights that are not finite: classifier\.weight",
        ),
    ],
)
def test_what_cannot_be_searched_is_told_when_it_is_returned(
    made_up: Bench, spoil: Adapt, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        made_up.adapt(lambda adaptation: spoil(adaptation.supernet))
    assert "\n" not in str(caught.value)


def replace_classifier(net, classifier):
    net.classifier = classifier
    return net


def nan_classifier(net):
    classifier = torch.nn.Linear(net.num_features, 10)
    torch.nn.init.constant_(classifier.weight, float("nan"))
    return classifier


@pytest.mark.parametrize("name", [n for n in STRATEGIES.names() if n != "p0"])
def test_every_strategy_leaves_what_a_search_can_score(made_up: Bench, name: str) -> None:
    chain = made_up.chain(name)
    adapted = made_up.do(chain.adapt)
    found = made_up.do(chain.search)
    assert isinstance(adapted, AdaptMetrics)
    assert isinstance(found, SearchMetrics)
    assert all(0 <= score <= 1 for _, score in found.scores)
    assert made_up.do(chain.search) == found


def test_scoring_with_heads_is_counted(made_up: Bench) -> None:
    cost = {}
    for name in ("bn-only", "head-per-arch"):
        chain = made_up.chain(name)
        made_up.do(chain.adapt)
        made_up.do(chain.population_scores)
        cost[name] = made_up.directory.read_record("search", chain.population_scores.identity).cost
    trained = sum(target_counts(made_up))
    assert cost["head-per-arch"].images_seen - cost["bn-only"].images_seen == 4 * trained
    assert cost["head-per-arch"].macs > cost["bn-only"].macs


def target_counts(made_up: Bench) -> tuple[int, ...]:
    chain = made_up.chain("p0")
    images = made_up._executor._pool.images(chain.adapt.target, None)
    return images.manifest.class_counts
