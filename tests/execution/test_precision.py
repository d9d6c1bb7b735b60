"""Whatever a unit computes through its network, it computes in the unit's precision."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from imbnas.data.locations import DataLocations
from imbnas.execution.runner import Runner
from imbnas.rankers.registry import RANKERS
from imbnas.runs.store.directory import RunDirectory
from imbnas.schemes import resolve_scheme
from imbnas.suites.expand import Chain, Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.training.evaluation import fit_predictor
from imbnas.units.metrics import TrainMetrics
from imbnas.units.unit import BaselineModel, Component, Computation, Precision, TrainUnit, Unit

from ..factories import varied

LOCATIONS = DataLocations.from_options(offline=True)
BUILT_IN = [entry.name for entry in RANKERS.entries() if entry.origin == "imbnas"]
CONVOLUTIONS = (
    torch.ops.aten.convolution.default,
    torch.ops.aten.convolution_backward.default,
)


class Convolutions(TorchDispatchMode):
    """Notes in which precision convolutions are computed, those without values aside."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[torch.dtype] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in CONVOLUTIONS:
            self.seen |= {tensor.dtype for tensor in args[:2] if not tensor.is_meta}
        return func(*args, **(kwargs or {}))


@pytest.fixture(scope="module")
def expansions(tiny_suite: Path, expansion: Expansion) -> dict[Precision, Expansion]:
    computation = Computation(device_type="cpu", precision="bfloat16")
    short = resolve_suite(SuiteRequest(read_suite(tiny_suite), "only", LOCATIONS, computation))
    return {"float32": expansion, "bfloat16": Expansion(short)}


@pytest.fixture
def executor(tmp_path: Path) -> Runner:
    return Runner(RunDirectory(tmp_path), LOCATIONS)


def chain(expansion: Expansion, strategy: str) -> Chain:
    part = expansion.resolved.suite.parts["adaptation"]
    return expansion.chain(part, strategy, 0)  # type: ignore[arg-type]


def with_convolutions(expansion: Expansion) -> TrainUnit:
    """The training of the largest network of the population."""
    sizes = [member.params for member in expansion.resolved.population]
    training = expansion.resolved.suite.parts["transfer"].reference  # type: ignore[union-attr]
    return expansion.population(training, 0)[sizes.index(max(sizes))]


@contextmanager
def only_bfloat16() -> Iterator[None]:
    with Convolutions() as convolutions:
        yield
    assert convolutions.seen == {torch.bfloat16}


def test_a_training_its_evaluation_and_its_posthoc_step(
    expansions: dict[Precision, Expansion], executor: Runner
) -> None:
    unit = with_convolutions(expansions["bfloat16"])
    posthoc = varied(unit, scheme=resolve_scheme("ce-crt"), recipe={"average_from": 0.5})
    for each in (unit, posthoc, unit.model_copy(update={"stack": 2})):
        with only_bfloat16():
            record = executor.execute(each)
        assert isinstance(record.metrics, TrainMetrics)


def test_a_baseline(expansions: dict[Precision, Expansion], executor: Runner) -> None:
    units = expansions["bfloat16"].plan(["baselines"]).units
    unit = next(u for u in units if isinstance(u, TrainUnit) and isinstance(u.model, BaselineModel))
    with only_bfloat16():
        executor.execute(unit)


def test_a_supernet_its_adaptation_and_its_search(
    expansions: dict[Precision, Expansion], tmp_path: Path
) -> None:
    directory = RunDirectory(tmp_path)
    executor = Runner(directory, LOCATIONS)
    whole = chain(expansions["bfloat16"], "p1")
    # What these strategies do beside the trainer's work are passes, too.
    others = [
        whole.adapt.model_copy(update={"strategy": Component(name=name, version="1")})
        for name in ("p1-cached", "head-per-arch")
    ]
    searches = [
        whole.search.model_copy(update={"adapted": adapt.identity, "calibration_images": 0})
        for adapt in others[1:]
    ]
    units: list[Unit] = [whole.supernet, whole.adapt, whole.search, *others, *searches]
    for unit in units:
        with Convolutions() as convolutions:
            directory.publish_record(executor.execute(unit))
        computes = unit is not others[1]
        assert convolutions.seen == ({torch.bfloat16} if computes else set())


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_ranker(name: str, expansions: dict[Precision, Expansion], executor: Runner) -> None:
    expansion = expansions["bfloat16"]
    rankers = {name: Component(name=name, version="1")}
    expansion = Expansion(varied(expansion.resolved, rankers=rankers))
    training = expansion.resolved.suite.parts["transfer"].targets[0]  # type: ignore[union-attr]
    unit = expansion.ranking(name, training, 0)
    with Convolutions() as convolutions:
        executor.execute(unit.model_copy(update={"architectures": unit.architectures[-1:]}))
    # Flow through absolute weights would not fit into fewer digits, whatever the run's.
    assert convolutions.seen == {torch.float64 if name == "synflow" else torch.bfloat16}


def test_precision_is_in_every_identity_and_shows_in_results(
    expansions: dict[Precision, Expansion], executor: Runner
) -> None:
    plans = {name: expansion.plan() for name, expansion in expansions.items()}
    identities = [{unit.identity for unit in plan.units} for plan in plans.values()]
    assert not identities[0] & identities[1]
    assert len(identities[0]) == len(identities[1])
    losses = [
        executor.execute(with_convolutions(expansion)).metrics.train_loss  # type: ignore[union-attr]
        for expansion in expansions.values()
    ]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


def test_logits_of_an_evaluation_are_not_rounded_to_bfloat16(
    expansions: dict[Precision, Expansion],
) -> None:
    from imbnas.execution.data_pool import DataPool
    from imbnas.execution.train import set_up_unit

    prepared = set_up_unit(
        with_convolutions(expansions["bfloat16"]), DataPool(LOCATIONS, torch.device("cpu"))
    )
    predict = fit_predictor(prepared.training)
    logits = predict(torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, logits.bfloat16().float())
