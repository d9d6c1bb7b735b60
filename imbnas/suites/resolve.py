"""Resolves a suite: every name is looked up and pinned before anything is computed."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cached_property

from imbnas.baselines import counts as count_baseline
from imbnas.baselines.networks import check as check_baseline
from imbnas.baselines.spec import ImageShape
from imbnas.data import Dataset
from imbnas.data.dataset import normalised_by
from imbnas.data.overlap import common_images
from imbnas.errors import InputError
from imbnas.rankers.ranker import CheckingRanker
from imbnas.rankers.registry import RANKERS, build_ranker
from imbnas.registry import Plugin
from imbnas.schemes import resolve_scheme
from imbnas.search.registry import SEARCHERS
from imbnas.spaces import SPACES, NetworkShape, get_space
from imbnas.spaces.network_shape import network_shape
from imbnas.spaces.population import Population, uniform
from imbnas.spaces.stems import check_stem
from imbnas.suites.baseline_lookup import find_baseline
from imbnas.suites.checks import blame, spaces_of, suite_checks
from imbnas.suites.choice import SearcherChoice
from imbnas.suites.drawing import drawn_population
from imbnas.suites.images import SuiteImages
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolved import (
    BaselineFacts,
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
from imbnas.suites.shared_images import compared_images, packed_test_labels
from imbnas.suites.size import check_replicates, check_size
from imbnas.suites.strategy_lookup import FoundStrategy, find_strategy
from imbnas.supernet.registry import SUPERNETS
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec
from imbnas.units.stem import is_default_stem
from imbnas.units.unit import Component, SpaceModel


def resolve_suite(request: SuiteRequest) -> ResolvedSuite:
    """Look every name of a suite up; nothing is written.

    Raises:
        InputError: a name is unknown, data is missing, or parts cannot work together.
    """
    return _Resolver(request).resolve()


def plugins_by_name(plugins: Sequence[Plugin]) -> dict[str, Plugin]:
    """File name → plug-in.

    Raises:
        InputError: two of them have the same name and different content.
    """
    named: dict[str, Plugin] = {}
    for plugin in plugins:
        if named.setdefault(plugin.name, plugin).text != plugin.text:
            raise InputError(
                f"--plugin {plugin.path}: two plug-ins are called {plugin.name!r}, and the run "
                "keeps a copy of each by name; rename one"
            )
    return named


def space_model(space: str, architecture: str) -> SpaceModel:
    """An architecture of a space, as a unit names it."""
    version = SPACES.entry(space).version
    return SpaceModel(space=space, version=version, architecture=architecture)


@dataclass(frozen=True)
class _Resolver:
    """Resolves one suite at one fidelity."""

    request: SuiteRequest

    def resolve(self) -> ResolvedSuite:
        request, suite = self.request, self.suite
        check_replicates(request.replicates, request.first_replicate)
        self._check_size()
        get_space(suite.space)  # an unknown space is the first fault
        for place, check in suite_checks(suite, [request.fidelity]):
            with blame(suite, *place):
                check()
        for name, route in suite.routes:
            self._check_route(name, route)
        self._check_channels()
        self._check_stems()
        for name, part in suite.parts.items():
            if isinstance(part, TransferPart):
                self._check_rankers(name, part)
        drawn = drawn_population(suite.space, request.settings.population)
        self._check_size(len(drawn.architectures))
        population = self._members(drawn)
        architectures = tuple(member.architecture for member in population)
        described = {name: self._images.describe(name) for name in self._images.condition_names()}
        scorer = SearcherChoice(name="exhaustive", options={"architectures": architectures})
        return ResolvedSuite(
            suite=suite,
            fidelity=request.fidelity,
            settings=self.request.settings,
            replicates=self._images.replicates,
            first_replicate=self._images.first_replicate,
            **dict(request.computation),
            space_version=SPACES.entry(suite.space).version,
            population_rule=drawn.rule,
            population=population,
            conditions={name: facts for name, (facts, _) in described.items()},
            schemes=self._schemes,
            strategies={label: found.facts() for label, found in self._strategies.items()},
            searcher=self.request.settings.searcher.component(SEARCHERS),
            searchers=self._searchers,
            population_scorer=scorer.component(SEARCHERS),
            baselines=self._baselines(),
            rankers=self._rankers(),
            motivation=self._motivation(),
            common_images=compared_images(suite, self._images.manifests),
            test_labels=packed_test_labels(suite, self._images.datasets),
            evaluation_images={name: images for name, (_, images) in described.items()},
            plugins=tuple(
                PluginFile(name=name, sha256=plugin.sha256)
                for name, plugin in plugins_by_name(request.plugins).items()
            ),
            added=dict(request.added),
            modified=request.modified,
        )

    @cached_property
    def _images(self) -> SuiteImages:
        return SuiteImages(self.request)

    @property
    def suite(self) -> SuiteFile:
        """The suite with the parts of the fidelity."""
        return self._images.suite

    def _check_size(self, population: int | None = None) -> None:
        with blame(self.request.suite, "fidelities", self.request.fidelity):
            check_size(self.suite, self.request.settings, self._images.replicates, population)

    @property
    def _searchers(self) -> dict[str, Component]:
        """The further searchers that a part names."""
        named = {label for _, route in self.suite.routes for label in route.searchers}
        choices = self.request.settings.searchers
        return {label: choices[label].component(SEARCHERS) for label in sorted(named)}

    def _check_route(self, name: str, route: AdaptationPart) -> None:
        """Refuse an adaptation that would fail only after the first units are done."""
        suite, settings = self.suite, self.request.settings
        if suite.space not in SUPERNETS:
            raise InputError(
                f"suite {suite.name!r}: parts.{name}: space {suite.space!r} has no supernet to "
                "adapt; leave the part out or take a space with one: "
                f"{', '.join(SUPERNETS.names())}"
            )
        source, target = (self._images.dataset(t.condition) for t in (route.source, route.target))
        with blame(suite, "parts", name):
            if source.channels != target.channels:
                raise InputError(
                    f"images of {source.name!r} have {source.channels} channels, those of "
                    f"{target.name!r} {target.channels}; source and target must agree"
                )
        with blame(suite, "fidelities", self.request.fidelity, "validation_images"):
            limit = settings.validation_images
            for dataset in (source, target):
                if limit is not None and limit < dataset.num_classes:
                    raise InputError(
                        f"{limit} are fewer than the {dataset.num_classes} classes of "
                        f"{dataset.name!r}; give at least one image of each"
                    )
        for label in route.choices:
            strategy = self._strategies[label]
            recipe: Recipe | None = getattr(settings, strategy.declared.recipe)
            if recipe is not None:  # the suite file is refused without it
                with blame(suite, "parts", name):
                    strategy.check(route, self._schemes, recipe)
        if source.digest == target.digest and not route.shared_images:
            with blame(suite, "parts", name):
                self._check_images(route)

    def _check_channels(self) -> None:
        """Refuse channel statistics that do not fit the images."""
        for name, recipe in self.request.settings.recipes.items():
            place = ("fidelities", self.request.fidelity, name)
            for dataset in self._images.datasets.values() if recipe.channel_statistics else ():
                with blame(self.request.suite, *place):
                    normalised_by(dataset, recipe.channel_statistics)

    def _check_stems(self) -> None:
        """Refuse stems that do not fit the images."""
        for name, recipe in self.request.settings.recipes.items():
            if is_default_stem(recipe.stem):
                continue
            sides = {recipe.resolution or d.resolution for d in self._images.datasets.values()}
            for space in map(get_space, spaces_of(self.suite, name)):
                with blame(self.request.suite, "fidelities", self.request.fidelity, name, "stem"):
                    for side in sorted(filter(None, sides)):
                        check_stem(space, recipe.stem, side)

    def _check_images(self, route: AdaptationPart) -> None:
        """Refuse a source supernet that has seen images of its target."""
        ends = [training.condition for training in (route.source, route.target)]
        for source, target in zip(*map(self._images.manifests, ends), strict=True):
            common = common_images(source, target)
            if common.seen:
                raise InputError(
                    f"source {ends[0]} and target {ends[1]} share {common.seen} images, of which "
                    f"{common.training} train both, so that the source supernet has seen its "
                    "target; give one :half-1 and the other :half-2, or set shared_images = true"
                )

    def _check_rankers(self, name: str, part: TransferPart) -> None:
        """Refuse rankers that have no score for the images of a training."""
        for position, choice in enumerate(part.rankers):
            ranker = build_ranker(choice.name, choice.options)
            if isinstance(ranker, CheckingRanker):
                for training in part.trainings:
                    with blame(self.suite, "parts", name, "rankers", position):
                        self._check_ranker(choice.name, ranker, training)

    def _check_ranker(self, name: str, ranker: CheckingRanker, training: Training) -> None:
        manifest = next(self._images.manifests(training.condition))
        shape = network_shape(
            self._images.dataset(training.condition), self.request.settings.network
        )
        try:
            ranker.check(sum(manifest.class_counts), shape.in_channels * shape.resolution**2)
        except InputError as error:
            raise InputError(f"ranker {name!r} on {training.condition}: {error}") from None

    @cached_property
    def _strategies(self) -> dict[str, FoundStrategy]:
        """Every strategy of every part by label, sorted."""
        found = {
            label: find_strategy(choice, route)
            for _, route in self.suite.routes
            for label, choice in route.choices.items()
        }
        return dict(sorted(found.items()))

    @cached_property
    def _schemes(self) -> dict[str, SchemeSpec]:
        names = {training.scheme for training in self._images.trainings()}
        of_strategies = (found.declared.scheme for found in self._strategies.values())
        names |= {name for name in of_strategies if name is not None}
        return {name: resolve_scheme(name) for name in sorted(names)}

    def _shape(self, recipe: Recipe, dataset: Dataset | None = None) -> NetworkShape:
        """The shape for a dataset; for the first one, to which counts in tables refer, if none."""
        with blame(self.suite, "fidelities", self.request.fidelity, "network", "resolution"):
            return network_shape(dataset or next(iter(self._images.datasets.values())), recipe)

    def _members(self, drawn: Population) -> tuple[Member, ...]:
        space, shape = (
            get_space(self.suite.space),
            self._shape(self.request.settings.network),
        )
        counted = ((each, space.counts(each, shape)) for each in drawn.architectures)
        return tuple(
            Member(
                architecture=architecture,
                unique_id=space.unique_id(architecture),
                functional_id=space.functional_id(architecture),
                params=counts.params,
                macs=counts.macs,
            )
            for architecture, counts in counted
        )

    def _rankers(self) -> dict[str, Component]:
        found = {
            ranker.label: ranker.component(RANKERS)
            for part in self.suite.parts.values()
            if isinstance(part, TransferPart)
            for ranker in part.rankers
        }
        return dict(sorted(found.items()))

    def _motivation(self) -> dict[str, tuple[SpaceModel, ...]]:
        """The networks of each motivation part."""
        found: dict[str, tuple[SpaceModel, ...]] = {}
        for name, part in self.suite.parts.items():
            if isinstance(part, MotivationPart):
                with blame(self.suite, "parts", name):
                    found[name] = _networks(part)
        return found

    def _baselines(self) -> dict[str, BaselineFacts]:
        found: dict[str, BaselineFacts] = {}
        for name, part in self.suite.parts.items():
            if isinstance(part, BaselinesPart):
                with blame(self.suite, "parts", name):
                    for model, label in zip(part.models, part.labels, strict=True):
                        found[label] = self._baseline(model, part)
        return dict(sorted(found.items()))

    def _baseline(self, name: str, part: BaselinesPart) -> BaselineFacts:
        baseline = find_baseline(name, part.pretrained, self.request.locations)
        spec, recipe = baseline.spec, baseline.spec.recipe_for(self.request.settings.network)
        shapes = {self._shape(recipe, self._images.dataset(t.condition)) for t in part.trainings}
        counted = self._shape(recipe)
        # Counting builds the fresh network, too; building it twice would only take time.
        shapes -= set() if part.pretrained else {counted}
        for shape in sorted(shapes, key=astuple):
            check_baseline(spec, ImageShape(**shape.of_images()), baseline.pretrained)
        counts = count_baseline(spec, ImageShape(**counted.of_images()))
        return BaselineFacts(
            model=baseline.model,
            source=spec.source,
            recipe=recipe,
            params=counts.params,
            macs=counts.macs,
        )


def _networks(part: MotivationPart) -> tuple[SpaceModel, ...]:
    space = get_space(part.space)
    named = tuple(space.parse(architecture) for architecture in part.architectures)
    drawn = named or uniform(space, part.size or 0, part.seed).architectures
    return tuple(space_model(part.space, architecture) for architecture in drawn)
