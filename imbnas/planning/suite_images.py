"""Numbers of images and shapes of a resolved suite's conditions, without any data."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from imbnas.planning.short_data import TRAIN_SHARE
from imbnas.suites.resolved import ConditionFacts, EvaluationImages, ResolvedSuite
from imbnas.training.counting import balanced_counts
from imbnas.units.recipes import ChannelStatistics
from imbnas.units.unit import DataRef


class NotSaidError(LookupError):
    """An older suite does not say how many images a condition has."""


@dataclass(frozen=True)
class KnownDataset:
    """What networks must know of a dataset."""

    name: str
    resolution: int | None
    channels: int
    num_classes: int


@dataclass(frozen=True)
class KnownSelection:
    """So many images of a split; which ones, the suite does not say."""

    count: int

    @property
    def indices(self) -> Sequence[int]:
        """As many as there are images."""
        return range(self.count)


@dataclass(frozen=True)
class KnownImages:
    """What a suite says of the images of a condition.

    Its ``manifest`` is itself: it has those numbers of one that costs depend on.

    Attributes:
        facts: of the condition.
        evaluation: images that networks are evaluated on.
    """

    facts: ConditionFacts
    evaluation: EvaluationImages

    @property
    def dataset(self) -> KnownDataset:
        """Shape of the images."""
        evaluation, name = self.evaluation, self.facts.condition.dataset
        return KnownDataset(
            name, evaluation.resolution, evaluation.channels, len(evaluation.validation)
        )

    @property
    def manifest(self) -> "KnownImages":
        """Itself."""
        return self

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Training images of each class."""
        return self.facts.class_counts

    @property
    def total(self) -> int:
        """Training images."""
        return sum(self.facts.class_counts)

    @property
    def validation(self) -> KnownSelection:
        """Validation images."""
        return KnownSelection(sum(self.evaluation.validation))

    @property
    def test(self) -> KnownSelection:
        """Test images."""
        return KnownSelection(sum(self.evaluation.test))

    def scoring(self, limit: int | None) -> KnownSelection:
        """Validation images that score sub-networks: at most ``limit``, or all."""
        return KnownSelection(sum(balanced_counts(self.evaluation.validation, limit)))

    def shortened(self, limit: int) -> "KnownImages":
        """With as few images as ``ShortDataPool`` keeps."""
        classes, evaluation = len(self.class_counts), self.evaluation
        most, training = max(limit, classes), max(limit // TRAIN_SHARE, classes)
        short = evaluation.model_copy(
            update={
                "validation": balanced_counts(evaluation.validation, most),
                "test": balanced_counts(evaluation.test, most),
            }
        )
        counts = balanced_counts(self.class_counts, training)
        return KnownImages(self.facts.model_copy(update={"class_counts": counts}), short)


class SuiteImages:
    """Images of a suite's conditions by what it says of them; stands for a ``DataPool``.

    Args:
        resolved: the suite.
    """

    def __init__(self, resolved: ResolvedSuite) -> None:
        self._known: dict[str, KnownImages] = {}
        for name, facts in resolved.conditions.items():
            evaluation = resolved.evaluation_images.get(name)
            if evaluation is not None:
                for data in (*facts.replicates, *facts.retrainings):
                    self._known[data.manifest_sha256] = KnownImages(facts, evaluation)

    def shortened(self, limit: int) -> "SuiteImages":
        """The same conditions with few images."""
        short = copy(self)
        short._known = {name: known.shortened(limit) for name, known in self._known.items()}
        return short

    def images(
        self,
        data: DataRef,
        _resolution: int | None,
        _statistics: ChannelStatistics | None = None,
    ) -> KnownImages:
        """The images of a condition.

        Raises:
            NotSaidError: an older suite does not say how many they are.
        """
        try:
            return self._known[data.manifest_sha256]
        except KeyError:
            raise NotSaidError(data.condition) from None
