"""Evaluation of a trained network: its final logits, and what it answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from imbnas.data.image_sets import Images
from imbnas.data.streams import evaluation_batches
from imbnas.training.answers import Answers
from imbnas.training.counting import finishing_passes
from imbnas.training.fitting import torch_module
from imbnas.training.forward import forward_passes
from imbnas.training.setup import Setup
from imbnas.training.statistics import estimate_statistics
from imbnas.units.randomness import derive_seed

Predictor = Callable[[Tensor], Tensor]
Batches = Iterable[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Evaluation:
    """What a trained network answers.

    Attributes:
        predict: maps (B, C, H, W) images to (B, K) final logits.
        answers: to the images.
        images_seen: images through forward passes, those of ``finishing_passes`` included.
    """

    predict: Predictor
    answers: Answers
    images_seen: int


def evaluate(trained: Setup, images: Images) -> Evaluation:
    """Evaluate a network after its last step; it is left in evaluation mode.

    Batch statistics of averaged weights are estimated on the training images first, and the
    scheme's post-hoc step, if any, is fitted on them.

    Args:
        trained: whose network was trained.
        images: of the evaluation.
    """
    recipe = trained.trainer.recipe
    predict = finished_predictor(trained)
    batches = evaluation_batches(images, recipe.evaluation_batch_size)
    answers = ask(predict, batches, images.num_classes)
    passes = finishing_passes(recipe, trained.scheme.spec)
    return Evaluation(predict, answers, passes * len(trained.images) + len(images))


def finished_predictor(trained: Setup) -> Predictor:
    """Make what maps (B, C, H, W) images to (B, K) final logits, as ``evaluate`` does."""
    trainer, known = trained.trainer, trained.images
    recipe, module = trainer.recipe, torch_module(trainer.network).eval()
    if recipe.average_from is not None:
        # Averaged weights have no running statistics of their own.
        batches = evaluation_batches(known, recipe.evaluation_batch_size)
        with forward_passes(trainer.precision, known.device):
            estimate_statistics(module, (batch for batch, _ in batches))
    return fit_predictor(trained)


@torch.no_grad()
def fit_predictor(trained: Setup) -> Predictor:
    """Make the function that maps (B, C, H, W) images to (B, K) final logits.

    A post-hoc step is fitted on the training images, without augmentation.

    Args:
        trained: whose network was trained and is in evaluation mode.
    """
    network, scheme = trained.trainer.network, trained.scheme
    outputs = partial(features_and_logits, trained)
    if scheme.spec.posthoc is None:
        return lambda images: outputs(images)[1]
    batches = evaluation_batches(trained.images, trained.trainer.recipe.evaluation_batch_size)
    cached = [(*outputs(images), labels) for images, labels in batches]
    features, logits, labels = (torch.cat(column) for column in zip(*cached, strict=True))
    seed = derive_seed(trained.seed, "post-hoc")
    with torch.enable_grad():
        correction = scheme.fit_posthoc(features, logits, labels, network.classifier, seed)
    if correction is None:
        raise TypeError("a post-hoc step fitted nothing")
    return lambda images: correction(*outputs(images))


def features_and_logits(trained: "Setup", images: Tensor) -> tuple[Tensor, Tensor]:
    """(B, F) features and (B, K) logits of (B, C, H, W) images, before any post-hoc step."""
    network, trainer = trained.trainer.network, trained.trainer
    with forward_passes(trainer.precision, images.device):
        features = network.forward_features(images)
    # Logits of so few digits would often be equal, and the first of the classes would win.
    features = features.float()
    return features, trained.scheme.evaluation_logits(network.classifier(features))


@torch.no_grad()
def ask(predict: Predictor, batches: Batches, num_classes: int) -> Answers:
    """Let a network answer to images.

    Args:
        predict: maps (B, C, H, W) images to (B, K) logits.
        batches: images with (B,) integer labels.
        num_classes: K.
    """
    answers: list[Tensor] = []
    confidences: list[Tensor] = []
    truth: list[Tensor] = []
    for images, labels in batches:
        logits = predict(images)
        # Rounding makes probabilities equal that logits tell apart, so the logits decide.
        answers.append(logits.argmax(dim=1))
        confidences.append(logits.softmax(dim=1).amax(dim=1))
        truth.append(labels)
    if not truth:
        nothing = torch.zeros(0, dtype=torch.int64)
        return Answers.read(nothing, nothing, nothing, num_classes)
    # Read once at the end: a GPU would wait at each batch.
    return Answers.read(torch.cat(truth), torch.cat(answers), torch.cat(confidences), num_classes)


@torch.no_grad()
def class_correct(
    predict: Predictor, batches: Batches, num_classes: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Count correct and all images of each class, and nothing else.

    Args:
        predict: maps (B, C, H, W) images to (B, K) logits.
        batches: images with (B,) integer labels.
        num_classes: K.

    Returns:
        Two tuples of K counts: correct, total.
    """
    answers: list[Tensor] = []
    truth: list[Tensor] = []
    for images, labels in batches:
        answers.append(predict(images).argmax(dim=1))
        truth.append(labels)
    if not truth:
        return (0,) * num_classes, (0,) * num_classes
    # Read once at the end, as above.
    labels = torch.cat(truth)
    hits = labels[torch.cat(answers) == labels]
    correct, total = (torch.bincount(found, minlength=num_classes) for found in (hits, labels))
    return tuple(correct.tolist()), tuple(total.tolist())


def mean_recall(correct: Iterable[int], total: Iterable[int]) -> float:
    """Mean per-class recall in [0, 1] over the classes that have images.

    Raises:
        ValueError: no class has an image.
    """
    recalls = [c / t for c, t in zip(correct, total, strict=True) if t]
    if not recalls:
        raise ValueError("no class has an image to evaluate")
    return sum(recalls) / len(recalls)
