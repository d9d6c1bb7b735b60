"""The whole state of a training between two epochs, taken and put back bit for bit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from imbnas.data.streams import Stream
from imbnas.schemes.stacked_scheme import StackedScheme
from imbnas.schemes.training_scheme import TrainingScheme
from imbnas.training.averaging import WeightAverage
from imbnas.training.best_epoch import BestEpoch
from imbnas.training.checkpoints import Snapshot
from imbnas.units.state_names import below, named_below

Counts = Sequence[tuple[Sequence[int], Sequence[int]]]
"""Correct and all images of each class, for each network that is trained."""


class Companion(Protocol):
    """Something else whose state changes as the training goes on."""

    def state_dict(self) -> dict[str, Any]:
        """Its state as plain JSON data."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where ``state_dict`` was taken."""


@dataclass
class TrainingProgress:
    """How far a training is.

    Attributes:
        epoch: epochs done.
        losses: see ``Fit.train_losses``; empty before the first epoch.
        trained: see ``Fit.trained_images``.
        head: see ``Fit.head_images``.
        seconds: see ``Fit.seconds``.
        core_seconds: see ``Fit.core_seconds``.
        validated: see ``Fit.validated_images``.
        curve: epochs done, with what ``Trainer.validate`` gave then.
    """

    epoch: int = 0
    losses: list[float] = field(default_factory=list)
    trained: int = 0
    head: int = 0
    seconds: float = 0.0
    core_seconds: float | None = 0.0
    validated: int = 0
    curve: list[tuple[int, Counts]] = field(default_factory=list)


@dataclass
class TrainingState:
    """Everything that decides how a training goes on.

    Attributes:
        module: the network.
        average: of its weights.
        best: its best epoch.
        stream: training batches.
        scheme: whose loss may count.
        mixing_generator: draws the scheme's mixing.
        make_optimizer: makes the optimizer that is in force after a number of epochs.
        companion: further state; ``None`` for none.
    """

    module: nn.Module
    average: WeightAverage
    best: BestEpoch
    stream: Stream
    scheme: TrainingScheme | StackedScheme
    mixing_generator: torch.Generator
    make_optimizer: Callable[[int], torch.optim.Optimizer]
    companion: Companion | None

    def take(self, progress: TrainingProgress, optimizer: torch.optim.Optimizer) -> Snapshot:
        """The state after an epoch."""
        tensors = named_below("network", self.module.state_dict())
        tensors |= _numbered("momentum", _momenta(optimizer))
        tensors |= _numbered("average", self.average.mean)
        tensors |= named_below("best", self.best.state)
        tensors |= named_below("stream", self.stream.state_dict())
        tensors |= named_below("scheme", self.scheme.state_dict())
        tensors["generator/mixing"] = self.mixing_generator.get_state()
        tensors["generator/torch"] = torch.get_rng_state()
        if self._on_cuda:
            tensors["generator/cuda"] = torch.cuda.get_rng_state()
        facts: dict[str, Any] = {
            "progress": vars(progress),
            "averaged": self.average.count,
            "best_correct": self.best.correct,
        }
        if self.companion is not None:
            facts["companion"] = self.companion.state_dict()
        return Snapshot(facts, tensors)

    def put_back(self, snapshot: Snapshot) -> tuple[TrainingProgress, torch.optim.Optimizer] | None:
        """Continue where a snapshot was taken; ``None`` and no change if it does not fit."""
        try:
            progress = TrainingProgress(**{"core_seconds": None, **snapshot.facts["progress"]})
            averaged = int(snapshot.facts["averaged"])
        except (KeyError, TypeError, ValueError):
            return None
        optimizer = self.make_optimizer(progress.epoch)
        mean = [parameter.detach().clone() for parameter in self.module.parameters()]
        targets = named_below("network", self.module.state_dict())
        targets |= _numbered("momentum", _momenta(optimizer))
        if averaged:
            targets |= _numbered("average", mean)
        held = snapshot.tensors
        if not _fits(targets, held) or ("companion" in snapshot.facts) != bool(self.companion):
            return None
        with torch.no_grad():
            for name, target in targets.items():
                # Copying in place keeps each tensor's memory format.
                target.copy_(held[name])
        if averaged:
            self.average.mean, self.average.count = mean, averaged
        best = below("best", held)
        self.best.correct = snapshot.facts.get("best_correct", -1)
        self.best.state = {name: tensor.clone() for name, tensor in best.items()}
        self.stream.load_state_dict(below("stream", held))
        self.scheme.load_state_dict(below("scheme", held))
        if self.companion is not None:
            self.companion.load_state_dict(snapshot.facts["companion"])
        self.mixing_generator.set_state(held["generator/mixing"])
        torch.set_rng_state(held["generator/torch"])
        if self._on_cuda:
            torch.cuda.set_rng_state(held["generator/cuda"])
        return progress, optimizer

    @property
    def _on_cuda(self) -> bool:
        return any(parameter.is_cuda for parameter in self.module.parameters())


def _momenta(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    parameters = (p for group in optimizer.param_groups for p in group["params"])
    states = (optimizer.state.get(parameter, {}) for parameter in parameters)
    return [state["momentum_buffer"] for state in states if "momentum_buffer" in state]


def _numbered(name: str, tensors: Iterable[Tensor]) -> dict[str, Tensor]:
    return {f"{name}/{number}": tensor for number, tensor in enumerate(tensors)}


def _fits(targets: dict[str, Tensor], held: Any) -> bool:
    """Whether a snapshot holds the same tensors of network, momentum and average."""
    own = [name for name in held if name.startswith(("network/", "momentum/", "average/"))]
    return set(own) == set(targets) and all(
        held[name].shape == target.shape and held[name].dtype == target.dtype
        for name, target in targets.items()
    )
