"""Which images come in which order: endless shuffled passes, or class-aware draws."""

import torch
from torch import Generator, Tensor

from imbnas.errors import InputError


class IndexSequence:
    """Draws the image indices of one epoch after another.

    Args:
        labels: (N,) int64 labels of the images.
        num_classes: number of classes.
        generator: a CPU generator; nothing else is random.

    Raises:
        InputError: there is no image.
    """

    def __init__(self, labels: Tensor, num_classes: int, generator: Generator) -> None:
        if not len(labels):
            raise InputError("there is no training image to draw from")
        self._generator = generator
        self._left = torch.empty(0, dtype=torch.int64)
        labels = labels.cpu()
        self._by_class = torch.argsort(labels, stable=True)
        self._counts = torch.bincount(labels, minlength=num_classes)
        self._starts = self._counts.cumsum(0) - self._counts

    def __len__(self) -> int:
        return len(self._by_class)

    def epoch(
        self, batch_size: int, steps: int | None, class_probabilities: Tensor | None
    ) -> Tensor:
        """Indices of an epoch's images in order.

        Arguments and errors are those of ``Stream.epoch``, and ``batch_size`` images in a step.
        """
        count = len(self) if steps is None else steps * batch_size
        if class_probabilities is not None:
            return self.by_class(count, class_probabilities)
        return self.one_pass() if steps is None else self.take(count)

    def one_pass(self) -> Tensor:
        """(N,) every image once."""
        return torch.randperm(len(self), generator=self._generator)

    def take(self, count: int) -> Tensor:
        """(count,) the next images of an endless sequence of shuffled passes."""
        parts, drawn = [self._left], len(self._left)
        while drawn < count:
            parts.append(self.one_pass())
            drawn += len(self)
        images = torch.cat(parts)
        self._left = images[count:].clone()
        return images[:count]

    def by_class(self, count: int, probabilities: Tensor) -> Tensor:
        """(count,) draw a class, then one of its images, with replacement.

        Raises:
            InputError: ``probabilities`` are not (C,), or a class without images may be drawn.
        """
        weights = probabilities.to("cpu", torch.float64)
        if weights.shape != self._counts.shape:
            raise InputError(
                f"{tuple(weights.shape)} class probabilities for {len(self._counts)} classes"
            )
        if bool((weights[self._counts == 0] > 0).any()):
            raise InputError("a class without training images has a probability above 0")
        classes = torch.multinomial(weights, count, replacement=True, generator=self._generator)
        counts = self._counts[classes]
        inside = torch.rand(count, dtype=torch.float64, generator=self._generator)
        # The product of a number below 1 with a count can round up to the count.
        steps = torch.minimum((inside * counts).long(), counts - 1)
        return self._by_class[self._starts[classes] + steps]

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that decides the draws to come, as tensors."""
        return {"generator": self._generator.get_state(), "left": self._left.clone()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continue where ``state_dict`` was taken."""
        self._generator.set_state(state["generator"].cpu())
        self._left = state["left"].to("cpu", torch.int64)
