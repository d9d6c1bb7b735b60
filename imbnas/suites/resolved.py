"""The resolved suite (``RUN/suite.json``): all that units and tables need, and no data."""

import operator
from typing import Annotated, Literal

from pydantic import Field

from imbnas.suites.fidelity import Fidelity
from imbnas.suites.schema import SuiteFile
from imbnas.units.bounds import Amount, ImageCount, Label, ReplicateNumber, Replicates
from imbnas.units.conditions import Condition, Protocol
from imbnas.units.frozen import FrozenModel, is_none
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import BaselineModel, Component, Computation, DataRef, Sha256, SpaceModel

Share = Annotated[float, Field(ge=0, le=1)]


class Member(FrozenModel):
    """One architecture of the population.

    Attributes:
        architecture: published string.
        unique_id: structure as papers count structures.
        functional_id: function as a graph; architectures that share it are resampled together.
        params: trainable parameters under the fidelity's network recipe.
        macs: multiply-accumulates of one image.
    """

    architecture: str
    unique_id: str
    functional_id: str
    params: Amount
    macs: Amount


class ConditionFacts(FrozenModel):
    """What tables need to know of a condition; indices are left to the data layer.

    Attributes:
        condition: as the suite names it, without a subset seed of its own.
        class_counts: training images of each class.
        groups: name (many, medium, few) → classes; ``None`` for a group without classes.
        replicates: the pinned data of each replicate.
        retrainings: the same for every replicate number that found architectures are trained on,
            where these are more than the replicates.
    """

    condition: Condition
    class_counts: tuple[ImageCount, ...]
    groups: dict[str, tuple[Label, ...] | None]
    replicates: tuple[DataRef, ...]
    retrainings: tuple[DataRef, ...] = Field(default=(), exclude_if=operator.not_)


class CommonImages(FrozenModel):
    """How many training images two conditions that a part compares have in common.

    A share is that of the smaller of two sets, 1 where one is part of the other; mean over pairs.

    Attributes:
        conditions: both, sorted; twice the same for a condition with itself.
        same: over replicates of equal number.
        different: over replicates of different numbers; ``None`` where there is a single one.
    """

    conditions: tuple[str, str]
    same: Share
    different: Share | None


class BaselineFacts(FrozenModel):
    """A baseline under the fidelity's resolution, with the recipe it is trained by.

    ``source`` says where its network comes from: ``timm``, or ``imbnas`` itself.
    """

    model: BaselineModel
    source: str
    recipe: Recipe
    params: Amount
    macs: Amount


class StrategyFacts(FrozenModel):
    """A strategy and what it declares.

    Attributes:
        component: identity of the strategy, options included.
        scores_on: whose training images calibrate and whose validation images score candidates.
        recipe: which of the fidelity's recipes it trains with.
        scheme: what it trains with in place of the target's; ``None`` for the target's.
    """

    component: Component
    scores_on: Literal["source", "target"]
    recipe: Literal["adaptation", "supernet"]
    scheme: str | None = Field(default=None, exclude_if=is_none)


class PluginFile(FrozenModel):
    """A plug-in that was loaded, kept as a copy inside the run directory."""

    name: str
    sha256: Sha256


class ResolvedSuite(Computation):
    """A suite at one fidelity with every name resolved, and how its networks are computed.

    ``strategies`` and ``rankers`` are by label: the name, with options where a part gives some;
    ``searchers`` holds the further ones by the label that the fidelity gives them.
    ``motivation`` holds the networks of each motivation part. Replicates are numbered from
    ``first_replicate``. ``common_images`` holds the pairs of conditions of transfer and baselines
    parts that share any; without one it is of an older suite, since every condition shares images
    with itself. ``test_labels`` holds the classes of the test images by digest of the dataset, see
    ``image_labels.pack``, where parts compare datasets.

    Expanding it to units and reading its records into tables needs neither data nor plug-ins.
    """

    schema_version: Literal[1] = 1
    suite: SuiteFile
    fidelity: str
    settings: Fidelity
    replicates: Replicates
    first_replicate: ReplicateNumber = Field(default=0, exclude_if=operator.not_)
    space_version: str
    population_rule: str
    population: tuple[Member, ...]
    conditions: dict[str, ConditionFacts]
    schemes: dict[str, SchemeSpec]
    strategies: dict[str, StrategyFacts]
    searcher: Component
    searchers: dict[str, Component] = Field(default_factory=dict, exclude_if=operator.not_)
    population_scorer: Component
    baselines: dict[str, BaselineFacts]
    rankers: dict[str, Component] = Field(default_factory=dict, exclude_if=operator.not_)
    motivation: dict[str, tuple[SpaceModel, ...]] = Field(
        default_factory=dict, exclude_if=operator.not_
    )
    common_images: tuple[CommonImages, ...] = Field(default=(), exclude_if=operator.not_)
    test_labels: dict[str, str] = Field(default_factory=dict, exclude_if=operator.not_)
    plugins: tuple[PluginFile, ...] = ()

    @property
    def replicate_numbers(self) -> range:
        """Numbers of the replicates."""
        return range(self.first_replicate, self.first_replicate + self.replicates)

    @property
    def protocol(self) -> Protocol:
        """Of all conditions: the fidelity's, else the suite's."""
        return self.settings.protocol or self.suite.protocol

    @property
    def title(self) -> str:
        """``SUITE@VERSION/FIDELITY``, the name of its tables."""
        return f"{self.suite.name}@{self.suite.version}/{self.fidelity}"
