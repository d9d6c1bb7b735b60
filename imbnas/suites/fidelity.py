"""How much is spent on a suite: recipes, population, searcher and replicates of a fidelity."""

import operator
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from imbnas.suites.choice import SearcherChoice
from imbnas.suites.trainings import distinct
from imbnas.units.bounds import (
    Amount,
    EpochNumber,
    ImageCount,
    Networks,
    Replicates,
    Seed,
)
from imbnas.units.conditions import Protocol
from imbnas.units.frozen import FrozenModel, is_none, is_one
from imbnas.units.largest import MOST_NETWORKS
from imbnas.units.recipes import PathSampling, Recipe


class PopulationRule(FrozenModel):
    """Which architectures the rank-transfer experiment trains.

    Attributes:
        rule: ``uniform`` draws distinct live functions; ``stratified`` draws one from each of
            ``size`` equally large slices ordered by MACs; ``iso-macs`` takes every
            architecture of exactly ``macs``, twins in function included; ``all`` takes one of
            each live function; ``listed``, which need not be said, those of ``architectures``.
        size: how many are drawn; for ``uniform`` and ``stratified``.
        seed: of the draw.
        macs: multiply-accumulates at the space's published width, depth and resolution.
        architectures: at least two, each once, in the order of tables.
    """

    rule: Literal["uniform", "stratified", "iso-macs", "all", "listed"] = "uniform"
    size: Annotated[Networks, Field(ge=2)] | None = None
    seed: Seed = 0
    macs: Annotated[Amount, Field(ge=1)] | None = None
    architectures: Annotated[
        tuple[str, ...],
        Field(max_length=MOST_NETWORKS, exclude_if=operator.not_),
        AfterValidator(distinct),
    ] = ()

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, content: Any) -> Any:
        """A list of architectures says by itself which rule it is."""
        if isinstance(content, dict) and "architectures" in content:
            return {"rule": "listed", **content}
        return content

    @model_validator(mode="after")
    def _complete(self) -> "PopulationRule":
        needed = {"iso-macs": "macs", "all": None, "listed": "architectures"}.get(self.rule, "size")
        for field in ("size", "macs", "architectures"):
            given = getattr(self, field) not in (None, ())
            if given != (field == needed):
                verb = "takes no" if given else "needs"
                raise ValueError(f"rule {self.rule!r} {verb} {field!r}")
        if len(self.architectures) == 1:
            raise ValueError("architectures: a ranking needs two; list another one")
        return self


class ReweightFrom(FrozenModel):
    """From which 0-based epoch deferred schemes weigh classes, by the recipe that trains.

    ``None`` leaves it to the scheme, whose switch is a fraction of any training (0.8 for
    ``cb-drw``). Schemes without a switch, and the switches of samplers, are left alone.

    Attributes:
        network: in trainings of stand-alone networks.
        supernet: in trainings by the supernet recipe.
        adaptation: in trainings by the adaptation recipe.
        motivation: in trainings of the networks of ``motivation`` parts.
    """

    network: EpochNumber | None = None
    supernet: EpochNumber | None = None
    adaptation: EpochNumber | None = None
    motivation: EpochNumber | None = None


