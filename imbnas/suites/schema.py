"""The content of a suite file."""

import operator
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from imbnas.suites.choice import RankerChoice, StrategyChoice, StrategyEntry, choice_of
from imbnas.suites.claims import Claim
from imbnas.suites.extension import extended
from imbnas.suites.fidelity import Fidelity
from imbnas.suites.trainings import MOST_ENTRIES, Distinct, SomeDistinct, distinct
from imbnas.suites.trainings import Training as Training
from imbnas.units.bounds import Networks, Seed
from imbnas.units.conditions import Protocol
from imbnas.units.frozen import FrozenModel, is_false
from imbnas.units.largest import MOST_NETWORKS
from imbnas.units.unit import baseline_label

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
PartKind = Literal["transfer", "adaptation", "baselines", "motivation"]

MOST_TABLES = 100
"""Parts, fidelities or claims of a suite."""

_RECIPES_OF_KINDS = (
    ("adaptation", "supernet"), ("adaptation", "adaptation"), ("motivation", "motivation"),
)  # fmt: skip


class TransferPart(FrozenModel):
    """Train a population on a reference condition and on targets; compare the rankings.

    Attributes:
        kind: of part.
        reference: what rankings are compared with, usually balanced.
        targets: what else the population is trained on.
        rankers: what ranks the population without a supernet, for each of the trainings: registry
            names, or tables of a name and options.
    """

    kind: Literal["transfer"]
    reference: Training
    targets: SomeDistinct[Training]
    rankers: Distinct[RankerChoice] = Field(default=(), exclude_if=operator.not_)

    @model_validator(mode="after")
    def _differ(self) -> "TransferPart":
        if self.reference in self.targets:
            raise ValueError(f"{self.reference} is the reference and a target; leave one out")
        return self

    @property
    def trainings(self) -> tuple[Training, ...]:
        """The reference, then the targets."""
        return (self.reference, *self.targets)


class Route(FrozenModel):
    """From where to where supernets are adapted.

    Attributes:
        source: what the source supernet is trained on.
        target: what it is adapted to, and what found architectures are retrained on.
    """

    source: Training
    target: Training

    def __str__(self) -> str:
        return f"{self.source.condition} -> {self.target.condition}"


class AdaptationPart(FrozenModel):
    """Train a supernet on a source, adapt it to a target, search it, retrain what was found.

    Attributes:
        kind: of part.
        source: what the source supernet is trained on.
        target: what it is adapted to, and what found architectures are retrained on.
        further: more pairs of a source and a target for the same strategies.
        strategies: registry names, or tables of a name and options.
        searchers: labels of the fidelities' further searchers; every strategy's supernet is
            searched by each of them, too.
        also_retrain: further trainings of found architectures, for comparison with baselines.
        shared_images: whether a source may train or validate on images of its target.
    """

    kind: Literal["adaptation"]
    source: Training
    target: Training
    further: tuple[Route, ...] = Field(
        default=(), max_length=MOST_ENTRIES, exclude_if=operator.not_
    )
    strategies: SomeDistinct[StrategyEntry]
    searchers: Distinct[str] = Field(default=(), exclude_if=operator.not_)
    also_retrain: Distinct[Training] = ()
    shared_images: bool = Field(default=False, exclude_if=is_false)

    @model_validator(mode="after")
    def _tell_routes_apart(self) -> "AdaptationPart":
        # Tables name a route by its conditions.
        distinct(self.route_names)
        return self

    @property
    def _pairs(self) -> tuple[Route, ...]:
        return (Route(source=self.source, target=self.target), *self.further)

    @property
    def route_names(self) -> tuple[str, ...]:
        """``SOURCE -> TARGET`` of each route, in the order of ``routes``."""
        return tuple(map(str, self._pairs))

    @property
    def trainings(self) -> tuple[Training, ...]:
        """Sources and targets of all routes, then what else found architectures are trained on."""
        ends = (end for pair in self._pairs for end in (pair.source, pair.target))
        return (*ends, *self.also_retrain)

    @property
    def retrained_on(self) -> tuple[Training, ...]:
        """What found architectures are trained on, for a part of one route."""
        return (self.target, *self.also_retrain)

    def routes(self, name: str) -> "dict[str, AdaptationPart]":
        """The part as one part for each source and target.

        Args:
            name: of the part.

        Returns:
            Parts by the name that tables give them: the part's own, with the pair of conditions
            where there are several.
        """
        if not self.further:
            return {name: self}
        return {
            f"{name} {pair}": self.model_copy(
                update={"source": pair.source, "target": pair.target, "further": ()}
            )
            for pair in self._pairs
        }

    @property
    def choices(self) -> dict[str, StrategyChoice]:
        """Label → strategy with its options; labels stand in tables and in the resolved suite."""
        choices = map(choice_of, self.strategies)
        return {choice.label: choice for choice in choices}


