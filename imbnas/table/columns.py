"""The columns of a table: what its files hold, its documentation says and its readers expect."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind = Literal["text", "whole number", "number", "whole numbers", "true or false"]
Comparisons: TypeAlias = tuple[tuple[tuple[str, str], ...], ...]
"""Of each transfer part of a suite, its reference and its targets as (condition, scheme)."""
ROLES = ("population", "baseline", "found", "motivation", "other")
"""What a training can be part of, the first that applies; look-ups prefer earlier ones."""


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        name: in the file.
        kind: of its values; ``whole numbers`` is a list with one for each class or label.
        text: what it says, for people.
        nullable: whether a value may be missing.
    """

    name: str
    kind: Kind
    text: str
    nullable: bool = False


COLUMNS = (
    Column("suite", "text", "Suite, version and fidelity, `SUITE@VERSION/FIDELITY`. Results of two "
           "of these are not comparable."),
    Column("fidelity", "text", "The fidelity alone: how long and how large networks are trained."),
    Column("role", "text", "What the training is part of, the first that applies: `population` (of "
           "a transfer part), `baseline`, `found` (the retraining of a network that a search in an "
           "adapted supernet named), `motivation`, or `other` (the suite as it is now does not ask "
           "for it)."),
    Column("space", "text", "Search space of the architecture; for a baseline `timm`, or `imbnas` "
           "where imbnas builds the network itself."),
    Column("architecture", "text", "The architecture's published string, or the baseline's name."),
    Column("functional_id", "text", "Function of the network as a graph: architectures of equal "
           "ids compute equal functions when operations at equal places have equal weights. A "
           "baseline has its name. Missing for a space that was not installed at the export.",
           nullable=True),
    Column("condition", "text", "What was trained on: dataset, imbalance ratio, size, half, class "
           "order, without the seed of the subset."),
    Column("scheme", "text", "How imbalance was countered in training: loss, weights, sampler, "
           "schedule, post-hoc step; `ce` is plain cross-entropy."),
    Column("replicate", "whole number", "Which repetition, from 0. It has a subset of images and "
           "random numbers of its own; trainings of one condition and one replicate share "
           "images."),
    Column("class_correct", "whole numbers", "Test images of each class, by label, that were "
           "classified correctly after the last epoch. Missing where the training failed.",
           nullable=True),
    Column("class_total", "whole numbers", "Test images of each class, by label. Missing where the "
           "training failed.", nullable=True),
    Column("class_train", "whole numbers", "Training images of each class of the condition, by "
           "label. Missing for role `other` on a condition that the suite does not have.",
           nullable=True),
    Column("many", "whole numbers", "Labels of the classes of more than 100 training images. A "
           "balanced control has the groups of the long-tailed condition whose size it takes. "
           "Missing where there are none.", nullable=True),
    Column("medium", "whole numbers", "Labels of the classes of 20 to 100 training images.",
           nullable=True),
    Column("few", "whole numbers", "Labels of the classes of fewer than 20 training images.",
           nullable=True),
    Column("params", "whole number", "Trainable parameters. Missing where a training failed whose "
           "network the suite does not count.", nullable=True),
    Column("macs", "whole number", "Multiply-accumulates of a forward pass of one image; missing "
           "as `params`.", nullable=True),
    Column("seconds", "number", "Wall-clock seconds of the training and its evaluation on `device`;"
           " of trainings in one stack each has an equal share. Missing where it failed.",
           nullable=True),
    Column("device", "text", "Model name of the processor or accelerator; missing where the "
           "training failed.", nullable=True),
    Column("stack", "whole number", "How many replicates were trained side by side in one network, "
           "which changes results by rounding; 1 for a network alone."),
    Column("failed", "true or false", "Whether the training could not be finished."),
    Column("error", "text", "Class of the error of a failed training, such as `NonFiniteLossError`."
           " Missing for finished ones.", nullable=True),
    Column("manifest_sha256", "text", "Hash of the exact training, validation and test images: the "
           "subset. `imbnas-bench show condition` lists them."),
    Column("recipe_sha256", "text", "Hash of the resolved recipe: epochs, optimiser, batch size, "
           "augmentation, width and depth."),
    Column("identity", "text", "Hash of all that decides the training's result; the name of its "
           "record. No two rows share one."),
)  # fmt: skip
NAMES = tuple(column.name for column in COLUMNS)
