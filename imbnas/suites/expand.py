"""Expands a resolved suite to its units: a pure function, no data, no torch."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import (
    AdaptationPart,
    BaselinesPart,
    MotivationPart,
    Training,
    TransferPart,
)
from imbnas.units.frozen import canonical_json
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import (
    AdaptUnit,
    BaselineModel,
    DataRef,
    Model,
    RankUnit,
    SearchUnit,
    SpaceModel,
    SupernetUnit,
    TrainUnit,
    Unit,
)

RecipeName = Literal["network", "supernet", "adaptation", "motivation"]


@dataclass(frozen=True)
class Chain:
    """One replicate of one strategy and searcher: from the source supernet to what was found.

    Attributes:
        strategy: label of the strategy.
        searcher: label of the searcher; that of the fidelity's own is its name.
        replicate: which one, from 0.
        supernet: training of the source supernet.
        adapt: adaptation to the target.
        search: the search for the best architecture.
        population_scores: the same adapted supernet's scores of the suite's population.
    """

    strategy: str
    searcher: str
    replicate: int
    supernet: SupernetUnit
    adapt: AdaptUnit
    search: SearchUnit
    population_scores: SearchUnit

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units that are known before the search has ended."""
        return (self.supernet, self.adapt, self.search, self.population_scores)


