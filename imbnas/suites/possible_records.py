"""Whether a record can be what became of its unit, as far as the resolved suite can tell."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from imbnas.errors import InputError
from imbnas.registry import BUILT_IN
from imbnas.spaces import SPACES, Counts, FairSpace, NetworkShape, Space, get_space
from imbnas.suites.resolved import EvaluationImages, ResolvedSuite
from imbnas.training.counting import (
    balanced_counts,
    finishing_passes,
    trained_images,
    validated_images,
)
from imbnas.units.image_labels import unpack
from imbnas.units.metrics import SearchMetrics, TrainMetrics
from imbnas.units.recipes import Recipe
from imbnas.units.record_checks import check_bits
from imbnas.units.records import Cost, Record
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


class _Setting(NamedTuple):
    """What trainings on one manifest by one recipe and scheme have in common.

    Attributes:
        key: the objects that it is of, kept so that no other ones can have their ids.
        known: the condition; ``None`` where it is not the suite's.
        of_dataset: a condition of the same dataset.
        trained: images through training steps.
        finishing: images through what follows the last step and comes before the test.
        validated: images between epochs; ``None`` where an older suite does not say.
        as_counted: whether the suite's own counts of networks are for such trainings.
    """

    key: tuple[DataRef, Recipe, SchemeSpec]
    known: _Condition | None
    of_dataset: _Condition | None
    trained: int
    finishing: int
    validated: int | None
    as_counted: bool


_HELD = 256
"""Settings that are kept."""


@dataclass
class PossibleRecords:
    """Checks records against a suite; what is alike in many of them is looked up once.

    Suites of older versions say less, and conditions that are not of the suite are left alone.

    Attributes:
        resolved: the suite.
    """

    resolved: ResolvedSuite
    _settings: dict[tuple[int, int, int], _Setting] = field(default_factory=dict)
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
        if isinstance(unit, TrainUnit) and isinstance(metrics, TrainMetrics):
            self._check_training(unit, metrics, spent)
            return
        for data in data_of(unit):
            self._condition(data)
        if isinstance(unit, SearchUnit) and isinstance(metrics, SearchMetrics):
            self._check_search(unit, metrics, spent)
        elif isinstance(unit, RankUnit):
            self._check_spelling(unit.space, unit.version, unit.architectures)
        elif isinstance(unit, SupernetUnit):
            self._check_supernet(unit, spent)

    def _condition(self, data: DataRef) -> _Condition | None:
        """What is known of some images; ``None`` where they are not of the suite."""
        known = self._conditions.get(data.manifest_sha256)
        if known is not None and data != known.data:
            raise ValueError(f"unit: images of {known.name} under another name")
        return known

    def _check_training(self, unit: TrainUnit, metrics: TrainMetrics, spent: Cost) -> None:
        if isinstance(unit.model, SpaceModel):
            model = unit.model
            self._check_spelling(model.space, model.version, (model.architecture,))
        setting = self._setting(unit)
        if setting.of_dataset is not None:
            self._check_test(setting.of_dataset, metrics)
        if setting.known is not None:
            self._check_curve(setting.known, unit.recipe, metrics)
            self._check_counts(setting.known, unit, metrics, setting.as_counted)
            _check_spent(setting, metrics, spent)

    def _setting(self, unit: TrainUnit) -> _Setting:
        key = (id(unit.data), id(unit.recipe), id(unit.scheme))
        held = self._settings.get(key)
        if held is None:
            if len(self._settings) == _HELD:
                self._settings.clear()
            held = self._settings[key] = self._look_up(unit)
        return held

    def _look_up(self, unit: TrainUnit) -> _Setting:
        known, recipe = self._condition(unit.data), unit.recipe
        images = known.images if known else 0
        validation = known.validation() if known else None
        return _Setting(
            key=(unit.data, recipe, unit.scheme),
            known=known,
            of_dataset=self._of_dataset.get(unit.data.dataset_digest),
            trained=trained_images(recipe, images),
            finishing=finishing_passes(recipe, unit.scheme) * images,
            validated=None if validation is None else validated_images(recipe, sum(validation)),
            as_counted=known is not None
            and self.resolved.conditions[known.name].condition.dataset == self._counted_for,
        )

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

    def _check_curve(self, known: _Condition, recipe: Recipe, metrics: TrainMetrics) -> None:
        if recipe.curve_points and recipe.curve_epochs and not metrics.curve:
            raise ValueError("curve: it is missing")
        validation = known.validation()
        if validation is None:
            return
        for point in metrics.curve or ():
            if point.class_total != validation:
                raise ValueError("curve: class_total: not the numbers of validation images")

    def _check_counts(
        self, known: _Condition, unit: TrainUnit, metrics: TrainMetrics, as_counted: bool
    ) -> None:
        expected = self._held(unit.model, unit.recipe) if as_counted else None
        if expected is None and isinstance(unit.model, SpaceModel):
            model = unit.model
            expected = self._computed(
                known, model.space, model.version, model.architecture, unit.recipe
            )
        if expected is not None:
            _equal("params", metrics.params, expected.params)
            _equal("macs", metrics.macs, expected.macs)

    def _held(self, model: Model, recipe: Recipe) -> Counts | None:
        """What the suite says of a network for its first dataset."""
        resolved = self.resolved
        if isinstance(model, SpaceModel):
            found = self._members.get(model.architecture)
            shape = resolved.settings.network
            same = (model.space, model.version) == (resolved.suite.space, resolved.space_version)
        else:
            facts = resolved.baselines.get(model.label)
            if facts is None:
                return None
            found, shape = Counts(facts.params, facts.macs), facts.recipe
            same = facts.model == model
        return found if same and _same_shape(shape, recipe) else None

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

    def _check_supernet(self, unit: SupernetUnit, spent: Cost) -> None:
        known = self._condition(unit.data)
        space = _built_in(unit.space, unit.version)
        if known is None or space is None:
            return
        fair = unit.recipe.path_sampling == "fair"
        passes = space.operations_per_edge if fair and isinstance(space, FairSpace) else 1
        _equal("images_seen", spent.images_seen, passes * trained_images(unit.recipe, known.images))

    def _check_search(self, unit: SearchUnit, metrics: SearchMetrics, spent: Cost) -> None:
        names = tuple(name for name, _ in metrics.scores)
        self._check_spelling(unit.space, unit.version, names)
        if unit.searcher == self.resolved.population_scorer and set(names) != set(self._members):
            raise ValueError("scores: not those of the population")
        known = self._condition(unit.scored_on)
        if known is None or known.evaluation is None:
            return
        each = min(unit.calibration_images, known.images)
        each += sum(balanced_counts(known.evaluation.validation, unit.validation_images))
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
    return all(
        getattr(one, field) == getattr(other, field)
        for field in ("width", "depth", "resolution", "stem")
    )


def _shape(known: _Condition, recipe: Recipe) -> NetworkShape | None:
    images = known.evaluation
    resolution = recipe.resolution or (images.resolution if images else None)
    if images is None or resolution is None:
        return None
    return NetworkShape(
        recipe.width, recipe.depth, resolution, images.channels, known.classes, recipe.stem
    )


def _check_spent(setting: _Setting, metrics: TrainMetrics, spent: Cost) -> None:
    validated, recipe = setting.validated, setting.key[1]
    if validated is None:
        if recipe.validated_epochs and not metrics.curve:
            return
        of_curve = sum(metrics.curve[0].class_total) if metrics.curve else 0
        validated = validated_images(recipe, of_curve)
    evaluated = setting.finishing + validated + sum(metrics.class_total)
    _equal("images_seen", spent.images_seen, setting.trained + evaluated)
    _equal("macs", spent.macs, metrics.macs * (3 * setting.trained + evaluated))


def _equal(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise ValueError(f"{name}: {found}, it must be {wanted}")
