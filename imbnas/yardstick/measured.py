"""What the trainings of a run's population gave and took."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imbnas.leaderboards.results import Results
from imbnas.suites.schema import Training

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """One training of a fidelity: its whole population, all replicates.

    Attributes:
        fidelity: its label in the report.
        training: condition and scheme.
        architectures: of the population, A of them.
        functional_ids: of these.
        accuracy: balanced accuracies in percent, shape (A, R); NaN where a training is missing.
        core_seconds: of each training, shape (A, R); NaN where it is missing or not known.
        stack: replicates that are trained side by side.
    """

    fidelity: str
    training: Training
    architectures: tuple[str, ...]
    functional_ids: tuple[str, ...]
    accuracy: Floats
    core_seconds: Floats
    stack: int

    @property
    def replicates(self) -> int:
        """How many there are."""
        replicates: int = self.accuracy.shape[1]
        return replicates

    @property
    def missing(self) -> int:
        """Trainings without a result."""
        return int(np.count_nonzero(np.isnan(self.accuracy)))

    @property
    def core_seconds_each(self) -> float:
        """Of a training, mean over those that tell; NaN for none."""
        known = self.core_seconds[~np.isnan(self.core_seconds)]
        return float(known.mean()) if len(known) else np.nan


def measured(results: Results, label: str) -> Iterator[Measured]:
    """The trainings of every transfer part of a run, each once.

    Args:
        results: of the run.
        label: of its fidelity.
    """
    population = results.resolved.population
    for training, accuracy in results.population_accuracy.items():
        identities = np.array(results.population_identities[training], dtype=object).T
        yield Measured(
            fidelity=label,
            training=training,
            architectures=tuple(member.architecture for member in population),
            functional_ids=tuple(member.functional_id for member in population),
            accuracy=100 * accuracy,
            core_seconds=np.vectorize(lambda i: _core_seconds(results, i), otypes=[float])(
                identities
            ),
            stack=results.resolved.settings.stack,
        )


def _core_seconds(results: Results, identity: str) -> float:
    record = results.records.get(identity)
    spent = record.cost.core_seconds if record else None
    return np.nan if spent is None else spent
