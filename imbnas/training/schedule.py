"""Learning rates, epoch by epoch and step by step."""

import math

from imbnas.units.recipes import Recipe


def learning_rate(recipe: Recipe, progress_epochs: float) -> float:
    """The learning rate at a point of the training.

    Args:
        recipe: gives peak rate, schedule and warm-up.
        progress_epochs: epochs done so far, fractions included, in [0, ``recipe.epochs``].

    Returns:
        Linear warm-up to the peak, step by step or epoch by epoch, then half a cosine to 0 at the
        last epoch (SGDR without restarts, arXiv:1608.03983), or steps by ``gamma`` at whole
        epochs, or a constant.
    """
    if progress_epochs < recipe.warmup_epochs:
        if recipe.warmup_by == "epoch":
            return recipe.lr * min((int(progress_epochs) + 1) / recipe.warmup_epochs, 1.0)
        return recipe.lr * (progress_epochs + 1e-2) / (recipe.warmup_epochs + 1e-2)
    if recipe.schedule == "cosine":
        length = max(recipe.epochs - recipe.warmup_epochs, 1e-9)
        done = (progress_epochs - recipe.warmup_epochs) / length
        return recipe.lr * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    passed = sum(int(progress_epochs) >= milestone for milestone in recipe.milestones)
    return recipe.lr * recipe.gamma**passed