class Fidelity(FrozenModel):
    """How much is spent on a suite; results of two fidelities never share a table.

    Attributes:
        parts: names of the suite's parts that belong to the fidelity; empty for all.
        replicates: repetitions of everything.
        retrainings: how often each found architecture is trained: that of replicate r on the
            replicate numbers from ``r * retrainings``, side by side where there are several.
        population: the architectures of the rank-transfer experiment.
        network: recipe of stand-alone networks, searched ones and baselines alike.
        supernet: recipe of source supernets.
        adaptation: recipe of a strategy's training on the target.
        searcher: how an adapted supernet is searched.
        searchers: label → another way to search it, for parts that name the label.
        calibration_images: training images that calibrate batch statistics of a sub-network
            before it is scored; 0 scores with the validation batch's own statistics.
        validation_images: at most so many validation images score a sub-network, as many of each
            class and always the same; ``None`` for all.
        stack: replicates of each of the population's networks that are trained side by side in one
            network, which on very small images takes half the time; 1 trains each alone.
        motivation: recipe of the networks of ``motivation`` parts.
        protocol: in place of the suite's.
        reweight_from: when deferred schemes weigh classes, in place of the schemes' own.
    """

    parts: tuple[str, ...] = Field(default=(), max_length=1000, exclude_if=operator.not_)
    replicates: Replicates = 3
    retrainings: Replicates = Field(default=1, exclude_if=is_one)
    population: PopulationRule
    network: Recipe
    supernet: Recipe | None = None
    adaptation: Recipe | None = None
    searcher: SearcherChoice = SearcherChoice()
    searchers: dict[str, SearcherChoice] = Field(default_factory=dict, exclude_if=operator.not_)
    calibration_images: ImageCount = 2048
    validation_images: Annotated[ImageCount, Field(ge=1)] | None = Field(
        default=None, exclude_if=is_none
    )
    stack: Replicates = Field(default=1, exclude_if=is_one)
    motivation: Recipe | None = Field(default=None, exclude_if=is_none)
    protocol: Protocol | None = Field(default=None, exclude_if=is_none)
    reweight_from: ReweightFrom | None = Field(default=None, exclude_if=is_none)

    @property
    def recipes(self) -> dict[str, Recipe]:
        """The recipes that there are, by the name of their field."""
        names = ("network", "supernet", "adaptation", "motivation")
        return {name: recipe for name in names if (recipe := getattr(self, name)) is not None}

    @property
    def path_samplings(self) -> dict[str, PathSampling]:
        """How paths are sampled, by the name of the recipe that trains supernets."""
        recipes = {"supernet": self.supernet, "adaptation": self.adaptation}
        return {name: recipe.path_sampling for name, recipe in recipes.items() if recipe}

    @model_validator(mode="after")
    def _consistent(self) -> "Fidelity":
        for fault in (
            *self._searcher_faults(),
            *self._recipe_faults(),
            *self._stack_faults(),
            *self._reweighting_faults(),
        ):
            raise ValueError(fault)
        return self

    def _searcher_faults(self) -> Iterator[str]:
        if self.searcher.name in self.searchers:
            yield (
                f"searchers.{self.searcher.name}: the fidelity's own searcher has this label; "
                "choose another one"
            )

    def _recipe_faults(self) -> Iterator[str]:
        for field in ("network", "motivation"):
            recipe = getattr(self, field)
            if recipe and recipe.path_sampling != "uniform":
                yield (
                    f"{field}.path_sampling: a stand-alone network has no paths; leave it out here "
                    "and set it in supernet or adaptation"
                )
        for field in ("supernet", "adaptation"):
            recipe = getattr(self, field)
            for option in ("curve_points", "best_epoch") if recipe else ():
                if getattr(recipe, option):
                    yield (
                        f"{field}.{option}: a supernet is not evaluated as it is trained; leave "
                        "it out here and set it in network"
                    )
        for field in ("width", "depth", "stem") if self.supernet and self.adaptation else ():
            first, second = getattr(self.supernet, field), getattr(self.adaptation, field)
            if first != second:
                yield (
                    f"supernet.{field} is {first} and adaptation.{field} {second}; "
                    "one supernet is trained and then adapted, give both the same"
                )

    def _stack_faults(self) -> Iterator[str]:
        if max(self.stack, self.retrainings) == 1:
            return
        if self.network.clip_norm is not None:
            yield (
                "network.clip_norm: the norm of a stack's gradients is not that of its networks; "
                "leave it, or stack and retrainings out"
            )
        if self.network.best_epoch:
            yield (
                "network.best_epoch: the networks of a stack end together; leave it, or stack and "
                "retrainings out"
            )

    def _reweighting_faults(self) -> Iterator[str]:
        for field, epoch in self.reweight_from or ():
            recipe = getattr(self, field)
            if epoch is not None and recipe is None:
                yield f"reweight_from.{field}: there is no recipe {field!r}; leave it out"
            elif epoch is not None and epoch >= recipe.epochs:
                yield (
                    f"reweight_from.{field}: epoch {epoch} does not come in {recipe.epochs} "
                    "epochs, which count from 0"
                )
