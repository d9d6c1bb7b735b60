"""The training loop: one network or stack of networks, one scheme, one stream of batches."""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from imbnas.data import Stream, class_probabilities
from imbnas.errors import ImbnasError
from imbnas.schemes.stacked_scheme import StackedScheme
from imbnas.schemes.training_scheme import TrainingScheme
from imbnas.training.averaging import WeightAverage
from imbnas.training.best_epoch import BestEpoch
from imbnas.training.checkpoints import Checkpoint, NothingKept, Reached
from imbnas.training.forward import compiled_features, forward_passes
from imbnas.training.parts import Part, only_parts
from imbnas.training.schedule import learning_rate
from imbnas.training.state import Companion, Counts, TrainingProgress, TrainingState
from imbnas.training.step_graphs import RecordedSteps, Recorder, Step
from imbnas.training.stopwatch import Stopwatch
from imbnas.units.metrics import CurvePoint
from imbnas.units.networks import ImageClassifier
from imbnas.units.recipes import Recipe
from imbnas.units.unit import Precision


class NonFiniteLossError(ImbnasError):
    """The loss became NaN or infinite.

    Args:
        epoch: 0-based epoch in which that was seen.
        epochs: of the training.
        loss: the number.
    """

    def __init__(self, epoch: int, epochs: int, loss: float) -> None:
        super().__init__(
            f"the loss is {loss} in epoch {epoch} of {epochs}; lower the learning rate"
        )


@dataclass(frozen=True)
class Fit:
    """What a training did.

    Attributes:
        train_losses: mean loss over the steps of the last epoch: one number, or one for each place
            of a stack, where NaN or infinity marks a network that failed.
        trained_images: images through forward and backward passes of the whole network, or of each
            network of a stack.
        head_images: images through a frozen backbone and a trained classifier.
        seconds: wall-clock seconds of the training, earlier attempts that it resumed included and
            evaluations left out.
        core_seconds: processor seconds of the same, of all threads of the process; ``None`` where
            an earlier attempt did not count them.
        validated_images: images of each network through evaluations between epochs.
        curves: for each network, what ``Trainer.validate`` counted as the training went on; empty
            where it did not.
    """

    train_losses: tuple[float, ...]
    trained_images: int
    head_images: int
    seconds: float = field(default=0.0, compare=False)
    core_seconds: float | None = field(default=0.0, compare=False)
    validated_images: int = 0
    curves: tuple[tuple[CurvePoint, ...], ...] = ()

    @property
    def train_loss(self) -> float:
        """The loss of the only network."""
        (loss,) = self.train_losses
        return loss


