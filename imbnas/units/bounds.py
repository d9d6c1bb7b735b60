"""Types of whole numbers that users and files give, each with its largest value.

A field of a stored model takes one of these, so that none goes without a bound
(``tests/units/test_bounds.py``).
"""

from typing import Annotated

from pydantic import Field

from imbnas.units.largest import (
    LARGEST_AMOUNT,
    LARGEST_BATCH,
    LARGEST_DEPTH,
    LARGEST_REPLICATE_NUMBER,
    LARGEST_SEED,
    LARGEST_SIDE,
    LARGEST_STEM,
    LARGEST_WIDTH,
    MOST_CLASSES,
    MOST_EPOCHS,
    MOST_EVALUATIONS,
    MOST_IMAGES,
    MOST_NETWORKS,
    MOST_REPLICATES,
    MOST_STEPS,
)

Epochs = Annotated[int, Field(ge=1, le=MOST_EPOCHS)]
"""Of a training. Self-supervised networks train for 1,600 (He et al. 2022)."""

EpochNumber = Annotated[int, Field(ge=0, le=MOST_EPOCHS)]
"""0-based."""

Steps = Annotated[int, Field(ge=1, le=MOST_STEPS)]
"""Optimizer steps in an epoch. A pass over 14 million images (ImageNet-21k), two by two."""

BatchSize = Annotated[int, Field(ge=1, le=LARGEST_BATCH)]
"""Images. The largest published batches have some 65,000 (You et al. 2020)."""

Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
"""Of an image in pixels; of large ones, classifiers see less than 1,000."""

Pixels = Annotated[int, Field(ge=0, le=LARGEST_SIDE)]
"""A part of a side in pixels, or none."""

Width = Annotated[int, Field(ge=1, le=LARGEST_WIDTH)]
"""Channels of the first stage: 16 for NATS-Bench, 36 for DARTS on CIFAR."""

Depth = Annotated[int, Field(ge=1, le=LARGEST_DEPTH)]
"""Cells in a stage: 5 for NATS-Bench; residual networks were trained with 200 blocks."""

StemSide = Annotated[int, Field(ge=1, le=LARGEST_STEM)]
"""Of a stem's kernel in pixels, and its stride; the largest published patches have 32."""

Replicates = Annotated[int, Field(ge=1, le=MOST_REPLICATES)]
"""Repetitions. Tables have 3 to 10; a study of variance had 200 (Bouthillier et al. 2021)."""

ReplicateNumber = Annotated[int, Field(ge=0, le=LARGEST_REPLICATE_NUMBER)]
"""Which of the repetitions."""

Networks = Annotated[int, Field(ge=1, le=MOST_NETWORKS)]
"""Architectures that are trained or scored; NATS-Bench has 15,625 and 32,768 in all."""

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
"""Of a draw: up to eighteen digits, as in the names of conditions."""

ImageCount = Annotated[int, Field(ge=0, le=MOST_IMAGES)]
"""Images of a split; ImageNet-21k has 14 million, JFT 300 million."""

Amount = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT)]
"""Parameters or multiply-accumulates of one network; int64 holds it, and sums of nine."""

CurvePoints = Annotated[int, Field(ge=0, le=100)]
"""Halvings of a training; seventeen leave less than an epoch of the longest."""

Label = Annotated[int, Field(ge=0, le=MOST_CLASSES - 1)]
"""Of a class; ImageNet-21k has 21,841."""
Evaluations = Annotated[int, Field(ge=0, le=MOST_EVALUATIONS)]
"""Architectures that a search scores; published ones score a thousand."""
