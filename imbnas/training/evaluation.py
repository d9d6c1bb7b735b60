"""Evaluation: correct answers per class."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor


@torch.no_grad()
def class_correct(
    predict: Callable[[Tensor], Tensor],
    batches: Iterable[tuple[Tensor, Tensor]],
    num_classes: int,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Count correct and all images of each class.

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
    # Read once at the end: a GPU would wait at each batch.
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
