"""What every search space offers; architectures are immutable strings, never live modules."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from imbnas.errors import InputError
from imbnas.units.stem import DEFAULT_STEM, Stem

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
        stem: the first convolution; the default one is the published.
    """

    width: int = 16
    depth: int = 5
    resolution: int = 32
    in_channels: int = 3
    num_classes: int = 10
    stem: Stem = DEFAULT_STEM

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.type is int and getattr(self, field.name) < 1:
                raise InputError(f"network {field.name} must be at least 1")

    @property
    def cell_resolution(self) -> int:
        """Side in pixels of what the stem gives to the first cell.

        Raises:
            InputError: the stem's stride does not divide the resolution.
        """
        return self.stem.side(self.resolution)

    def of_images(self) -> dict[str, int]:
        """The part that describes images and classes: all that a baseline is fitted to."""
        return {name: getattr(self, name) for name in ("resolution", "in_channels", "num_classes")}


@dataclass(frozen=True)
class Counts:
    """Trainable parameters, and multiply-accumulates of convolutions and linear layers."""

    params: int
    macs: int

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.params + other.params, self.macs + other.macs)


def convolution_counts(in_channels: int, out_channels: int, kernel: int, resolution: int) -> Counts:
    """Counts of a convolution without bias, followed by a normalisation with scale and shift.

    Args:
        in_channels: channels read.
        out_channels: channels put out.
        kernel: side of the kernel.
        resolution: side of the output in pixels.
    """
    weights = kernel * kernel * in_channels * out_channels
    return Counts(weights + 2 * out_channels, weights * resolution * resolution)


class Space(Protocol):
    """A set of architectures with ids, counts and networks.

    Only ``build`` may import torch.

    Attributes:
        name: registry name.
        size: number of architecture strings in the space.
        published_shape: the CIFAR-10 network of the paper that defines the space.
    """

    name: str
    size: int
    published_shape: NetworkShape

    def parse(self, text: str) -> str:
        """Check an architecture string and return it in its published form.

        Raises:
            InputError: points at the character that is wrong.
        """

    def random(self, rng: "np.random.Generator") -> str:
        """Draw one live architecture uniformly over unique structures."""

    def sample(self, count: int, seed: int) -> tuple[str, ...]:
        """Draw distinct live functional classes uniformly, each by its member of fewest MACs.

        The draw depends on the seed alone, and a smaller draw is the beginning of a larger one.

        Raises:
            InputError: the space has fewer live classes than ``count``.
        """

    def mutate(self, architecture: str, rng: "np.random.Generator", probability: float) -> str:
        """Re-draw each gene uniformly with the given probability, possibly to what it was."""

    def crossover(self, first: str, second: str, rng: "np.random.Generator") -> str:
        """Take each gene from either parent with equal probability."""

    def unique_id(self, architecture: str) -> str:
        """Id of the structure as papers count structures."""

    def functional_id(self, architecture: str) -> str:
        """Id of the function as a graph of operations.

        Architectures of equal ids compute equal functions when operations at equal places have
        equal weights.
        """

    def is_dead(self, architecture: str) -> bool:
        """Whether the output cannot depend on the input."""

    def counts(self, architecture: str, shape: NetworkShape) -> Counts:
        """Parameters and MACs in closed form, without building the network."""

    def build(self, architecture: str, shape: NetworkShape) -> "ImageClassifier":
        """Build the stand-alone network; initial weights come from torch's global generator."""


@runtime_checkable
class EnumerableSpace(Space, Protocol):
    """A space small enough to list."""

    def architectures(self) -> tuple[str, ...]:
        """All architectures, in the space's own order."""

    def representatives(self) -> tuple[str, ...]:
        """One architecture of each live functional class, that of fewest MACs."""


def listed(space: Space, remedy: str) -> EnumerableSpace:
    """The space itself, where it can be listed.

    Raises:
        InputError: it is too large; the message names the remedy.
    """
    if not isinstance(space, EnumerableSpace):
        raise InputError(f"space {space.name!r} is too large to list; give {remedy}")
    return space


@runtime_checkable
class SpellingSpace(Space, Protocol):
    """A space in which one structure has several spellings, of which ``random`` draws one alone."""

    def spelling(self, architecture: str) -> str:
        """The spelling of its structure that ``random`` draws; a dead architecture stays itself."""
        ...


@runtime_checkable
class FairSpace(Space, Protocol):
    """A space whose edges all choose from the same operations.

    Attributes:
        operations_per_edge: how many these are.
    """

    operations_per_edge: int

    def fair_paths(self, rng: "np.random.Generator") -> tuple[str, ...]:
        """Draw ``operations_per_edge`` live architectures.

        Together they use every operation of every edge exactly once (FairNAS, arXiv:1907.01845).
        """
