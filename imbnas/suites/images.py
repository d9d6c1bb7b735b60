"""The images of a suite's conditions: datasets, manifests, and what units know of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from imbnas.data import Dataset, Manifest, load_dataset, resolve
from imbnas.data.loading import tell_notes
from imbnas.data.manifests import count_classes
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolved import ConditionFacts, EvaluationImages
from imbnas.suites.schema import SuiteFile, Training
from imbnas.units.conditions import Condition, parse_condition
from imbnas.units.unit import DataRef


def data_ref(manifest: Manifest) -> DataRef:
    """What a unit says of the images of a manifest."""
    return DataRef(
        condition=manifest.condition,
        protocol=manifest.protocol,
        dataset_digest=manifest.dataset_digest,
        manifest_sha256=manifest.sha256,
    )


@dataclass(frozen=True)
class SuiteImages:
    """The images that a request asks for; datasets are loaded once.

    Attributes:
        request: of a suite at one fidelity.
    """

    request: SuiteRequest

    @cached_property
    def suite(self) -> SuiteFile:
        """The suite with the parts of the fidelity."""
        return self.request.scoped

    @property
    def replicates(self) -> int:
        """How many there are."""
        return self.request.replicates or self.request.settings.replicates

    @property
    def first_replicate(self) -> int:
        """Number of the first one."""
        return self.request.first_replicate or 0

    def trainings(self) -> Iterator[Training]:
        """Conditions and schemes of all parts, repetitions included."""
        for part in self.suite.parts.values():
            yield from part.trainings

    def condition_names(self) -> list[str]:
        """Short names, sorted, each once."""
        return sorted({training.condition for training in self.trainings()})

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """Name → dataset of all conditions, sorted; their notes go to standard error."""
        names = {parse_condition(name).dataset for name in self.condition_names()}
        found = {name: load_dataset(name, self.request.locations) for name in sorted(names)}
        for dataset in found.values():
            tell_notes(dataset)
        return found

    def dataset(self, condition: str) -> Dataset:
        """The dataset of a condition."""
        return self.datasets[parse_condition(condition).dataset]

    def _parse(self, condition: str) -> Condition:
        return parse_condition(
            condition, self.request.settings.protocol or self.request.suite.protocol
        )

    @property
    def numbers(self) -> range:
        """Numbers of the replicates."""
        return range(self.first_replicate, self.first_replicate + self.replicates)

    def manifests(self, name: str, numbers: Iterable[int] | None = None) -> Iterator[Manifest]:
        """A condition's manifest for each replicate number, one at a time: they can be large.

        Args:
            name: of the condition.
            numbers: of replicates; those of the suite by default.
        """
        condition, dataset = self._parse(name), self.dataset(name)
        for replicate in self.numbers if numbers is None else numbers:
            yield resolve(condition.for_replicate(replicate), dataset, self.request.pins)

    def describe(self, name: str) -> tuple[ConditionFacts, EvaluationImages]:
        """What the resolved suite holds of a condition."""
        manifests, dataset = list(self.manifests(name)), self.dataset(name)
        facts = ConditionFacts(
            condition=self._parse(name),
            class_counts=manifests[0].class_counts,
            groups=manifests[0].groups.model_dump(),
            replicates=tuple(map(data_ref, manifests)),
            retrainings=tuple(map(data_ref, self.manifests(name, self._retrained(name)))),
        )
        images = EvaluationImages(
            validation=count_classes(dataset, manifests[0].validation),
            test=count_classes(dataset, manifests[0].test),
            channels=dataset.channels,
            resolution=dataset.resolution,
        )
        return facts, images

    def _retrained(self, name: str) -> range:
        """Replicate numbers that architectures found for a condition are trained on."""
        each, numbers = self.request.settings.retrainings, self.numbers
        found_for = {t.condition for _, route in self.suite.routes for t in route.retrained_on}
        if each == 1 or name not in found_for:
            return range(0)
        return range(numbers.start * each, numbers.stop * each)
