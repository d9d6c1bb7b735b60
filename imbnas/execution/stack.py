"""Executes ``train`` units that are stacked: replicates of one architecture in one network."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from imbnas.data.stacked_stream import StackedStream
from imbnas.errors import InputError
from imbnas.execution.outcome import Outcome
from imbnas.execution.sources import DataSource
from imbnas.execution.train import UnitSetup, outcome, recorder_of, set_up_unit
from imbnas.schemes.stacked_scheme import StackedScheme
from imbnas.spaces.nats.network import CellNetwork
from imbnas.spaces.nats.stacked_network import StackedNetwork
from imbnas.training.checkpoints import Checkpoints
from imbnas.training.fitting import Fit, NonFiniteLossError
from imbnas.training.validation import validated
from imbnas.units.unit import TrainUnit


def train_stack(
    units: Sequence[TrainUnit], pool: DataSource, checkpoints: Checkpoints
) -> list[Outcome | NonFiniteLossError]:
    """Train replicates of one architecture as one network; what becomes of each, in order.

    Replicate r takes place r modulo the size of the stack. Places without a unit are filled with
    the first one's, so that results depend neither on which units are done together nor on how
    many.

    Args:
        units: trainings that differ in data and replicate alone, at most one for each place.
        pool: of datasets.
        checkpoints: of all of them together.
    """
    ready = [set_up_unit(unit, pool) for unit in _places(units)]
    fit = fit_stack(ready, checkpoints)
    share = _share(fit, len(units))
    return [_outcome(ready[place], share, place, pool.device) for place in map(_place, units)]


def _share(fit: Fit, units: int) -> Fit:
    """A training of several units with the time that is one unit's part."""
    core = fit.core_seconds
    return replace(
        fit,
        seconds=fit.seconds / units,
        core_seconds=None if core is None else core / units,
    )


def fit_stack(ready: Sequence[UnitSetup], checkpoints: Checkpoints) -> Fit:
    """Train networks side by side.

    Raises:
        InputError: they cannot be put side by side.
    """
    network, trainers = _stacked(ready), [one.training.trainer for one in ready]
    trainer = replace(
        trainers[0],
        network=network,
        stream=StackedStream([each.stream for each in trainers]),
        scheme=StackedScheme(
            [one.training.scheme for one in ready], [each.mixing_generator for each in trainers]
        ),
        mixing_generator=torch.Generator(),  # each scheme has its own
        compiled=ready[0].unit.compiled,
        recorder=recorder_of(ready[0]),
        checkpoint=checkpoints.open(),
        validate=partial(_validated, network, ready),
    )
    fit = trainer.run()
    network.unstack()
    return fit


def _validated(
    network: StackedNetwork, ready: Sequence[UnitSetup]
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Evaluate every network by itself, as it is after the whole training, too."""
    network.unstack()
    return [validated(one.training, one.images.validation) for one in ready]


def _stacked(ready: Sequence[UnitSetup]) -> StackedNetwork:
    first = ready[0]
    networks = [one.training.trainer.network for one in ready]
    cells = [network for network in networks if isinstance(network, CellNetwork)]
    if len(cells) < len(networks):
        raise InputError(f"networks of {first.unit.model.label} cannot be stacked; leave it out")
    if len({one.images.class_counts for one in ready}) > 1:
        raise InputError(
            f"replicates of {first.unit.data.condition} differ in class counts, so that their "
            "networks cannot be stacked; leave it out"
        )
    return StackedNetwork(cells).to(memory_format=torch.channels_last)


def _place(unit: TrainUnit) -> int:
    return unit.replicate % unit.stack


def _places(units: Sequence[TrainUnit]) -> list[TrainUnit]:
    places = [units[0]] * units[0].stack
    for unit in units:
        places[_place(unit)] = unit
    return places


def _outcome(
    ready: UnitSetup, fit: Fit, place: int, device: torch.device
) -> Outcome | NonFiniteLossError:
    loss = fit.train_losses[place]
    if not math.isfinite(loss):
        epochs = ready.unit.recipe.epochs
        return NonFiniteLossError(epochs - 1, epochs, loss)
    return outcome(ready, fit, place, device)
