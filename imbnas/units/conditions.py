"""Conditions: a dataset together with how its training split is made long-tailed."""

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from imbnas.errors import InputError
from imbnas.units.bounds import Seed
from imbnas.units.frozen import FrozenModel, is_false, is_none
from imbnas.units.largest import LARGEST_SEED
from imbnas.validation import first_fault

Protocol = Literal["strict", "paper"]
Profile = Literal["exp", "step", "pareto", "natural"]
Ratio = Annotated[float, Field(ge=1)]
Size = Annotated[int, Field(ge=1, le=LARGEST_SEED)]
Half = Literal[1, 2]

GRAMMAR = (
    "DATASET@(RATIOx|natural)[:step|:pareto][:like-RATIOx|:like-natural|:size-N]"
    "[:half-1|:half-2][:order-reversed|:order-numeric|:order-K][:subset-K]"
)
_DATASET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RATIO = re.compile(r"(\d+(?:\.\d+)?)x")
_MOST_DIGITS = len(str(LARGEST_SEED))


class Condition(FrozenModel):
    """Dataset, profile, ratio, size control, half, class order, subset seed and protocol.

    Attributes:
        dataset: registry name, or a name given with ``--dataset NAME=PATH``.
        profile: shape of the class counts; ``natural`` leaves the training split as it is.
        ratio: largest over smallest class count, at least 1; ``None`` for ``natural``.
        like_ratio: for a balanced condition (ratio 1), the ratio of the long-tailed condition
            of the same profile whose total size it takes; for a natural one, that of the
            exponential condition. ``None`` for full size.
        like_natural: for a balanced condition, take the natural total; classes that run out of
            images give all they have.
        size: for a balanced or natural condition, the total number of training images.
        half: which of two disjoint halves of the training split takes its place.
        order: which class is the head: label order, ``"reversed"``, ``"numeric"`` by the numbers in
            class names, or the seed of a permutation.
        subset: seed of the subset draw; ``None`` leaves it to the replicate.
        protocol: ``strict`` holds validation images out of the training split before
            sub-sampling; ``paper`` uses the test split as validation split and the same subset
            for every replicate.
    """

    dataset: str
    profile: Profile = "exp"
    ratio: Ratio | None = None
    like_ratio: Ratio | None = None
    like_natural: bool = Field(default=False, exclude_if=is_false)
    size: Size | None = Field(default=None, exclude_if=is_none)
    half: Half | None = Field(default=None, exclude_if=is_none)
    order: Literal["identity", "reversed", "numeric"] | Seed = "identity"
    subset: Seed | None = None
    protocol: Protocol = "strict"

    @model_validator(mode="after")
    def _consistent(self) -> "Condition":
        if (self.profile == "natural") != (self.ratio is None):
            raise ValueError("a natural condition has no ratio; every other one needs a ratio")
        self._check_size()
        return self

    def _check_size(self) -> None:
        sizes = [self.like_ratio is not None, self.like_natural, self.size is not None]
        if sum(sizes) > 1:
            raise ValueError("give one size: like-RATIOx, like-natural or size-N")
        if any(sizes) and self.ratio != 1 and self.profile != "natural":
            raise ValueError(
                "like-RATIOx, like-natural and size-N are sizes of balanced and natural "
                "conditions; write DATASET@1x:like-… or DATASET@natural:like-…"
            )
        if self.like_natural and self.profile == "natural":
            raise ValueError("a natural condition has the natural size; leave out like-natural")
        if self.natural_tail and self.profile in ("step", "pareto"):
            raise ValueError(
                f"like-natural and size-N go by the dataset's own counts; leave out {self.profile}"
            )

    @property
    def natural_tail(self) -> bool:
        """Whether the dataset itself decides which classes are head and tail."""
        return self.profile == "natural" or self.like_natural or self.size is not None

    @property
    def name(self) -> str:
        """The short name, as users write it; the protocol is not part of it."""
        parts = [f"{self.dataset}@{'natural' if self.ratio is None else format_ratio(self.ratio)}"]
        if self.profile in ("step", "pareto"):
            parts.append(self.profile)
        if self.like_ratio is not None:
            parts.append(f"like-{format_ratio(self.like_ratio)}")
        if self.like_natural:
            parts.append("like-natural")
        if self.size is not None:
            parts.append(f"size-{self.size}")
        if self.half is not None:
            parts.append(f"half-{self.half}")
        if self.order != "identity":
            parts.append(f"order-{self.order}")
        if self.subset is not None:
            parts.append(f"subset-{self.subset}")
        return ":".join(parts)

    def for_replicate(self, replicate: int) -> "Condition":
        """Fix the subset seed unless the name already fixes it.

        It is the replicate's number, but 0 under protocol ``paper``: long-tailed CIFAR was
        published as one subset, which repetitions share (Cao et al., arXiv:1906.07413).
        """
        if self.subset is not None:
            return self
        return self.model_copy(update={"subset": 0 if self.protocol == "paper" else replicate})


def format_ratio(ratio: float) -> str:
    """Write the shortest decimal that is read back as the same number: ``100x``, ``2.5x``."""
    return f"{Decimal(repr(float(ratio))):f}".removesuffix(".0") + "x"


def parse_condition(text: str, protocol: Protocol = "strict") -> Condition:
    """Read a condition's short name.

    Args:
        text: such as ``cifar10@100x`` or ``cifar10@1x:like-100x:order-3``.
        protocol: not part of the short name.

    Raises:
        InputError: the text does not follow the grammar, or a ratio is below 1.
    """
    dataset, at, rest = text.rpartition("@")
    head, *suffixes = rest.split(":")
    if not at or not _DATASET.fullmatch(dataset):
        raise InputError(f"condition {text!r}: write {GRAMMAR}, for example cifar10@100x")
    fields: dict[str, object] = {"dataset": dataset, "protocol": protocol}
    if head == "natural":
        fields["profile"] = "natural"
    else:
        fields["ratio"] = _read_ratio(text, head)
    for suffix in suffixes:
        key, value = _read_suffix(text, suffix)
        if key in fields:
            raise InputError(f"condition {text!r}: {suffix!r} sets {key} a second time")
        fields[key] = value
    try:
        return Condition.model_validate(fields)
    except ValidationError as error:
        raise InputError(f"condition {text!r}: {first_fault(error).message}") from None


def _read_ratio(text: str, ratio: str) -> float:
    match = _RATIO.fullmatch(ratio)
    if match is None:
        raise InputError(f"condition {text!r}: {ratio!r} is not a ratio; write {GRAMMAR}")
    value = float(match[1])
    if value < 1:
        raise InputError(
            f"condition {text!r}: ratio {ratio} is below 1; "
            "it is the largest class count over the smallest"
        )
    return value


def _read_suffix(text: str, suffix: str) -> tuple[str, object]:
    key, dash, value = suffix.partition("-")
    if suffix in ("step", "pareto"):
        return "profile", suffix
    if suffix == "like-natural":
        return "like_natural", True
    if key == "like" and dash:
        return "like_ratio", _read_ratio(text, value)
    if suffix in ("half-1", "half-2"):
        return "half", int(value)
    if suffix in ("order-reversed", "order-numeric"):
        return key, value
    if key in ("size", "order", "subset") and value.isdecimal():
        return key, _read_number(text, key, value)
    raise InputError(f"condition {text!r}: {suffix!r} is not understood; write {GRAMMAR}")


def _read_number(text: str, key: str, digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise InputError(
            f"condition {text[:80]!r}…: {key} has {len(digits)} digits; give at most {_MOST_DIGITS}"
        )
    return int(digits)
