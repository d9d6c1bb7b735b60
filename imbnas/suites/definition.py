"""The content of a suite file."""

import operator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, field_validator, model_validator

from imbnas.suites.ranker_choice import RankerChoice
from imbnas.suites.strategy_choice import StrategyChoice, StrategyEntry
from imbnas.units.conditions import Protocol, parse_condition
from imbnas.units.frozen import FrozenModel, is_one
from imbnas.units.recipes import PathSampling, Recipe
from imbnas.units.work import baseline_label

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
PartKind = Literal["transfer", "adaptation", "baselines"]
Item = TypeVar("Item")


def _distinct(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Refuse repetitions: they would fill tables with rows that count as further tests."""
    for position, item in enumerate(items):
        if item in items[:position]:
            raise ValueError(f"{item} stands there twice; leave one out")
    return items


SomeDistinct = Annotated[tuple[Item, ...], Field(min_length=1), AfterValidator(_distinct)]


class Training(FrozenModel):
    """A condition and the scheme that networks are trained on it with."""

    condition: str
    scheme: str = "ce"

    @field_validator("condition")
    @classmethod
    def _parses(cls, text: str) -> str:
        return parse_condition(text).name

    def __str__(self) -> str:
        return f"{self.condition} with scheme {self.scheme}"


class TransferPart(FrozenModel):
    """Train a population on a reference condition and on targets; compare the rankings.

    Attributes:
        kind: tells the parts of a suite apart.
        reference: what rankings are compared with, usually balanced.
        targets: what else the population is trained on.
        rankers: what ranks the population without a supernet, for each of the trainings: registry
            names, or tables of a name and options.
    """

    kind: Literal["transfer"]
    reference: Training
    targets: SomeDistinct[Training]
    rankers: Annotated[tuple[RankerChoice, ...], AfterValidator(_distinct)] = Field(
        default=(), exclude_if=operator.not_
    )

    @model_validator(mode="after")
    def _differ(self) -> "TransferPart":
        if self.reference in self.targets:
            raise ValueError(f"{self.reference} is the reference and a target; leave one out")
        return self

    @property
    def trainings(self) -> tuple[Training, ...]:
        """The reference, then the targets."""
        return (self.reference, *self.targets)


class AdaptationPart(FrozenModel):
    """Train a supernet on a source, adapt it to a target, search it, retrain what was found.

    Attributes:
        kind: tells the parts of a suite apart.
        source: what the source supernet is trained on.
        target: what it is adapted to, and what found architectures are retrained on.
        strategies: registry names, or tables of a name and options.
        also_retrain: further trainings of found architectures, for comparison with baselines.
    """

    kind: Literal["adaptation"]
    source: Training
    target: Training
    strategies: SomeDistinct[StrategyEntry]
    also_retrain: Annotated[tuple[Training, ...], AfterValidator(_distinct)] = ()

    @property
    def choices(self) -> dict[str, StrategyChoice]:
        """Label → strategy with its options; labels stand in tables and in the resolved suite."""
        choices = (
            StrategyChoice(name=entry) if isinstance(entry, str) else entry
            for entry in self.strategies
        )
        return {choice.label: choice for choice in choices}


class BaselinesPart(FrozenModel):
    """Train timm models under the same recipe.

    Attributes:
        kind: tells the parts of a suite apart.
        models: baselines by name, files of baselines (``.toml``), or any models of timm.
        trainings: what each of them is trained on.
        pretrained: whether they start from pretrained weights instead of random ones. The weights
            are ``DATA_ROOT/pretrained/MODEL.safetensors`` where there is such a file, else those
            that timm publishes.
    """

    kind: Literal["baselines"]
    models: SomeDistinct[str]
    trainings: SomeDistinct[Training]
    pretrained: bool = Field(default=False, exclude_if=operator.not_)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names under which the models stand in the resolved suite and in tables."""
        return tuple(baseline_label(name, self.pretrained) for name in self.models)


Part = Annotated[TransferPart | AdaptationPart | BaselinesPart, Field(discriminator="kind")]


class Population(FrozenModel):
    """Which architectures the rank-transfer experiment trains.

    Attributes:
        rule: ``uniform`` draws distinct live functions; ``stratified`` draws one from each of
            ``size`` equally large slices ordered by MACs; ``iso-macs`` takes every
            architecture of exactly ``macs``, twins in function included.
        size: how many are drawn; not for ``iso-macs``.
        seed: of the draw.
        macs: multiply-accumulates at the space's published width, depth and resolution.
    """

    rule: Literal["uniform", "stratified", "iso-macs"] = "uniform"
    size: Annotated[int, Field(ge=2)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    macs: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Population":
        wanted, other = ("macs", "size") if self.rule == "iso-macs" else ("size", "macs")
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"rule {self.rule!r} needs {wanted!r} and takes no {other!r}")
        return self


class Searcher(FrozenModel):
    """A searcher and its options."""

    name: str = "evolution"
    options: dict[str, Any] = Field(default_factory=dict)


class Fidelity(FrozenModel):
    """How much is spent on a suite; results of two fidelities never share a table.

    Attributes:
        replicates: repetitions of everything.
        population: the architectures of the rank-transfer experiment.
        network: recipe of stand-alone networks, searched ones and baselines alike.
        supernet: recipe of source supernets.
        adaptation: recipe of a strategy's training on the target.
        searcher: how an adapted supernet is searched.
        calibration_images: training images that calibrate batch statistics of a sub-network
            before it is scored; 0 scores with the validation batch's own statistics.
        stack: replicates of each of the population's networks that are trained side by side in one
            network, which on very small images takes half the time; 1 trains each alone.
    """

    replicates: Annotated[int, Field(ge=1)] = 3
    population: Population
    network: Recipe
    supernet: Recipe | None = None
    adaptation: Recipe | None = None
    searcher: Searcher = Searcher()
    calibration_images: Annotated[int, Field(ge=0)] = 2048
    stack: Annotated[int, Field(ge=1)] = Field(default=1, exclude_if=is_one)

    @property
    def path_samplings(self) -> dict[str, PathSampling]:
        """How paths are sampled, by the name of the recipe that trains supernets."""
        recipes = {"supernet": self.supernet, "adaptation": self.adaptation}
        return {name: recipe.path_sampling for name, recipe in recipes.items() if recipe}

    @model_validator(mode="after")
    def _stand_alone(self) -> "Fidelity":
        if self.network.path_sampling != "uniform":
            raise ValueError(
                "network.path_sampling: a stand-alone network has no paths; leave it out here and "
                "set it in supernet or adaptation"
            )
        if self.stack > 1 and self.network.clip_norm is not None:
            raise ValueError(
                "network.clip_norm: the norm of a stack's gradients is not that of its networks; "
                "leave it or stack out"
            )
        return self

    @model_validator(mode="after")
    def _one_supernet(self) -> "Fidelity":
        if self.supernet is not None and self.adaptation is not None:
            for field in ("width", "depth"):
                first, second = getattr(self.supernet, field), getattr(self.adaptation, field)
                if first != second:
                    raise ValueError(
                        f"supernet.{field} is {first} and adaptation.{field} {second}; "
                        "one supernet is trained and then adapted, give both the same"
                    )
        return self


class SuiteFile(FrozenModel):
    """A suite as written.

    Attributes:
        name: of the suite.
        version: changes whenever results of the suite would change meaning.
        summary: one line.
        default_fidelity: used where the user names none.
        protocol: of all its conditions.
        space: registry name of the search space.
        parts: the named experiments.
        fidelities: by name.
    """

    name: Name
    version: Name
    summary: str
    default_fidelity: str
    protocol: Protocol = "strict"
    space: str
    parts: Annotated[dict[Name, Part], Field(min_length=1)]
    fidelities: Annotated[dict[Name, Fidelity], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "SuiteFile":
        if self.default_fidelity not in self.fidelities:
            raise ValueError(
                f"default_fidelity {self.default_fidelity!r} is not one of "
                f"{', '.join(sorted(self.fidelities))}"
            )
        if any(part.kind == "adaptation" for part in self.parts.values()):
            for name, fidelity in self.fidelities.items():
                if fidelity.supernet is None or fidelity.adaptation is None:
                    raise ValueError(
                        f"fidelity {name!r} needs recipes 'supernet' and 'adaptation' "
                        "because the suite has an adaptation part"
                    )
        return self
