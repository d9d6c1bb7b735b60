"""What every loss does: weights, their schedule, and one way to reduce a batch to a number."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imbnas.errors import InputError
from imbnas.losses.configs import Counts, LossConfig
from imbnas.losses.schedule import switch_epoch
from imbnas.losses.weights import class_weights
from imbnas.units.randomness import derive_seed

_HALF = (torch.float16, torch.bfloat16)


class Loss(nn.Module):
    """Base of all losses.

    For integer labels a batch's loss is sum_i w_{y_i} l(z_i, y_i) / W. For soft targets t, rows
    that sum to 1, it is sum_ij t_ij w_j l(z_i, j) / W. With ``normalise="sum_w"``,
    W = sum_i w_{y_i}, or sum_ij t_ij w_j; with ``"n"``, W is the number of images. One-hot soft
    targets therefore give exactly what integer labels give.

    A subclass implements ``_hard``, and ``_soft`` where there is a cheaper way than one
    evaluation for every target that is not zero; both get ``adjust(logits)``.

    Args:
        config: checked options.
        counts: (C,) training images per class.
        epochs: length of the training, or ``None``.
        seed: of the random draws, for losses that make any.
    """

    config: LossConfig
    class_weights: Tensor | None

    def __init__(self, config: LossConfig, counts: Counts, epochs: int | None, seed: int) -> None:
        super().__init__()
        self.config = config
        self.num_classes = len(counts)
        self.epoch = 0
        self._seed = seed
        self._generator: torch.Generator | None = None
        self._switch = switch_epoch(config.deferred_from, config.deferred_from_epoch, epochs)
        self._by_images = config.normalise == "n"
        weights = class_weights(config.weights, counts, beta=config.beta, power=config.power)
        self._table("class_weights", weights)
        self._prepare(counts)

    def _prepare(self, counts: Counts) -> None:
        """Keep what a loss makes of its own options and the (C,) counts."""

    def _table(self, name: str, values: NDArray[np.float64] | None) -> None:
        """Keep constants that follow the module to its device but are not stored with it."""
        tensor = None if values is None else torch.tensor(values, dtype=torch.float32)
        self.register_buffer(name, tensor, persistent=False)

    def adjust(self, logits: Tensor) -> Tensor:
        """Change (B, C) logits in a way that does not depend on the labels."""
        return logits

    @property
    def deferred(self) -> bool:
        """Whether the epoch lies before the switch, so that no class weights are in force."""
        return self.epoch < self._switch

    @property
    def active_weights(self) -> Tensor | None:
        """(C,) class weights of the current epoch; ``None`` where all are 1."""
        return None if self.deferred else self.class_weights

    @property
    def generators(self) -> tuple[torch.Generator, ...]:
        """The epoch's random stream, once something was drawn from it."""
        return () if self._generator is None else (self._generator,)

    def set_epoch(self, epoch: int) -> None:
        """Begin a 0-based epoch: apply the schedule and start that epoch's random stream.

        Raises:
            InputError: the epoch is negative.
        """
        if epoch < 0:
            raise InputError(f"epoch={epoch} must be at least 0; epochs count from 0")
        self.epoch = epoch
        self._generator = None

    def per_sample(self, logits: Tensor, targets: Tensor, features: Tensor | None = None) -> Tensor:
        """Weighted loss of each image, before any normalisation.

        Args:
            logits: (B, C) outputs of the classifier.
            targets: (B,) integer labels, or (B, C) probabilities.
            features: (B, F) pooled features, for losses that need them.

        Returns:
            (B,) losses, each with its class weight.

        Raises:
            InputError: shapes that do not fit, missing features, or soft targets where the loss
                takes none.
        """
        logits = self._checked(logits, targets, features)
        return self._weighted(logits, targets, features)[0]

    def forward(self, logits: Tensor, targets: Tensor, features: Tensor | None = None) -> Tensor:
        """Loss of a batch; arguments and errors as in ``per_sample``."""
        logits = self._checked(logits, targets, features)
        losses, weights = self._weighted(logits, targets, features)
        if weights is None or self._by_images:
            return losses.mean()
        return losses.sum() / weights.sum()

    def _weighted(
        self, logits: Tensor, targets: Tensor, features: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        logits = self.adjust(logits)
        weights = self.active_weights
        if weights is not None:
            weights = weights.to(logits.dtype)
        if targets.dim() == 1:
            losses = self._hard(logits, targets, features)
            if weights is None:
                return losses, None
            chosen = weights[targets]
            return losses * chosen, chosen
        scaled = targets if weights is None else targets * weights
        losses = self._soft(logits, scaled.to(logits.dtype), features)
        return losses, None if weights is None else scaled.sum(1)

    def _hard(self, logits: Tensor, labels: Tensor, features: Tensor | None) -> Tensor:
        """Unweighted losses (B,) for labels (B,)."""
        raise NotImplementedError

    def _soft(self, logits: Tensor, targets: Tensor, features: Tensor | None) -> Tensor:
        """Sum over j of targets_ij times the loss of image i for label j; linear in targets."""
        rows, labels = targets.detach().nonzero(as_tuple=True)
        losses = self._hard(logits[rows], labels, None if features is None else features[rows])
        return logits.new_zeros(len(logits)).index_add(0, rows, losses * targets[rows, labels])

    def _checked(self, logits: Tensor, targets: Tensor, features: Tensor | None) -> Tensor:
        if logits.dim() != 2 or logits.shape[1] != self.num_classes:
            raise InputError(
                f"logits of shape {tuple(logits.shape)} do not fit class_counts of "
                f"{self.num_classes} classes; both need the same number of classes"
            )
        if targets.dim() == 2:
            self._check_soft(logits, targets)
        if features is None and self.config.needs.features:
            raise InputError(f"{type(self).__name__} needs features (B, F); pass them to the loss")
        return logits.float() if logits.dtype in _HALF else logits

    def _check_soft(self, logits: Tensor, targets: Tensor) -> None:
        if self.config.needs.hard_targets:
            raise InputError(f"{type(self).__name__} takes integer labels only; switch mixing off")
        if targets.shape != logits.shape:
            raise InputError(
                f"soft targets of shape {tuple(targets.shape)} do not fit logits of shape "
                f"{tuple(logits.shape)}"
            )

    def _counted(self, labels: Tensor) -> Tensor:
        """(C,) images of each class among labels (B,).

        ``bincount`` would read the labels on the host first.
        """
        counts = torch.zeros(self.num_classes, dtype=torch.int64, device=labels.device)
        return counts.index_add_(0, labels, torch.ones_like(labels))

    def _random(self, device: torch.device) -> torch.Generator:
        """The current epoch's random stream on a device."""
        if self._generator is None or self._generator.device.type != device.type:
            self._generator = torch.Generator(device)
            self._generator.manual_seed(derive_seed("loss", self._seed, self.epoch))
        return self._generator
