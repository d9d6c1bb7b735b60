"""What a unit cannot have given is its failure, not a record that is done again for ever."""

from dataclasses import dataclass
from typing import Any

from imbnas.runs.store.checkpoints import Checkpointing
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.worker import Worker
from imbnas.units.records import Record
from imbnas.units.unit import Unit

from ..factories import varied
from .conftest import FakeExecutor, queue_of


@dataclass(frozen=True)
class Forger(FakeExecutor):
    """Counts images that nobody has."""

    def execute(self, unit: Unit) -> Record:
        metrics: Any = {"class_total": (10**6,) * 10}
        return varied(super().execute(unit), metrics=metrics)


def test_a_worker_publishes_nothing_that_it_would_not_believe(fake_run: RunDirectory) -> None:
    queue = queue_of(fake_run)
    Worker(fake_run, queue, Forger(fake_run.path / "log"), Checkpointing(fake_run)).run()
    assert fake_run.finished() == set()
    failures = fake_run.failures()
    assert failures.keys() == queue.units.keys()
    assert {failure.error for failure in failures.values()} == {"ValueError"}
    assert all("class_total" in failure.message for failure in failures.values())
