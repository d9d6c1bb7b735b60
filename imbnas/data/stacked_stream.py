"""Several streams of batches side by side."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from imbnas.data.streams import Stream
from imbnas.units.state_names import below, named_below


class StackedStream:
    """G streams in step, a ``Stream`` for a stack of G networks.

    Args:
        streams: their batches have equal sizes.
    """

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = tuple(streams)

    def epoch(
        self, steps: int | None = None, class_probabilities: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Draw an epoch of every stream, in order.

        Returns:
            Iterator of images (B, G·C, H, W), place by place, and labels (B, G).
        """
        epochs = [stream.epoch(steps, class_probabilities) for stream in self._streams]
        return self._batches(epochs)

    def _batches(
        self, epochs: Sequence[Iterator[tuple[Tensor, Tensor]]]
    ) -> Iterator[tuple[Tensor, Tensor]]:
        for batches in zip(*epochs, strict=True):
            images = torch.cat([images for images, _ in batches], dim=1)
            labels = torch.stack([labels for _, labels in batches], dim=1)
            yield images.contiguous(memory_format=torch.channels_last), labels

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that decides the epochs to come, of every stream."""
        held: dict[str, Tensor] = {}
        for place, stream in enumerate(self._streams):
            held |= named_below(place, stream.state_dict())
        return held

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continue where ``state_dict`` was taken."""
        for place, stream in enumerate(self._streams):
            stream.load_state_dict(below(place, state))
