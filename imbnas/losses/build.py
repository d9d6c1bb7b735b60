"""From a loss's name and options to a module."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from imbnas.errors import InputError
from imbnas.losses.class_counts import check_class_counts
from imbnas.losses.registry import LOSSES
from imbnas.registry import build_entry

if TYPE_CHECKING:
    from imbnas.losses.loss import Loss


def build_loss(
    name: str,
    class_counts: Iterable[int],
    epochs: int | None = None,
    *,
    seed: int = 0,
    **options: Any,
) -> "Loss":
    """Build a loss by name.

    Args:
        name: entry in ``LOSSES``.
        class_counts: training images of each of the C classes, each at least 1.
        epochs: length of the training; needed where ``deferred_from`` is a fraction.
        seed: of the random draws that some losses make; each epoch has its own stream.
        options: of the loss; those that all losses have are in
            ``imbnas.losses.configs.LossConfig``.

    Returns:
        A module with ``set_epoch(e)``, ``per_sample(logits, targets)`` and ``forward``.

    Raises:
        InputError: an unknown name or option, a value outside its range, or unusable counts.

    Example:
        >>> import imbnas, torch
        >>> loss = imbnas.build_loss("balanced-softmax", class_counts=[100, 20, 5])
        >>> logits = torch.tensor([[2.0, 0.0, 1.0], [0.0, 3.0, 0.0]])
        >>> round(loss(logits, torch.tensor([0, 1])).item(), 4)
        0.1383
        >>> imbnas.build_loss("ce", [100, 20, 5], weights="inverse").class_weights
        tensor([0.1154, 0.5769, 2.3077])
    """
    config = build_entry(LOSSES, name, options)
    if epochs is not None and epochs < 1:
        raise InputError(f"loss {name!r}: epochs={epochs} must be at least 1")
    loss: Loss = config.build(check_class_counts(class_counts), epochs, seed)
    return loss
