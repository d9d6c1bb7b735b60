"""When a deferred change takes place."""

import math

from imbnas.errors import InputError


def switch_epoch(fraction: float | None, epoch: int | None, epochs: int | None) -> int:
    """Find the first 0-based epoch at which a deferred change holds.

    A fraction means the epoch in which that part of the training is reached, floor(fraction x
    epochs): 0.8 of 200 epochs is epoch 160, as in LDAM-DRW (Cao et al., arXiv 1906.07413), and
    short trainings still see the change in their last epoch. A fraction of 1 means never.

    Args:
        fraction: in [0, 1], or ``None``.
        epoch: 0-based, or ``None``; 0 without either.
        epochs: length of the training, needed with a fraction.

    Raises:
        InputError: both are given, or a fraction without ``epochs``.
    """
    if fraction is not None and epoch is not None:
        raise InputError("give either deferred_from or deferred_from_epoch, not both")
    if epoch is not None:
        return epoch
    if fraction is None:
        return 0
    if epochs is None:
        raise InputError(
            "deferred_from is a fraction of the training; give epochs, or deferred_from_epoch"
        )
    # A product such as 0.29 x 100 = 28.999… must not fall an epoch short.
    return math.floor(fraction * epochs + 1e-9)
