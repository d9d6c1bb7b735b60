"""What every search space offers; architectures are immutable strings, never live modules."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from imbnas.units.networks import ImageClassifier


@dataclass(frozen=True)
class NetworkShape:
    """Everything about a network that its architecture string leaves open.

    Attributes:
        width: channels of the first stage.
        depth: cells in each stage.
        resolution: side of the square input in pixels.
        in_channels: 1 for grey, 3 for colour.
        num_classes: outputs of the classifier.
    """

    width: int = 16
    depth: int = 5
    resolution: int = 32
    in_channels: int = 3
    num_classes: int = 10


@dataclass(frozen=True)
class Counts:
    """Trainable parameters, and multiply-accumulates of convolutions and linear layers."""

    params: int
    macs: int


class Space(Protocol):
    """A set of architectures with ids, counts and networks.

    Only ``build`` may import torch.

    Attributes:
        name: registry name.
        size: number of architecture strings in the space.
    """

    name: str
    size: int

    def parse(self, text: str) -> str:
        """Check an architecture string and return it in its published form.

        Raises:
            InputError: points at the character that is wrong.
        """
        ...

    def random(self, rng: "np.random.Generator") -> str:
        """Draw one architecture uniformly over unique structures."""
        ...

    def sample(self, count: int, seed: int) -> tuple[str, ...]:
        """Draw distinct live functional classes uniformly, each by its member of fewest MACs.

        Raises:
            InputError: the space has fewer live classes than ``count``.
        """
        ...

    def mutate(self, architecture: str, rng: "np.random.Generator", probability: float) -> str:
        """Re-draw each gene with the given probability."""
        ...

    def crossover(self, first: str, second: str, rng: "np.random.Generator") -> str:
        """Take each gene from either parent with equal probability."""
        ...

    def unique_id(self, architecture: str) -> str:
        """Id of the structure as papers count structures."""
        ...

    def functional_id(self, architecture: str) -> str:
        """Id of the function as a graph; equal ids compute the same family of functions."""
        ...

    def is_dead(self, architecture: str) -> bool:
        """Whether the output cannot depend on the input."""
        ...

    def counts(self, architecture: str, shape: NetworkShape) -> Counts:
        """Parameters and MACs in closed form, without building the network."""
        ...

    def build(self, architecture: str, shape: NetworkShape) -> "ImageClassifier":
        """Build the stand-alone network; initial weights come from torch's global generator."""
        ...
