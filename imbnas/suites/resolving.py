"""Resolves a suite: every name is looked up and pinned before anything is computed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from imbnas.baselines import counts as count_baseline
from imbnas.baselines import load_baseline
from imbnas.data.dataset import load_dataset
from imbnas.data.resolving import resolve
from imbnas.errors import InputError
from imbnas.registry import Registry
from imbnas.schemes import resolve_scheme
from imbnas.search.searcher import SEARCHERS, build_searcher
from imbnas.spaces import SPACES, NetworkShape, get_space
from imbnas.spaces.population import Population, iso_macs, stratified_by_macs, uniform
from imbnas.strategies.strategy import STRATEGIES
from imbnas.suites.definition import (
    AdaptationPart,
    BaselinesPart,
    Fidelity,
    SuiteFile,
    Training,
    TransferPart,
)
from imbnas.suites.resolved import (
    BaselineFacts,
    ConditionFacts,
    Member,
    PluginFile,
    ResolvedSuite,
    StrategyFacts,
)
from imbnas.supernet.registry import SUPERNETS
from imbnas.units.conditions import parse_condition
from imbnas.units.schemes import SchemeSpec
from imbnas.units.work import BaselineModel, Component, DataRef, DeviceType, Precision

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
        plugins: plug-in files already loaded.
        pins: manifests that take the place of what their conditions would resolve to.
    """

    suite: SuiteFile
    fidelity: str
    locations: "DataLocations"
    replicates: int | None = None
    device_type: DeviceType = "cpu"
    precision: Precision = "float32"
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
            space_version=SPACES.entry(self.suite.space).version,
            population_rule=drawn.rule,
            population=population,
            conditions={name: self._condition(name) for name in self._condition_names()},
            schemes=self._schemes(),
            strategies={name: self._strategy(name) for name in self._strategy_names()},
            searcher=self._searcher(self._settings.searcher.name, self._settings.searcher.options),
            population_scorer=self._searcher(
                "exhaustive", {"architectures": tuple(m.architecture for m in population)}
            ),
            baselines={name: self._baseline(name) for name in self._baseline_names()},
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
                    yield part.reference
                    yield from part.targets
                case AdaptationPart():
                    yield part.source
                    yield part.target
                    yield from part.also_retrain
                case BaselinesPart():
                    yield from part.trainings

    def _check_adaptations(self) -> None:
        """Refuse adaptation parts that would fail only after the first units are done."""
        get_space(self.suite.space)  # an unknown space is told as such
        for name, part in self.suite.parts.items():
            if not isinstance(part, AdaptationPart):
                continue
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

    def _condition_names(self) -> list[str]:
        return sorted({training.condition for training in self._trainings()})

    def _strategy_names(self) -> list[str]:
        parts = (p for p in self.suite.parts.values() if isinstance(p, AdaptationPart))
        return sorted({name for part in parts for name in part.strategies})

    def _baseline_names(self) -> list[str]:
        parts = (p for p in self.suite.parts.values() if isinstance(p, BaselinesPart))
        return sorted({name for part in parts for name in part.models})

    @cached_property
    def _datasets(self) -> dict[str, "Dataset"]:
        names = {parse_condition(name).dataset for name in self._condition_names()}
        return {name: load_dataset(name, self.locations) for name in sorted(names)}

    def _dataset(self, condition: str) -> "Dataset":
        return self._datasets[parse_condition(condition).dataset]

    def _condition(self, name: str) -> ConditionFacts:
        condition = parse_condition(name, self.suite.protocol)
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

    def _schemes(self) -> dict[str, SchemeSpec]:
        names = sorted({training.scheme for training in self._trainings()})
        return {name: resolve_scheme(name) for name in names}

    def _shape(self) -> NetworkShape:
        """The shape that parameters and MACs in tables refer to: that of the first dataset."""
        dataset = next(iter(self._datasets.values()))
        recipe = self._settings.network
        return NetworkShape(
            width=recipe.width,
            depth=recipe.depth,
            resolution=self._resolution(dataset),
            in_channels=dataset.channels,
            num_classes=dataset.num_classes,
        )

    def _resolution(self, dataset: "Dataset") -> int:
        resolution = self._settings.network.resolution or dataset.resolution
        if resolution is None:
            raise InputError(
                f"suite {self.suite.name!r}: fidelities.{self.fidelity}.network.resolution: "
                f"set it, the images of {dataset.name!r} differ in size"
            )
        return resolution

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

    def _strategy(self, name: str) -> StrategyFacts:
        strategy = STRATEGIES.get(name)
        for declared in ("scores_on", "recipe"):
            if not hasattr(strategy, declared):
                raise InputError(f"strategy {name!r}: does not declare {declared!r}")
        return StrategyFacts(
            component=_component(STRATEGIES, name, {}),
            scores_on=strategy.scores_on,  # type: ignore[attr-defined]
            recipe=strategy.recipe,  # type: ignore[attr-defined]
        )

    def _searcher(self, name: str, options: dict[str, object]) -> Component:
        build_searcher(name, options)
        return _component(SEARCHERS, name, options)

    def _baseline(self, name: str) -> BaselineFacts:
        spec, shape = load_baseline(name), self._shape()
        for dataset in self._datasets.values():
            spec.check_resolution(self._resolution(dataset))
        counts = count_baseline(
            spec,
            resolution=shape.resolution,
            in_channels=shape.in_channels,
            num_classes=shape.num_classes,
        )
        model = BaselineModel(baseline=name, version=spec.version, spec_sha256=spec.digest)
        return BaselineFacts(
            model=model,
            source=spec.source,
            recipe=spec.recipe_for(self._settings.network),
            params=counts.params,
            macs=counts.macs,
        )


def _component(registry: Registry[Any], name: str, options: dict[str, Any]) -> Component:
    return Component(
        name=name,
        version=registry.entry(name).version,
        options=tuple(sorted(options.items())),
        source_sha256=registry.source_sha256(name),
    )
