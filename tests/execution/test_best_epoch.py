"""A network reported as it was after the epoch that validated best."""

from pathlib import Path
from typing import Any

import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.execution import train
from imbnas.execution.data_pool import DataPool
from imbnas.execution.runner import Runner
from imbnas.execution.train import fit_alone, set_up_unit
from imbnas.runs.store.checkpoints import Checkpointing, Suspended
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.suites.fidelity import Fidelity
from imbnas.suites.load import read_suite
from imbnas.training.best_epoch import BestEpoch
from imbnas.training.checkpoints import NothingKept
from imbnas.training.validation import validated
from imbnas.units.unit import TrainUnit

from ..factories import resolve, varied

LOCATIONS = DataLocations.from_options(offline=True)
EPOCHS = 8


@pytest.fixture(scope="module")
def unit(tiny_suite: Path) -> TrainUnit:
    """A training whose accuracy rises and falls."""
    network = {"epochs": EPOCHS, "steps_per_epoch": 3, "lr": 0.05, "schedule": "constant"}
    fidelity = {"only": {"network": {**network, "best_epoch": True}}}
    expansion = Expansion(resolve(tiny_suite, fidelities=fidelity))
    reference = expansion.resolved.suite.parts["transfer"].reference  # type: ignore[union-attr]
    return expansion.population(reference, 0)[0]


def fitted(unit: TrainUnit, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, list[Any]]:
    """What was set up, its fit, and what every evaluation between epochs counted."""
    counted: list[Any] = []

    def spy(*arguments: Any) -> Any:
        counted.append(validated(*arguments))
        return counted[-1]

    monkeypatch.setattr(train, "validated", spy)
    ready = set_up_unit(unit, DataPool(LOCATIONS, torch.device("cpu")))
    return ready, fit_alone(ready, NothingKept()), counted


def test_the_network_is_that_of_the_best_epoch_and_the_training_is_the_same(
    unit: TrainUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, fit, counted = fitted(unit, monkeypatch)
    right = [sum(correct) for correct, _ in counted]
    assert len(right) == EPOCHS
    assert right[-1] < max(right)
    found, total = validated(ready.training, ready.images.validation)
    assert found == counted[right.index(max(right))][0]
    assert fit.validated_images == EPOCHS * sum(total)
    plain, last, evaluated = fitted(varied(unit, recipe={"best_epoch": False}), monkeypatch)
    assert evaluated == []
    assert last.train_losses == fit.train_losses
    assert validated(plain.training, plain.images.validation) == counted[-1]


def test_the_first_of_equal_epochs_is_kept() -> None:
    module = torch.nn.Linear(1, 1, bias=False)
    best = BestEpoch(module)
    for weight, class_correct in ((1.0, (3, 0)), (2.0, (2, 3)), (3.0, (5, 0)), (4.0, (0, 0))):
        torch.nn.init.constant_(module.weight, weight)
        best.offer(class_correct)
    best.apply()
    assert module.weight.item() == 2.0


@pytest.mark.parametrize("attempts", [1, 3, 6])
def test_a_resumed_training_reports_the_same_epoch(
    unit: TrainUnit, tmp_path: Path, attempts: int
) -> None:
    undisturbed = Runner(RunDirectory(tmp_path / "other"), LOCATIONS).execute(unit)
    directory = RunDirectory(tmp_path / "run")
    keeping = Checkpointing(directory, interval=0.0, suspending=True)
    runner = Runner(directory, LOCATIONS, attempt=keeping.attempt)
    for _ in range(attempts):
        with pytest.raises(Suspended):
            runner.execute(unit)
    keeping.suspending = False
    resumed = runner.execute(unit)
    assert resumed.metrics == undisturbed.metrics
    assert resumed.cost.images_seen == undisturbed.cost.images_seen


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"supernet": {"best_epoch": True}}, "a supernet is not evaluated as it is trained"),
        ({"network": {"best_epoch": True}, "stack": 2}, "networks of a stack end together"),
        ({"network": {"best_epoch": True}, "retrainings": 2}, "networks of a stack end together"),
    ],
)
def test_what_has_no_best_epoch_is_refused(
    tiny_suite: Path, changes: dict[str, Any], said: str
) -> None:

    fidelity = varied(read_suite(tiny_suite).fidelities["only"], **changes)
    with pytest.raises(ValueError, match=said):
        Fidelity.model_validate(fidelity.model_dump())