@dataclass(frozen=True)
class Expansion:
    """Every unit of a resolved suite, by part."""

    resolved: ResolvedSuite

    def _common(self, replicate: int) -> dict[str, object]:
        resolved = self.resolved
        return {
            "device_type": resolved.device_type,
            "precision": resolved.precision,
            "reproducible": resolved.reproducible,
            "replicate": resolved.replicate_numbers[replicate],
        }

    def _of_space(self, replicate: int) -> dict[str, object]:
        """What units of the whole space have in common."""
        resolved = self.resolved
        return {
            "space": resolved.suite.space,
            "version": resolved.space_version,
            **self._common(replicate),
        }

    def data(self, condition: str, replicate: int) -> DataRef:
        """The pinned data of a condition for one replicate, counted from 0."""
        return self.resolved.conditions[condition].replicates[replicate]

    def train(
        self,
        model: Model,
        training: Training,
        replicate: int,
        stack: int = 1,
        recipe: Literal["network", "motivation"] = "network",
    ) -> TrainUnit:
        """The unit that trains one model from scratch.

        Args:
            model: an architecture or a baseline; a baseline may have a recipe of its own.
            training: condition and scheme.
            replicate: which one, from 0.
            stack: so many replicates are trained side by side.
            recipe: of the fidelity.
        """
        data, number = (
            self.data(training.condition, replicate),
            self.resolved.replicate_numbers[replicate],
        )
        return self._train(model, training, (number, data), stack, recipe)

    def _train(
        self,
        model: Model,
        training: Training,
        images: tuple[int, DataRef],
        stack: int,
        recipe: Literal["network", "motivation"],
    ) -> TrainUnit:
        """As ``train``, for a replicate number and its data."""
        used = getattr(self.resolved.settings, recipe)
        scheme = self._scheme(training.scheme, recipe)
        if isinstance(model, BaselineModel):
            own = self.resolved.baselines[model.label].recipe
            if own.epochs != used.epochs:
                # A training of another length keeps the switch that the scheme has.
                scheme = self.resolved.schemes[training.scheme]
            used = own
        return TrainUnit(
            model=model,
            data=images[1],
            scheme=scheme,
            recipe=used,
            stack=stack,
            compiled=self.resolved.compiled,
            cuda_graphs=self.resolved.cuda_graphs,
            device_type=self.resolved.device_type,
            precision=self.resolved.precision,
            reproducible=self.resolved.reproducible,
            replicate=images[0],
        )

    def _scheme(self, name: str, recipe: RecipeName) -> SchemeSpec:
        """A scheme that weighs classes from the epoch that the fidelity sets for a recipe."""
        scheme, settings = self.resolved.schemes[name], self.resolved.settings
        epoch = getattr(settings.reweight_from, recipe, None)
        deferred = (scheme.deferred_from, scheme.deferred_from_epoch) != (None, None)
        if epoch is None or not deferred:
            return scheme
        return scheme.model_copy(update={"deferred_from": None, "deferred_from_epoch": epoch})

    def architecture(self, architecture: str) -> SpaceModel:
        """An architecture of the suite's space as a model."""
        return SpaceModel(
            space=self.resolved.suite.space,
            version=self.resolved.space_version,
            architecture=architecture,
        )

    def population(self, training: Training, replicate: int) -> tuple[TrainUnit, ...]:
        """The trainings of the whole population, in the population's order."""
        identities = self.population_identities(training, replicate)
        first = self._first(training, replicate) if identities else None
        return tuple(map(first.with_model, self._models, identities)) if first else ()

    def population_identities(self, training: Training, replicate: int) -> list[str]:
        """Identities of ``population``, without its units.

        The text that is hashed is put together instead of serialised for each of them, which takes
        a fiftieth of the time: they differ in the model alone.
        """
        if not self._models:
            return []
        first = canonical_json(self._first(training, replicate))
        before, after = first.split(f'"model":{self._model_texts[0]}')
        return [
            hashlib.sha256(f'{before}"model":{model}{after}'.encode()).hexdigest()
            for model in self._model_texts
        ]

    def _first(self, training: Training, replicate: int) -> TrainUnit:
        """The training of the population's first architecture."""
        return self.train(self._models[0], training, replicate, self.resolved.settings.stack)

    @cached_property
    def _models(self) -> tuple[SpaceModel, ...]:
        return tuple(self.architecture(m.architecture) for m in self.resolved.population)

    @cached_property
    def _model_texts(self) -> list[str]:
        """Canonical JSON of the population's models."""
        return [canonical_json(model) for model in self._models]

    def chains(self, part: AdaptationPart) -> tuple[Chain, ...]:
        """Every strategy, searcher and replicate of an adaptation part."""
        return tuple(
            self.chain(part, strategy, replicate, searcher)
            for replicate in range(self.resolved.replicates)
            for strategy in part.choices
            for searcher in self.searchers(part)
        )

    def searchers(self, part: AdaptationPart) -> tuple[str, ...]:
        """Labels of a part's searchers, the fidelity's own first."""
        return (self.resolved.searcher.name, *part.searchers)

    def chain(
        self, part: AdaptationPart, strategy: str, replicate: int, searcher: str | None = None
    ) -> Chain:
        """All units of one replicate of one strategy.

        Args:
            part: has a single route.
            strategy: its label.
            replicate: which one, from 0.
            searcher: its label; ``None`` for the fidelity's own.
        """
        resolved, settings = self.resolved, self.resolved.settings
        common = self._of_space(replicate)
        source = self.data(part.source.condition, replicate)
        target = self.data(part.target.condition, replicate)
        facts = resolved.strategies[strategy]
        supernet = SupernetUnit(
            data=source,
            scheme=self._scheme(part.source.scheme, "supernet"),
            recipe=settings.supernet,
            **common,
        )
        adapt = AdaptUnit(
            strategy=facts.component,
            supernet=supernet.identity,
            source=source,
            target=target,
            scheme=self._scheme(facts.scheme or part.target.scheme, facts.recipe),
            recipe=settings.supernet if facts.recipe == "supernet" else settings.adaptation,
            **common,
        )
        scored = {
            "adapted": adapt.identity,
            "scored_on": source if facts.scores_on == "source" else target,
            "recipe": settings.supernet,
            "calibration_images": settings.calibration_images,
            "validation_images": settings.validation_images,
            **common,
        }
        label = searcher or resolved.searcher.name
        searching = resolved.searchers.get(label, resolved.searcher)
        return Chain(
            strategy=strategy,
            searcher=label,
            replicate=replicate,
            supernet=supernet,
            adapt=adapt,
            search=SearchUnit(searcher=searching, **scored),
            population_scores=SearchUnit(searcher=resolved.population_scorer, **scored),
        )

    def retrainings(self, part: AdaptationPart, chain: Chain) -> tuple["Retraining", ...]:
        """What follows once the chain's search has found an architecture."""
        return tuple(
            Retraining(chain, training, place)
            for training in part.retrained_on
            for place in range(self.resolved.settings.retrainings)
        )

    def retrain(self, retraining: "Retraining", found: str) -> TrainUnit:
        """The unit that trains a found architecture from scratch."""
        each, condition = self.resolved.settings.retrainings, retraining.training.condition
        place = retraining.chain.replicate * each + retraining.place
        facts = self.resolved.conditions[condition]
        data = (facts.retrainings or facts.replicates)[place]
        number = self.resolved.first_replicate * each + place
        model, training = self.architecture(found), retraining.training
        return self._train(model, training, (number, data), each, "network")

    def baselines(self, part: BaselinesPart) -> tuple[TrainUnit, ...]:
        """The trainings of every baseline."""
        return tuple(
            self.train(self.resolved.baselines[name].model, training, replicate)
            for name in part.labels
            for training in part.trainings
            for replicate in range(self.resolved.replicates)
        )

    def motivation(self, name: str, part: MotivationPart) -> tuple[TrainUnit, ...]:
        """The trainings of every network of a motivation part."""
        return tuple(
            self.train(model, training, replicate, recipe="motivation")
            for model in self.resolved.motivation[name]
            for training in part.trainings
            for replicate in range(self.resolved.replicates)
        )

    def transfer(self, part: TransferPart) -> tuple[TrainUnit, ...]:
        """The trainings of the population, replicate by replicate."""
        return tuple(
            unit
            for replicate in range(self.resolved.replicates)
            for training in part.trainings
            for unit in self.population(training, replicate)
        )

    def ranking(self, ranker: str, training: Training, replicate: int) -> RankUnit:
        """The unit that ranks the population by one ranker, named by its label."""
        resolved = self.resolved
        return RankUnit(
            ranker=resolved.rankers[ranker],
            architectures=tuple(member.architecture for member in resolved.population),
            data=self.data(training.condition, replicate),
            scheme=self._scheme(training.scheme, "network"),
            recipe=resolved.settings.network.unvalidated,
            **self._of_space(replicate),
        )

    def rankings(self, part: TransferPart) -> tuple[RankUnit, ...]:
        """The rankings of the population by every ranker of a part, for each of its trainings."""
        return tuple(
            self.ranking(ranker.label, training, replicate)
            for replicate in range(self.resolved.replicates)
            for training in part.trainings
            for ranker in part.rankers
        )

    def plan(self, parts: Iterable[str] | None = None) -> "Plan":
        """What is to be done for the named parts, or for all."""
        names = tuple(self.resolved.suite.parts) if parts is None else tuple(parts)
        chosen = {name: self.resolved.suite.parts[name] for name in names}
        chains = [
            (route, chain)
            for name, route in self.resolved.suite.routes
            if name in chosen
            for chain in self.chains(route)
        ]
        units: list[Unit] = [unit for _, chain in chains for unit in chain.units]
        for name, part in chosen.items():
            if isinstance(part, BaselinesPart):
                units += self.baselines(part)
            if isinstance(part, MotivationPart):
                units += self.motivation(name, part)
        for part in chosen.values():
            if isinstance(part, TransferPart):
                units += (*self.rankings(part), *self.transfer(part))
        unique = {unit.identity: unit for unit in units}
        retrainings = tuple(
            each for route, chain in chains for each in self.retrainings(route, chain)
        )
        return Plan(self, tuple(unique.values()), retrainings)


@dataclass(frozen=True)
class Retraining:
    """A training of the architecture that a chain's search will find.

    Attributes:
        chain: whose search finds it.
        training: condition and scheme.
        place: which of the trainings of the same architecture, from 0.
    """

    chain: Chain
    training: Training
    place: int = 0

    @property
    def waits_for(self) -> str:
        """Identity of the search."""
        return self.chain.search.identity


@dataclass(frozen=True)
class Plan:
    """Units known from the start, and trainings that wait for a search to name a network.

    Attributes:
        expansion: where the units come from.
        units: each once, supernets first, so that the longest chains start first.
        retrainings: known once the searches they wait for have ended.
    """

    expansion: Expansion
    units: tuple[Unit, ...]
    retrainings: tuple[Retraining, ...]

    def found_units(self, found: Mapping[str, str]) -> tuple[TrainUnit, ...]:
        """The trainings that follow from finished searches.

        Args:
            found: identity of a finished search → best architecture.
        """
        return tuple(
            self.expansion.retrain(retraining, found[retraining.waits_for])
            for retraining in self.retrainings
            if retraining.waits_for in found
        )
