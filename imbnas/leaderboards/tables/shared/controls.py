"""Finds the balanced control of equal size that a long-tailed training is compared with."""

from collections.abc import Sequence

from imbnas.suites.schema import Training
from imbnas.units.conditions import Condition, parse_condition


def balanced_control(training: Training, others: Sequence[Training]) -> Training | None:
    """Choose the training that differs in imbalance and in nothing else.

    It is on the same dataset, balanced, and as large as the long-tailed condition
    (``DATASET@1x:like-RATIOx`` of the same profile, half and subset; for ``natural:like-RATIOx``,
    too, and for ``natural:like-1x`` plain ``DATASET@1x``). One of the same class order and of
    the same scheme is preferred; else the scheme is ``ce``, since re-weighting and re-sampling
    have nothing to balance there. Levelled conditions (``like-natural``, ``size-N``) are not
    balanced where classes run out of images, and stand as no one's control.

    Args:
        training: any training.
        others: what the same model is trained on, too.

    Returns:
        ``None`` for a training that is not long-tailed, or where there is no such control.
    """
    condition = parse_condition(training.condition)
    if condition.ratio == 1 or (condition.ratio or condition.like_ratio) is None:
        return None
    controls = [
        other
        for other in others
        if _is_control(parse_condition(other.condition), condition)
        and other.scheme in (training.scheme, "ce")
    ]
    return min(
        controls,
        key=lambda other: (
            parse_condition(other.condition).order != condition.order,
            other.scheme != training.scheme,
        ),
        default=None,
    )


def _is_control(other: Condition, condition: Condition) -> bool:
    """Whether a condition is the other one's balanced control; class orders may differ."""
    size = condition.ratio or condition.like_ratio
    profile = "exp" if condition.profile == "natural" else condition.profile
    wanted = {
        "profile": profile,
        "ratio": 1.0,
        "like_ratio": None if size == 1 else size,
        "order": other.order,
    }
    return other == condition.model_copy(update=wanted)