class BaselinesPart(FrozenModel):
    """Train timm models under the same recipe.

    Attributes:
        kind: of part.
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


class MotivationPart(FrozenModel):
    """Train a few networks of any space alone, by the fidelity's recipe ``motivation``.

    Attributes:
        kind: of part.
        space: registry name; it need not be the suite's.
        architectures: what is trained; empty for a draw.
        size: how many distinct functions are drawn where none are named.
        seed: of the draw.
        trainings: what each of them is trained on.
    """

    kind: Literal["motivation"]
    space: str
    architectures: Annotated[
        tuple[str, ...], Field(max_length=MOST_NETWORKS), AfterValidator(distinct)
    ] = ()
    size: Networks | None = None
    seed: Seed = 0
    trainings: SomeDistinct[Training]

    @model_validator(mode="after")
    def _named_or_drawn(self) -> "MotivationPart":
        if bool(self.architectures) == (self.size is not None):
            raise ValueError("give either architectures, or the size of a draw")
        return self


Part = Annotated[
    TransferPart | AdaptationPart | BaselinesPart | MotivationPart, Field(discriminator="kind")
]


class SuiteFile(FrozenModel):
    """A suite as written.

    Attributes:
        name: of the suite.
        version: changes whenever results of the suite would change meaning.
        summary: one line.
        default_fidelity: used where the user names none.
        protocol: of all its conditions, unless a fidelity has another.
        space: registry name of the search space.
        parts: the named experiments.
        fidelities: by name.
        claims: published statements that the tables answer, by name.
    """

    name: Name
    version: Name
    summary: str
    default_fidelity: str
    protocol: Protocol = "strict"
    space: str
    parts: Annotated[dict[Name, Part], Field(min_length=1, max_length=MOST_TABLES)]
    fidelities: Annotated[dict[Name, Fidelity], Field(min_length=1, max_length=MOST_TABLES)]
    claims: dict[Name, Claim] = Field(
        default_factory=dict, max_length=MOST_TABLES, exclude_if=operator.not_
    )

    def at(self, fidelity: str) -> "SuiteFile":
        """The suite with the parts that belong to one of its fidelities, and no others.

        Claims that rest on other parts are left out, too, and fidelities that have such parts.
        """
        names = self.fidelities[fidelity].parts or tuple(self.parts)
        parts = {name: part for name, part in self.parts.items() if name in names}
        others = self.parts.keys() - parts.keys()
        claims = {name: claim for name, claim in self.claims.items() if claim.part not in others}
        fidelities = {
            name: other for name, other in self.fidelities.items() if not others & {*other.parts}
        }
        return self.model_copy(update={"parts": parts, "claims": claims, "fidelities": fidelities})

    @property
    def routes(self) -> tuple[tuple[str, AdaptationPart], ...]:
        """Name of a part and one of its routes, for every route of every adaptation part."""
        return tuple(
            (name, route)
            for name, part in self.parts.items()
            if isinstance(part, AdaptationPart)
            for route in part.routes(name).values()
        )

    @model_validator(mode="before")
    @classmethod
    def _extended(cls, content: Any) -> Any:
        """Fill in what fidelities take over from those that they extend."""
        tables = content.get("fidelities") if isinstance(content, dict) else None
        # Very many are refused by their number, before chains of them are followed.
        if isinstance(tables, dict) and len(tables) <= MOST_TABLES:
            return content | {"fidelities": extended(tables)}
        return content

    @model_validator(mode="after")
    def _consistent(self) -> "SuiteFile":
        if self.default_fidelity not in self.fidelities:
            raise ValueError(
                f"default_fidelity {self.default_fidelity!r} is not one of "
                f"{', '.join(sorted(self.fidelities))}"
            )
        for name in self.fidelities:
            for fault in self._faults(name):
                raise ValueError(fault)
        return self

    def _faults(self, name: str) -> Iterator[str]:
        """What of the parts of a fidelity does not go with it."""
        fidelity = self.fidelities[name]
        for part in fidelity.parts:
            if part not in self.parts:
                yield (
                    f"fidelity {name!r}: parts: the suite has no part {part!r}; "
                    f"it has {', '.join(self.parts)}"
                )
        parts = self.at(name).parts
        kinds = {part.kind for part in parts.values()}
        for kind, recipe in _RECIPES_OF_KINDS:
            if kind in kinds and getattr(fidelity, recipe) is None:
                yield (
                    f"fidelity {name!r} needs a recipe {recipe!r} because the suite has a "
                    f"part of kind {kind!r}"
                )
        for where, adaptation in self.at(name).routes:
            for label in adaptation.searchers:
                if label not in fidelity.searchers:
                    yield (
                        f"fidelity {name!r}: part {where!r} names searcher {label!r}; give it "
                        f"as fidelities.{name}.searchers.{label}, or leave the part out"
                    )