@dataclass
class Trainer:
    """Trains a network in place.

    Attributes:
        network: in any mode; it is left in training mode.
        stream: training batches.
        scheme: loss, sampler and mixing.
        recipe: epochs, learning rates, batch size and so on.
        class_counts: training images of each class, for class-aware samplers.
        mixing_generator: draws the scheme's mixing.
        before_pass: called before each forward pass with the epoch and the number of images; a
            supernet chooses its path here.
        passes: forward and backward passes of a step on the same batch; their gradients add up.
        used_parts: the parts of parameters that the passes of a step used, where they did not use
            them whole; a step changes nothing else of these parameters.
        freeze_backbone_from: 0-based epoch from which only the classifier is trained; ``None``
            for never.
        precision: of forward passes, see ``forward_passes``.
        compiled: whether they go through ``torch.compile``; for networks that are always computed
            the same way.
        recorder: what records steps to replay them, see ``RecordedSteps``; for networks that are
            always computed the same way. ``None`` where every step is done by itself.
        checkpoint: where the state is kept after an epoch, and found by a later attempt.
        companion: further state that is kept there; what ``before_pass`` draws from.
        validate: counts correct and all validation images of each class, for each network, after
            the recipe's ``validated_epochs``, and leaves everything as it is; ``None`` for never.
    """

    network: ImageClassifier
    stream: Stream
    scheme: TrainingScheme | StackedScheme
    recipe: Recipe
    class_counts: Sequence[int]
    mixing_generator: torch.Generator
    before_pass: Callable[[int, int], None] | None = None
    passes: int = 1
    used_parts: Callable[[], Iterable[Part]] | None = None
    freeze_backbone_from: int | None = None
    precision: Precision = "float32"
    compiled: bool = False
    recorder: Recorder | None = None
    checkpoint: Checkpoint = field(default_factory=NothingKept)
    companion: Companion | None = None
    validate: Callable[[], Counts] | None = None
    _features: Callable[[Tensor], Tensor] = field(init=False, repr=False)

    def run(self) -> Fit:
        """Train for all epochs of the recipe, or for those that an earlier attempt left.

        Raises:
            NonFiniteLossError: names the epoch in which the loss was not finite.
            CompilationError: the network cannot be compiled.
            CaptureError: its steps cannot be recorded.
        """
        network, module = self.network, torch_module(self.network).train()
        self._features = compiled_features(network) if self.compiled else network.forward_features
        average, best = WeightAverage(module), BestEpoch(module)
        state = TrainingState(
            module, average, best, self.stream, self.scheme, self.mixing_generator,
            self._optimizer, self.companion,
        )  # fmt: skip
        kept = self.checkpoint.load()
        resumed = state.put_back(kept) if kept else None
        progress, optimizer = resumed or (TrainingProgress(), self._optimizer(0))
        stopwatch = Stopwatch(progress)
        for epoch in range(progress.epoch, self.recipe.epochs):
            if epoch == self.freeze_backbone_from:
                optimizer = self._optimizer(epoch + 1)
            losses, images = self._epoch(epoch, optimizer, average)
            if self._frozen(epoch):
                progress.head += images
            else:
                progress.trained += images
            progress.epoch, progress.losses = epoch + 1, _keep_failed(progress.losses, losses)
            if not any(map(math.isfinite, progress.losses)):
                raise NonFiniteLossError(epoch, self.recipe.epochs, losses[0])
            stopwatch.read(progress)
            if self.validate is not None and progress.epoch in self.recipe.validated_epochs:
                self._validated(self.validate(), progress, best)
                stopwatch = Stopwatch(progress)
            self.checkpoint.offer(
                partial(state.take, progress, optimizer),
                Reached.epoch(progress.epoch, self.recipe.epochs, sum(losses) / len(losses)),
            )
        average.apply()
        best.apply()
        return Fit(
            tuple(progress.losses),
            progress.trained,
            progress.head,
            progress.seconds,
            progress.core_seconds,
            progress.validated,
            _curves(progress.curve),
        )

    def _validated(self, counts: Counts, progress: TrainingProgress, best: BestEpoch) -> None:
        class_correct, class_total = counts[0]
        progress.validated += sum(class_total)
        if progress.epoch in self.recipe.curve_epochs:
            progress.curve.append((progress.epoch, counts))
        if self.recipe.best_epoch:
            best.offer(class_correct)

    def _optimizer(self, epochs_done: int) -> torch.optim.Optimizer:
        """A new optimizer of what the last of the epochs trained."""
        frozen = self._frozen(epochs_done - 1)
        trained = self.network.classifier if frozen else torch_module(self.network)
        return _sgd(list(trained.parameters()), self.recipe, recorded=self.recorder is not None)

    def _epoch(
        self, epoch: int, optimizer: torch.optim.Optimizer, average: WeightAverage
    ) -> tuple[list[float], int]:
        """Mean loss over the steps, one for each place, and images of each place."""
        recipe, scheme = self.recipe, self.scheme
        scheme.set_epoch(epoch)
        drawn = class_probabilities(
            scheme.sampler_at(epoch), self.class_counts, scheme.progress_at(epoch)
        )
        steps = recipe.steps_per_epoch or math.ceil(sum(self.class_counts) / recipe.batch_size)
        averaging = recipe.average_from is not None
        start = (recipe.average_from or 0.0) * recipe.epochs
        # Summed where it is computed: reading it at each step would make a GPU wait.
        total: Tensor | None = None
        seen = 0
        update = self._updates(epoch, optimizer)
        for step, (images, labels) in enumerate(self.stream.epoch(recipe.steps_per_epoch, drawn)):
            progress = epoch + step / steps
            if len(labels) < 2:
                continue  # one image has no batch statistics
            _set_rate(optimizer, learning_rate(recipe, progress))
            loss = self._step(images, labels, update)
            total = loss if total is None else total + loss
            seen += self.passes * len(labels)
            if averaging and progress >= start:
                average.update()
        losses = [0.0] if total is None else total.reshape(-1).tolist()
        return [loss / max(steps, 1) for loss in losses], seen

    def _updates(self, epoch: int, optimizer: torch.optim.Optimizer) -> Step:
        """What updates the network in each step of an epoch."""
        update = partial(self._update, optimizer=optimizer, epoch=epoch)
        if self.recorder is None:
            return update
        return RecordedSteps(update, self.recorder, lambda: self.scheme.generators)

    def _step(self, images: Tensor, labels: Tensor, update: Step) -> Tensor:
        targets: Any = labels
        if self.scheme.mixes:
            images, targets = self.scheme.mix(images, labels, self.mixing_generator)
        return update(images, targets)

    def _update(
        self, images: Tensor, targets: Any, optimizer: torch.optim.Optimizer, epoch: int
    ) -> Tensor:
        # Gradients of unused operations stay None, so that SGD leaves them bit-unchanged.
        optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=images.device)
        for _ in range(self.passes):
            if self.before_pass is not None:
                self.before_pass(epoch, len(images))
            loss = self._loss(images, targets, self._frozen(epoch))
            # Networks of a stack share nothing, so that each gets the gradient of its own loss.
            (loss.sum() if loss.dim() else loss).backward()  # type: ignore[no-untyped-call]
            total = total + loss.detach()
        if self.recipe.clip_norm is not None:
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            nn.utils.clip_grad_norm_(parameters, self.recipe.clip_norm)
        with only_parts(optimizer, self.used_parts() if self.used_parts else ()):
            optimizer.step()
        return total / self.passes

    def _loss(self, images: Tensor, targets: Any, frozen: bool) -> Tensor:
        with forward_passes(self.precision, images.device):
            with torch.no_grad() if frozen else nullcontext():
                features = self._features(images)
            logits = self.network.classifier(features)
        return self.scheme.loss(
            logits.float(), targets, features.float() if self.scheme.needs_features else None
        )

    def _frozen(self, epoch: int) -> bool:
        return self.freeze_backbone_from is not None and epoch >= self.freeze_backbone_from


