"""Whether a record can be what became of its unit, as far as the resolved suite can tell."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from imbnas.errors import InputError
from imbnas.registry import BUILT_IN
from imbnas.spaces import SPACES, Counts, FairSpace, NetworkShape, Space, get_space
from imbnas.suites.resolved import EvaluationImages, ResolvedSuite
from imbnas.training.counting import finishing_passes, trained_images, validated_images
from imbnas.units.image_labels import unpack
from imbnas.units.recipes import Recipe
from imbnas.units.record_checks import check_bits
from imbnas.units.records import (
    Cost,
    RankMetrics,
    Record,
    SearchMetrics,
    TrainMetrics,
)
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import (
    AdaptUnit,
    DataRef,
    Model,
    RankUnit,
    SearchUnit,
    SpaceModel,
    SupernetUnit,
    TrainUnit,
    Unit,
)

_Counts = tuple[int, ...]


def data_of(unit: Unit) -> tuple[DataRef, ...]:
    """The conditions whose images a unit sees."""
    match unit:
        case AdaptUnit():
            return unit.source, unit.target
        case SearchUnit():
            return (unit.scored_on,)
        case TrainUnit() | SupernetUnit() | RankUnit():
            return (unit.data,)


class _Condition(NamedTuple):
    """What a suite knows of the images of one manifest.

    Attributes:
        name: of the condition.
        data: as units name it.
        images: training images.
        classes: how many there are.
        test: test images of each class; ``None`` where an older suite does not say.
        evaluation: ``None`` for older suites.
    """

    name: str
    data: DataRef
    images: int
    classes: int
    test: _Counts | None
    evaluation: EvaluationImages | None

    def validation(self) -> _Counts | None:
        return self.evaluation.validation if self.evaluation else None


class _Spent(NamedTuple):
    """Images of a training.

    Attributes:
        trained: through training steps.
        finishing: through what follows the last step and comes before the test.
        validated: between epochs; ``None`` where an older suite does not say.
    """

    trained: int
    finishing: int
    validated: int | None


@dataclass
class PossibleRecords:
    """Checks records against a suite; what is alike in many of them is looked up once.

    Suites of older versions say less, and conditions that are not of the suite are left alone.

    Attributes:
        resolved: the suite.
    """

    resolved: ResolvedSuite
    _spent: dict[tuple[str, int, int], tuple[_Spent, Recipe, SchemeSpec]] = field(
        default_factory=dict
    )
    _counted: dict[tuple[str, str, NetworkShape], Counts] = field(default_factory=dict)
    _spelt: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        resolved = self.resolved
        self._labels = {digest: unpack(text) for digest, text in resolved.test_labels.items()}
        self._conditions = {each.data.manifest_sha256: each for each in self._known()}
        self._of_dataset = {each.data.dataset_digest: each for each in self._conditions.values()}
        self._members = {m.architecture: Counts(m.params, m.macs) for m in resolved.population}
        datasets = (facts.condition.dataset for facts in resolved.conditions.values())
        # The suite's counts are those of networks for its first dataset.
        self._counted_for = min(datasets, default=None)

    def _known(self) -> Iterator[_Condition]:
        for name, facts in self.resolved.conditions.items():
            evaluation = self.resolved.evaluation_images.get(name)
            for data in (*facts.replicates, *facts.retrainings):
                yield _Condition(
                    name=name,
                    data=data,
                    images=sum(facts.class_counts),
                    classes=len(facts.class_counts),
                    test=self._test(data, evaluation, len(facts.class_counts)),
                    evaluation=evaluation,
                )

    def _test(
        self, data: DataRef, evaluation: EvaluationImages | None, classes: int
    ) -> _Counts | None:
        labels = self._labels.get(data.dataset_digest)
        if evaluation is not None:
            return evaluation.test
        if labels is None:
            return None
        return tuple(np.bincount(labels, minlength=classes).tolist())

    def check(self, record: Record) -> None:
        """Make sure that a record is possible.

        Raises:
            ValueError: it is not; says which field.
        """
        unit, metrics, spent = record.unit, record.metrics, record.cost
        for data in data_of(unit):
            known = self._conditions.get(data.manifest_sha256)
            if known is not None and data != known.data:
                raise ValueError(f"unit: images of {known.name} under another name")
        if isinstance(unit, TrainUnit) and isinstance(metrics, TrainMetrics):
            self._check_training(unit, metrics, spent)
        elif isinstance(unit, SearchUnit) and isinstance(metrics, SearchMetrics):
            self._check_search(unit, metrics, spent)
        elif isinstance(unit, RankUnit) and isinstance(metrics, RankMetrics):
            self._check_spelling(unit.space, unit.version, unit.architectures)
        elif isinstance(unit, SupernetUnit):
            self._check_supernet(unit, spent)

    def _check_training(self, unit: TrainUnit, metrics: TrainMetrics, spent: Cost) -> None:
        if isinstance(unit.model, SpaceModel):
            model = unit.model
            self._check_spelling(model.space, model.version, (model.architecture,))
        of_dataset = self._of_dataset.get(unit.data.dataset_digest)
        if of_dataset is not None:
            self._check_test(of_dataset, metrics)
        known = self._conditions.get(unit.data.manifest_sha256)
        if known is not None:
            self._check_curve(known, metrics)
            self._check_counts(known, unit, metrics)
            self._check_spent(known, unit, metrics, spent)

    def _check_test(self, known: _Condition, metrics: TrainMetrics) -> None:
        if len(metrics.class_total) != known.classes:
            raise ValueError(
                f"class_total: {len(metrics.class_total)} classes, the dataset has {known.classes}"
            )
        if known.test is not None and metrics.class_total != known.test:
            raise ValueError("class_total: not the numbers of test images of the dataset")
        labels = self._labels.get(known.data.dataset_digest)
        if labels is not None and metrics.correct_bits is not None:
            check_bits(metrics, labels)

    def _check_curve(self, known: _Condition, metrics: TrainMetrics) -> None:
        validation = known.validation()
        if validation is None:
            return
        for point in metrics.curve or ():
            if point.class_total != validation:
                raise ValueError("curve: class_total: not the numbers of validation images")

    def _check_counts(self, known: _Condition, unit: TrainUnit, metrics: TrainMetrics) -> None:
        expected = self._expected(known, unit.model, unit.recipe)
        for name, wanted in vars(expected).items() if expected else ():
            if getattr(metrics, name) != wanted:
                raise ValueError(
                    f"{name}: {getattr(metrics, name)}, {unit.model.label} has {wanted}"
                )

    def _expected(self, known: _Condition, model: Model, recipe: Recipe) -> Counts | None:
        """Parameters and multiply-accumulates of a network; ``None`` where they are not known."""
        held = self._held(model, recipe)
        first = self.resolved.conditions[known.name].condition.dataset == self._counted_for
        if held is not None and first:
            return held
        if isinstance(model, SpaceModel):
            return self._computed(known, model.space, model.version, model.architecture, recipe)
        return None

    def _held(self, model: Model, recipe: Recipe) -> Counts | None:
        """What the suite says of a network for its first dataset."""
        resolved = self.resolved
        if not isinstance(model, SpaceModel):
            facts = resolved.baselines.get(model.label)
            known = facts and facts.model == model and _same_shape(facts.recipe, recipe)
            return Counts(facts.params, facts.macs) if facts and known else None
        of_suite = (model.space, model.version) == (resolved.suite.space, resolved.space_version)
        same = of_suite and _same_shape(resolved.settings.network, recipe)
        return self._members.get(model.architecture) if same else None

    def _computed(
        self, known: _Condition, space: str, version: str, architecture: str, recipe: Recipe
    ) -> Counts | None:
        found, shape = _built_in(space, version), _shape(known, recipe)
        if found is None or shape is None:
            return None
        key = (space, architecture, shape)
        if key not in self._counted:
            self._counted[key] = found.counts(architecture, shape)
        return self._counted[key]

    def _check_spent(
        self, known: _Condition, unit: TrainUnit, metrics: TrainMetrics, spent: Cost
    ) -> None:
        key = (unit.data.manifest_sha256, id(unit.recipe), id(unit.scheme))
        if key not in self._spent:
            # The objects are kept, so that no other ones can have their ids.
            self._spent[key] = (_images(known, unit), unit.recipe, unit.scheme)
        images, _, _ = self._spent[key]
        validated = images.validated
        if validated is None:
            of_curve = sum(metrics.curve[0].class_total) if metrics.curve else 0
            validated = validated_images(unit.recipe, of_curve)
            if unit.recipe.validated_epochs and not metrics.curve:
                return
        evaluated = images.finishing + validated + sum(metrics.class_total)
        _equal("images_seen", spent.images_seen, images.trained + evaluated)
        _equal("macs", spent.macs, metrics.macs * (3 * images.trained + evaluated))

    def _check_supernet(self, unit: SupernetUnit, spent: Cost) -> None:
        known = self._conditions.get(unit.data.manifest_sha256)
        space = _built_in(unit.space, unit.version)
        if known is None or space is None:
            return
        fair = unit.recipe.path_sampling == "fair" and isinstance(space, FairSpace)
        passes = space.operations_per_edge if fair and isinstance(space, FairSpace) else 1
        _equal("images_seen", spent.images_seen, passes * trained_images(unit.recipe, known.images))

    def _check_search(self, unit: SearchUnit, metrics: SearchMetrics, spent: Cost) -> None:
        names = tuple(name for name, _ in metrics.scores)
        self._check_spelling(unit.space, unit.version, names)
        if unit.searcher == self.resolved.population_scorer and set(names) != set(self._members):
            raise ValueError("scores: not those of the population")
        known = self._conditions.get(unit.scored_on.manifest_sha256)
        if known is None or known.evaluation is None:
            return
        each = min(unit.calibration_images, known.images)
        each += _scoring(known.evaluation.validation, unit.validation_images)
        # Some strategies make a head for each architecture, from all training images.
        possible = (each * len(names), (each + known.images) * len(names))
        if spent.images_seen not in possible:
            raise ValueError(f"images_seen: {spent.images_seen}, it must be {possible[0]}")
        counted = [
            self._computed(known, unit.space, unit.version, name, unit.recipe) for name in names
        ]
        macs = [counts.macs for counts in counted if counts is not None]
        if len(macs) == len(names) and spent.images_seen == possible[0]:
            _equal("macs", spent.macs, sum(macs) * each)

    def _check_spelling(self, space: str, version: str, architectures: Iterable[str]) -> None:
        """Refuse architectures that are not of a space."""
        found = None
        for architecture in architectures:
            if (space, architecture) in self._spelt:
                continue
            found = found or _built_in(space, version)
            if found is None:
                return
            try:
                found.parse(architecture)
            except InputError as error:
                raise ValueError(str(error)) from None
            self._spelt.add((space, architecture))


def _built_in(space: str, version: str) -> Space | None:
    """A space of imbnas itself; plug-ins are not run to read what they have left."""
    if space not in SPACES:
        return None
    entry = SPACES.entry(space)
    return get_space(space) if (entry.origin, entry.version) == (BUILT_IN, version) else None


def _same_shape(one: Recipe, other: Recipe) -> bool:
    fields = ("width", "depth", "resolution")
    return all(getattr(one, name) == getattr(other, name) for name in fields)


def _shape(known: _Condition, recipe: Recipe) -> NetworkShape | None:
    images = known.evaluation
    resolution = recipe.resolution or (images.resolution if images else None)
    if images is None or resolution is None:
        return None
    return NetworkShape(recipe.width, recipe.depth, resolution, images.channels, known.classes)


def _images(known: _Condition, unit: TrainUnit) -> _Spent:
    validation = known.validation()
    return _Spent(
        trained=trained_images(unit.recipe, known.images),
        finishing=finishing_passes(unit.recipe, unit.scheme) * known.images,
        validated=None if validation is None else validated_images(unit.recipe, sum(validation)),
    )


def _scoring(validation: _Counts, limit: int | None) -> int:
    """How many validation images score an architecture."""
    if limit is None or limit >= sum(validation):
        return sum(validation)
    each = limit // len(validation)
    return sum(min(count, each) for count in validation)


def _equal(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise ValueError(f"{name}: {found}, it must be {wanted}")
