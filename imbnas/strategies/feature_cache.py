"""Features of several paths of a frozen supernet, and a classifier trained on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from imbnas.data.index_sampler import IndexSequence
from imbnas.data.streams import evaluation_batches
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.supernet import Supernet
from imbnas.training.fitting import Fit
from imbnas.training.setup import set_up
from imbnas.training.statistics import batch_statistics
from imbnas.units.randomness import derive_seed
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec


@dataclass(frozen=True)
class FeatureCache:
    """Features of the same images for every path.

    Attributes:
        features: (P, N, F) float32.
        labels: (N,) integer labels.
    """

    features: Tensor
    labels: Tensor


@torch.no_grad()
def cache_features(
    supernet: Supernet, paths: Sequence[str], trainer: PathTrainer, batch_size: int
) -> FeatureCache:
    """Pass all training images through each path once; the supernet is left as it is.

    Batches are normalised by their own statistics. They are drawn at random, the same for all
    paths, since images in the order of their classes would have the statistics of single classes.

    Args:
        supernet: gives the features.
        paths: architectures.
        trainer: holds images and seed; what is spent is counted there.
        batch_size: images in a batch.
    """
    generator = torch.Generator().manual_seed(derive_seed(trainer.seed, "cached batches"))
    order = torch.randperm(len(trainer.images), generator=generator).to(trainer.images.device)
    images = trainer.images.reordered(order)
    supernet.train()
    features: list[Tensor] = []
    labels: list[Tensor] = []
    with batch_statistics(supernet):
        for path in paths:
            supernet.choose(path)
            with trainer.forward_passes():
                pairs = [
                    (supernet.forward_features(batch).float(), batch_labels)
                    for batch, batch_labels in evaluation_batches(images, batch_size)
                    if len(batch_labels) > 1  # one image has no batch statistics
                ]
            features.append(torch.cat([rows for rows, _ in pairs]))
            labels = [batch_labels for _, batch_labels in pairs]
            trainer.spending.images_seen += len(images)
            macs = trainer.space.counts(path, trainer.shape).macs
            trainer.spending.macs += macs * len(images)
    return FeatureCache(torch.stack(features), torch.cat(labels))


def train_classifier(
    supernet: Supernet,
    cache: FeatureCache,
    trainer: PathTrainer,
    scheme: SchemeSpec,
    recipe: Recipe,
) -> Fit:
    """Train a supernet's classifier in place; each step sees the features of one path.

    Args:
        supernet: its classifier is replaced where the scheme wants another kind.
        cache: features of training images.
        trainer: gives class counts, shape and seed; what is spent is counted there.
        scheme: of the training.
        recipe: of the training.
    """
    classes = trainer.shape.num_classes
    alone = _ClassifierAlone(supernet.classifier, supernet.num_features)
    setup = set_up(
        alone,
        trainer.images,
        trainer.class_counts,
        scheme,
        recipe,
        trainer.seed,
        trainer.precision,
        stream=_FeatureStream(cache, recipe.batch_size, classes, trainer.seed),
    )
    supernet.classifier = alone.classifier
    fit = setup.trainer.run()
    trainer.spending.macs += 3 * supernet.num_features * classes * fit.trained_images
    return fit


class _ClassifierAlone(nn.Module):
    """An ``ImageClassifier`` whose images are features already."""

    def __init__(self, classifier: nn.Module, num_features: int) -> None:
        super().__init__()
        self.classifier = classifier
        self.num_features = num_features

    def forward_features(self, images: Tensor) -> Tensor:
        return images

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.classifier(images)
        return logits


class _FeatureStream:
    """A ``Stream`` of cached features, a path drawn for each batch."""

    def __init__(self, cache: FeatureCache, batch_size: int, classes: int, seed: int) -> None:
        self._cache = cache
        self._batch_size = batch_size
        self._rows = torch.Generator().manual_seed(derive_seed(seed, "cached rows"))
        self._paths = torch.Generator().manual_seed(derive_seed(seed, "cached choices"))
        self._sequence = IndexSequence(cache.labels, classes, self._rows)

    def epoch(
        self, steps: int | None = None, class_probabilities: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        indices = self._sequence.epoch(self._batch_size, steps, class_probabilities)
        batches = torch.split(indices.to(self._cache.labels.device), self._batch_size)
        number = len(self._cache.features)
        chosen = torch.randint(number, (len(batches),), generator=self._paths).tolist()
        for path, rows in zip(chosen, batches, strict=True):
            yield self._cache.features[path, rows], self._cache.labels[rows]

    def state_dict(self) -> dict[str, Tensor]:
        return {**self._sequence.state_dict(), "paths": self._paths.get_state()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._paths.set_state(state["paths"])
        self._sequence.load_state_dict({k: v for k, v in state.items() if k != "paths"})
