"""Several schemes side by side, for a stack of networks."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from imbnas.schemes.training_scheme import TrainingScheme
from imbnas.units.state_names import below, named_below


class StackedScheme:
    """The same scheme for each of G networks, with losses and random numbers of their own.

    Args:
        schemes: built from one spec and equal class counts.
        generators: of each scheme's mixing, on the CPU; owned from now on.
    """

    def __init__(
        self, schemes: Sequence[TrainingScheme], generators: Sequence[torch.Generator]
    ) -> None:
        self._schemes = tuple(schemes)
        self._generators = tuple(generators)
        self.mixes = schemes[0].mixes
        self.needs_features = schemes[0].needs_features

    @property
    def generators(self) -> tuple[torch.Generator, ...]:
        """What ``loss`` draws from in this epoch, once it did."""
        return tuple(each for scheme in self._schemes for each in scheme.generators)

    def set_epoch(self, epoch: int) -> None:
        """Begin a 0-based epoch."""
        for scheme in self._schemes:
            scheme.set_epoch(epoch)

    def sampler_at(self, epoch: int) -> str:
        """Name of the sampler of a 0-based epoch."""
        return self._schemes[0].sampler_at(epoch)

    def progress_at(self, epoch: int) -> float:
        """Progress in [0, 1] for samplers that change."""
        return self._schemes[0].progress_at(epoch)

    def mix(
        self, images: Tensor, labels: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, list[Tensor]]:
        """Mix the batch of every network within itself.

        Args:
            images: (B, G·C, H, W).
            labels: (B, G).
            generator: not used; every network has its own.

        Returns:
            Images, and for each network (B,) labels or (B, K) probabilities.
        """
        shares = images.chunk(len(self._schemes), dim=1)
        places = zip(self._schemes, shares, labels.unbind(1), self._generators, strict=True)
        mixed = [scheme.mix(x, y, own) for scheme, x, y, own in places]
        together = torch.cat([images for images, _ in mixed], dim=1)
        together = together.contiguous(memory_format=torch.channels_last)
        return together, [targets for _, targets in mixed]

    def loss(
        self, logits: Tensor, targets: Tensor | list[Tensor], features: Tensor | None = None
    ) -> Tensor:
        """(G,) losses of a batch.

        Args:
            logits: (B, G, K).
            targets: (B, G) labels, or what ``mix`` returned.
            features: (B, G·F) where ``needs_features``.
        """
        count = len(self._schemes)
        each = targets if isinstance(targets, list) else targets.unbind(1)
        shares = [None] * count if features is None else features.chunk(count, dim=1)
        places = zip(self._schemes, logits.unbind(1), each, shares, strict=True)
        return torch.stack([scheme.loss(z, y, f) for scheme, z, y, f in places])

    def state_dict(self) -> dict[str, Any]:
        """State for a checkpoint."""
        held = {f"generator/{i}": each.get_state() for i, each in enumerate(self._generators)}
        for place, scheme in enumerate(self._schemes):
            held |= named_below(place, scheme.state_dict())
        return held

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a checkpoint's state."""
        for place, generator in enumerate(self._generators):
            generator.set_state(state[f"generator/{place}"])
        for place, scheme in enumerate(self._schemes):
            scheme.load_state_dict(below(place, state))