def _keep_failed(before: Sequence[float], now: Sequence[float]) -> list[float]:
    """The losses now, but a network that failed once stays failed."""
    if not before:
        return list(now)
    return [new if math.isfinite(old) else old for old, new in zip(before, now, strict=True)]


def _curves(points: Iterable[tuple[int, Counts]]) -> tuple[tuple[CurvePoint, ...], ...]:
    """One curve for each network; a checkpoint may have turned tuples into lists."""
    by_epoch = [
        [CurvePoint(epoch, tuple(correct), tuple(total)) for correct, total in counts]
        for epoch, counts in points
    ]
    return tuple(zip(*by_epoch, strict=True))


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def _sgd(parameters: list[nn.Parameter], recipe: Recipe, recorded: bool) -> torch.optim.SGD:
    optimizer = torch.optim.SGD(
        parameters,
        # A recording holds numbers as they were; a replayed step reads its rate from a tensor.
        lr=torch.tensor(recipe.lr, device=parameters[0].device) if recorded else recipe.lr,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    if recipe.momentum:
        # The fused step wants all buffers or none, and an operation that was not sampled in the
        # first step would have none; zeros give the same first update.
        for parameter in parameters:
            optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer


def torch_module(network: ImageClassifier) -> nn.Module:
    """See a network as the torch module that it is.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(network, nn.Module):
        raise TypeError(f"{type(network).__name__} is not a torch module")
    return network
