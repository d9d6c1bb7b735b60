"""Resolves a suite: every name is looked up and pinned before anything is computed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from imbnas.baselines import counts as count_baseline
from imbnas.baselines.spec import ImageShape
from imbnas.data.dataset import load_dataset
from imbnas.data.resolving import resolve
from imbnas.errors import InputError
from imbnas.rankers.ranker import RANKERS, build_ranker
from imbnas.registry import Registry
from imbnas.schemes import resolve_scheme
from imbnas.search.searcher import SEARCHERS, build_searcher
from imbnas.spaces import SPACES, NetworkShape, get_space
from imbnas.spaces.population import Population, iso_macs, stratified_by_macs, uniform
from imbnas.spaces.stacks import check_stack
from imbnas.suites.baselines import image_shape, name_baseline
from imbnas.suites.fidelity import Fidelity
from imbnas.suites.resolved import (
    BaselineFacts,
    ConditionFacts,
    Member,
    PluginFile,
    ResolvedSuite,
)
from imbnas.suites.schema import (
    AdaptationPart,
    BaselinesPart,
    MotivationPart,
    SuiteFile,
    Training,
    TransferPart,
)
from imbnas.suites.strategies import ReadStrategy, read_strategy
from imbnas.supernet.path_sampling import check_sampling
from imbnas.supernet.registry import SUPERNETS
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import Component, DataRef, DeviceType, Precision, SpaceModel

if TYPE_CHECKING:
    from imbnas.data.dataset import Dataset
    from imbnas.data.locations import DataLocations
    from imbnas.data.manifests import Manifest


@dataclass(frozen=True)
class Resolver:
    """Resolves one suite at one fidelity.

    Attributes:
        suite: as read.
        fidelity: name of the fidelity.
        locations: where data lies.
        replicates: overrides the fidelity's number; ``None`` keeps it.
        device_type: where networks will run.
        precision: of forward passes.
        compiled: whether trainings of single networks and stacks go through ``torch.compile``.
        plugins: plug-in files already loaded.
        pins: manifests that take the place of what their conditions would resolve to.
    """

    suite: SuiteFile
    fidelity: str
    locations: "DataLocations"
    replicates: int | None = None
    device_type: DeviceType = "cpu"
    precision: Precision = "float32"
    compiled: bool = False
    plugins: tuple[PluginFile, ...] = ()
    pins: tuple["Manifest", ...] = ()

    def resolve(self) -> ResolvedSuite:
        """Look every name up.

        Raises:
            InputError: a name is unknown, data is missing, or parts cannot work together.
        """
        self._check_adaptations()
        drawn = self._draw()
        population = self._members(drawn)
        return ResolvedSuite(
            suite=self.suite,
            fidelity=self.fidelity,
            settings=self._settings,
            replicates=self._replicates,
            device_type=self.device_type,
            precision=self.precision,
            compiled=self.compiled,
            space_version=SPACES.entry(self.suite.space).version,
            population_rule=drawn.rule,
            population=population,
            conditions={name: self._condition(name) for name in self._condition_names()},
            schemes=self._schemes,
            strategies={label: self._strategies[label].facts() for label in self._strategies},
            searcher=self._searcher(self._settings.searcher.name, self._settings.searcher.options),
            population_scorer=self._searcher(
                "exhaustive", {"architectures": tuple(m.architecture for m in population)}
            ),
            baselines=self._baselines(),
            rankers=self._rankers(),
            motivation=self._motivation(),
            plugins=self.plugins,
        )

    @property
    def _settings(self) -> Fidelity:
        return self.suite.fidelities[self.fidelity]

    @property
    def _replicates(self) -> int:
        return self._settings.replicates if self.replicates is None else self.replicates

    def _trainings(self) -> Iterable[Training]:
        for part in self.suite.parts.values():
            match part:
                case TransferPart():
                    yield from part.trainings
                case AdaptationPart():
                    for route in part.routes("").values():
                        yield route.source
                        yield route.target
                    yield from part.also_retrain
                case BaselinesPart() | MotivationPart():
                    yield from part.trainings

    def _check_adaptations(self) -> None:
        """Refuse adaptation parts that would fail only after the first units are done."""
        space = get_space(self.suite.space)  # an unknown space is told as such
        try:
            check_stack(space, self._settings.stack)
        except InputError as error:
            place = f"suite {self.suite.name!r}: fidelities.{self.fidelity}.stack"
            raise InputError(f"{place}: {error}") from None
        for recipe, sampling in self._settings.path_samplings.items():
            try:
                check_sampling(space, sampling)
            except InputError as error:
                place = f"suite {self.suite.name!r}: fidelities.{self.fidelity}.{recipe}"
                raise InputError(f"{place}: {error}") from None
        for name, part in self._adaptations():
            place = f"suite {self.suite.name!r}: parts.{name}"
            if self.suite.space not in SUPERNETS:
                raise InputError(
                    f"{place}: space {self.suite.space!r} has no supernet to adapt; leave the part "
                    f"out or take a space with one: {', '.join(SUPERNETS.names())}"
                )
            source, target = (self._dataset(t.condition) for t in (part.source, part.target))
            if source.channels != target.channels:
                raise InputError(
                    f"{place}: images of {source.name!r} have {source.channels} channels, those of "
                    f"{target.name!r} {target.channels}; source and target must agree"
                )
            self._check_validation(source, target)
            self._check_strategies(place, part)

    def _check_validation(self, *datasets: "Dataset") -> None:
        limit = self._settings.validation_images
        for dataset in datasets:
            if limit is not None and limit < dataset.num_classes:
                raise InputError(
                    f"suite {self.suite.name!r}: fidelities.{self.fidelity}.validation_images: "
                    f"{limit} are fewer than the {dataset.num_classes} classes of "
                    f"{dataset.name!r}; give at least one image of each"
                )

    def _adaptations(self) -> Iterable[tuple[str, AdaptationPart]]:
        """Name and content of every adaptation part, once for each of its routes."""
        for name, part in self.suite.parts.items():
            if isinstance(part, AdaptationPart):
                for route in part.routes(name).values():
                    yield name, route

    def _check_strategies(self, place: str, part: AdaptationPart) -> None:
        recipes = {"adaptation": self._settings.adaptation, "supernet": self._settings.supernet}
        for label in part.choices:
            strategy = self._strategies[label]
            recipe = recipes[strategy.declared.recipe]
            if recipe is None:  # the suite file is refused without both
                continue
            try:
                strategy.check(part, self._schemes, recipe)
            except InputError as error:
                raise InputError(f"{place}: {error}") from None

    def _condition_names(self) -> list[str]:
        return sorted({training.condition for training in self._trainings()})

    @cached_property
    def _strategies(self) -> dict[str, ReadStrategy]:
        """Every strategy of every part by label, sorted."""
        found = {}
        for name, part in self._adaptations():
            for label, choice in part.choices.items():
                try:
                    found[label] = read_strategy(choice, part)
                except InputError as error:
                    raise InputError(f"suite {self.suite.name!r}: parts.{name}: {error}") from None
        return dict(sorted(found.items()))

    @cached_property
    def _datasets(self) -> dict[str, "Dataset"]:
        names = {parse_condition(name).dataset for name in self._condition_names()}
        return {name: load_dataset(name, self.locations) for name in sorted(names)}

    def _dataset(self, condition: str) -> "Dataset":
        return self._datasets[parse_condition(condition).dataset]

    def _condition(self, name: str) -> ConditionFacts:
        condition = parse_condition(name, self._settings.protocol or self.suite.protocol)
        dataset = self._dataset(name)
        manifests = [
            resolve(condition.for_replicate(replicate), dataset, self.pins)
            for replicate in range(self._replicates)
        ]
        return ConditionFacts(
            condition=condition,
            class_counts=manifests[0].class_counts,
            groups=manifests[0].groups.model_dump(),
            replicates=tuple(
                DataRef(
                    condition=manifest.condition,
                    protocol=manifest.protocol,
                    dataset_digest=manifest.dataset_digest,
                    manifest_sha256=manifest.sha256,
                )
                for manifest in manifests
            ),
        )

    @cached_property
    def _schemes(self) -> dict[str, SchemeSpec]:
        names = {training.scheme for training in self._trainings()}
        of_strategies = (found.declared.scheme for found in self._strategies.values())
        names |= {name for name in of_strategies if name is not None}
        return {name: resolve_scheme(name) for name in sorted(names)}

    def _shape(self) -> NetworkShape:
        """The shape that parameters and MACs in tables refer to."""
        return self._shape_for(next(iter(self._datasets.values())), self._settings.network)

    def _shape_for(self, dataset: "Dataset", recipe: Recipe) -> NetworkShape:
        resolution = recipe.resolution or dataset.resolution
        if resolution is None:
            raise InputError(
                f"suite {self.suite.name!r}: fidelities.{self.fidelity}.network.resolution: "
                f"set it, the images of {dataset.name!r} differ in size"
            )
        return NetworkShape(
            width=recipe.width,
            depth=recipe.depth,
            resolution=resolution,
            in_channels=dataset.channels,
            num_classes=dataset.num_classes,
        )

    def _draw(self) -> Population:
        space, wanted = get_space(self.suite.space), self._settings.population
        if wanted.macs is not None:
            return iso_macs(space, wanted.macs, space.published_shape)
        size = wanted.size or 0
        if wanted.rule == "stratified":
            return stratified_by_macs(space, size, wanted.seed, space.published_shape)
        return uniform(space, size, wanted.seed)

    def _members(self, drawn: Population) -> tuple[Member, ...]:
        space, shape = get_space(self.suite.space), self._shape()
        members = []
        for architecture in drawn.architectures:
            counts = space.counts(architecture, shape)
            members.append(
                Member(
                    architecture=architecture,
                    unique_id=space.unique_id(architecture),
                    functional_id=space.functional_id(architecture),
                    params=counts.params,
                    macs=counts.macs,
                )
            )
        return tuple(members)

    def _searcher(self, name: str, options: dict[str, object]) -> Component:
        build_searcher(name, options, get_space(self.suite.space))
        return _component(SEARCHERS, name, options)

    def _rankers(self) -> dict[str, Component]:
        found: dict[str, Component] = {}
        for name, part in self.suite.parts.items():
            for choice in part.rankers if isinstance(part, TransferPart) else ():
                try:
                    build_ranker(choice.name, choice.options)
                except InputError as error:
                    raise InputError(f"suite {self.suite.name!r}: parts.{name}: {error}") from None
                found[choice.label] = _component(RANKERS, choice.name, choice.options)
        return dict(sorted(found.items()))

    def _motivation(self) -> dict[str, tuple[SpaceModel, ...]]:
        """The networks of each motivation part."""
        return {
            name: self._networks(name, part)
            for name, part in self.suite.parts.items()
            if isinstance(part, MotivationPart)
        }

    def _networks(self, name: str, part: MotivationPart) -> tuple[SpaceModel, ...]:
        try:
            space = get_space(part.space)
            named = tuple(space.parse(architecture) for architecture in part.architectures)
        except InputError as error:
            raise InputError(f"suite {self.suite.name!r}: parts.{name}: {error}") from None
        drawn = named or uniform(space, part.size or 0, part.seed).architectures
        version = SPACES.entry(part.space).version
        return tuple(
            SpaceModel(space=part.space, version=version, architecture=architecture)
            for architecture in drawn
        )

    def _baselines(self) -> dict[str, BaselineFacts]:
        found: dict[str, BaselineFacts] = {}
        for name, part in self.suite.parts.items():
            if not isinstance(part, BaselinesPart):
                continue
            for model, label in zip(part.models, part.labels, strict=True):
                try:
                    found[label] = self._baseline(model, part)
                except InputError as error:
                    raise InputError(f"suite {self.suite.name!r}: parts.{name}: {error}") from error
        return dict(sorted(found.items()))

    def _baseline(self, name: str, part: BaselinesPart) -> BaselineFacts:
        baseline = name_baseline(name, part.pretrained, self.locations)
        spec, recipe = baseline.spec, baseline.spec.recipe_for(self._settings.network)
        images = self._images(part, recipe)
        told = image_shape(self._shape_for(next(iter(self._datasets.values())), recipe))
        # Counting builds the fresh network, too; building it twice would only take time.
        baseline.check(sorted(images if part.pretrained else images - {told}))
        counts = count_baseline(spec, told)
        return BaselineFacts(
            model=baseline.model,
            source=spec.source,
            recipe=recipe,
            params=counts.params,
            macs=counts.macs,
        )

    def _images(self, part: BaselinesPart, recipe: Recipe) -> set[ImageShape]:
        """The different shapes of images that a part trains its models on."""
        names = {parse_condition(training.condition).dataset for training in part.trainings}
        return {image_shape(self._shape_for(self._datasets[name], recipe)) for name in names}


def _component(registry: Registry[Any], name: str, options: dict[str, Any]) -> Component:
    return Component(
        name=name,
        version=registry.entry(name).version,
        options=tuple(sorted(options.items())),
        source_sha256=registry.source_sha256(name),
    )
