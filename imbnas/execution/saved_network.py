"""Trained networks as files: weights and all that is needed to use them, nothing pickled.

``DIR/network.safetensors`` holds the weights, and in its metadata JSON that names architecture,
classes and normalisation.
"""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load

from imbnas.baselines.networks import build as build_baseline
from imbnas.baselines.spec import BaselineSpec, ImageShape
from imbnas.data.image_sets import normalisation
from imbnas.errors import InputError
from imbnas.regular_files import read_regular
from imbnas.schemes.cosine_classifier import CosineClassifier
from imbnas.spaces import NetworkShape, get_space
from imbnas.training.fitting import torch_module
from imbnas.units.frozen import FrozenModel
from imbnas.units.networks import ImageClassifier
from imbnas.units.stem import Stem
from imbnas.units.unit import SpaceModel
from imbnas.validation import first_fault

FILE = "network.safetensors"
_BYTES = 2**33
KEY = "imbnas"
"""Of the metadata, under which the facts stand."""


class SavedFacts(FrozenModel):
    """What a file of weights says of its network.

    Attributes:
        format: of this description.
        version: of imbnas.
        architecture: of a space; ``None`` for a baseline.
        baseline: the other way round.
        width, depth, resolution, in_channels, stem: see ``NetworkShape``.
        class_names: by label, in the order of the outputs.
        mean: of each channel in [0, 1], by which images are normalised.
        std: standard deviation of each channel.
        classifier: ``cosine`` for one of cosines.
        logit_scale: outputs are multiplied by it before a softmax.
        condition: that it was trained on.
        scheme: by which it was trained.
    """

    format: Literal[1] = 1
    version: str
    architecture: SpaceModel | None
    baseline: BaselineSpec | None
    width: int
    depth: int
    resolution: int
    in_channels: int
    stem: Stem
    class_names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classifier: Literal["linear", "cosine"]
    logit_scale: float
    condition: str
    scheme: str

    @property
    def shape(self) -> NetworkShape:
        """Of the network."""
        classes = len(self.class_names)
        return NetworkShape(
            self.width, self.depth, self.resolution, self.in_channels, classes, self.stem
        )


class SavedNetwork:
    """A trained network in evaluation mode, with its labels.

    Attributes:
        network: maps (B, C, H, W) normalised float images to (B, K) outputs.
        facts: see ``SavedFacts``.

    Args:
        network: with the weights of the file.
        facts: of the file.
    """

    def __init__(self, network: ImageClassifier, facts: SavedFacts) -> None:
        self.network, self.facts = torch_module(network).eval(), facts
        self._normalise = normalisation(facts.mean, facts.std, torch.device("cpu"))

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes by label, in the order of the outputs."""
        return self.facts.class_names

    @torch.no_grad()
    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network takes images for.

        Args:
            images: (N, H, W, C) uint8 of the side and the channels that it was trained on.

        Returns:
            (N, K) probabilities, in the order of ``class_names``.

        Raises:
            InputError: images of another shape or type.
        """
        side, channels = self.facts.resolution, self.facts.in_channels
        wanted = (side, side, channels)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != wanted:
            raise InputError(
                f"images of shape {images.shape} and type {images.dtype}: the network takes "
                f"(N, {side}, {side}, {channels}) of uint8; {self._remedy(images)}"
            )
        batch = self._normalise(torch.from_numpy(images).permute(0, 3, 1, 2))
        outputs = self.network(batch).float() * self.facts.logit_scale
        found: NDArray[np.float32] = outputs.softmax(dim=1).numpy()
        return found

    def _remedy(self, images: NDArray[Any]) -> str:
        """What makes images fit: the first of their type, axes, channels and size that does not."""
        if images.dtype != np.uint8:
            return "give pixels from 0 to 255"
        if images.ndim != 4:
            return "add or drop axes: images, rows, columns, channels"
        if images.shape[3] != self.facts.in_channels:
            return "convert them, such as with convert('RGB') or convert('L') of PIL"
        return "resize them"

    def labels(self, images: NDArray[np.uint8]) -> list[str]:
        """The name of the most probable class of each image; arguments as ``probabilities``."""
        return [self.class_names[place] for place in self.probabilities(images).argmax(axis=1)]

    def __repr__(self) -> str:
        """One line."""
        facts = self.facts
        model = facts.architecture.label if facts.architecture else "baseline"
        model = facts.baseline.name if facts.baseline else model
        return (
            f"SavedNetwork({model}, {len(facts.class_names)} classes, {facts.resolution} pixels, "
            f"trained on {facts.condition} by {facts.scheme})"
        )


def load_network(path: str | Path) -> SavedNetwork:
    """Read a network that ``imbnas-bench train --save DIR`` left; nothing in it is executed.

    Args:
        path: the folder, or the file in it.

    Returns:
        The network on the CPU, in evaluation mode.

    Raises:
        InputError: there is none, or it is damaged.

    Example:
        >>> import imbnas, numpy as np
        >>> network = imbnas.load_network("net")
        >>> network
        SavedNetwork(cifar_resnet8_w4, 10 classes, 8 pixels, trained on digits@20x:subset-0 by ce)
        >>> network.probabilities(np.zeros((2, 8, 8, 1), np.uint8)).shape
        (2, 10)
    """
    file = Path(path)
    file = file / FILE if file.is_dir() else file
    try:
        content = read_regular(file, _BYTES, follow=True)
        length = int.from_bytes(content[:8], "little")
        told = json.loads(content[8 : 8 + length])["__metadata__"][KEY]
        facts, state = SavedFacts.model_validate_json(told), load(content)
    except OSError as error:
        raise InputError(f"network {file}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        raise InputError(f"network {file}: {first_fault(error)}") from None
    except (ValueError, KeyError, TypeError, AttributeError, SafetensorError):
        raise InputError(
            f"network {file}: no file of imbnas-bench train --save; train it again"
        ) from None
    return SavedNetwork(_filled(file, facts, state), facts)


def _filled(file: Path, facts: SavedFacts, state: dict[str, torch.Tensor]) -> ImageClassifier:
    with torch.random.fork_rng(devices=[]):
        network = _untrained(file, facts)
        if facts.classifier == "cosine":
            network.classifier = CosineClassifier(network.num_features, len(facts.class_names))
    try:
        torch_module(network).load_state_dict(state)
    except RuntimeError:
        raise InputError(f"network {file}: its weights are not those of its architecture") from None
    return network


def _untrained(file: Path, facts: SavedFacts) -> ImageClassifier:
    if facts.architecture is not None:
        return get_space(facts.architecture.space).build(
            facts.architecture.architecture, facts.shape
        )
    if facts.baseline is None:
        raise InputError(f"network {file}: it names neither an architecture nor a baseline")
    return build_baseline(facts.baseline, ImageShape(**facts.shape.of_images()))
