"""Takes over units that are known in other runs and in published leaderboards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imbnas.errors import InputError
from imbnas.runs.queue.best_found import best_architectures
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedFileError, DamagedRecordError
from imbnas.suites.expand import Plan
from imbnas.units.records import AdaptMetrics, SupernetMetrics
from imbnas.units.unit import Unit


def reusable(path: Path) -> RunDirectory:
    """A directory to take units from: a run, or a published leaderboard with its records.

    Raises:
        InputError: there are no records.
    """
    directory = RunDirectory(path, follow=True)
    if not (path / "records").is_dir():
        raise InputError(
            f"--reuse {path}: no folder 'records' in it; give a run directory, or a published "
            "leaderboard that has its records"
        )
    return directory


@dataclass
class Taken:
    """What was taken over.

    Attributes:
        units: how many from each directory.
        left: one line for each unit that was found there and could not be used.
    """

    units: dict[Path, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reuse:
    """Takes units of a plan from other directories.

    Attributes:
        directory: where they go.
        sources: where they are looked for, in this order.
    """

    directory: RunDirectory
    sources: Sequence[RunDirectory]

    def take(self, plan: Plan) -> Taken:
        """Take over every unit of the plan that is known there and missing here.

        A record is used when its content has the identity that its name says, and the weights
        that it names are there and have their hash. Networks that searches have found are
        taken, too.
        """
        taken = Taken({source.path: 0 for source in self.sources})
        here = self.directory.finished()
        there = [(source, source.finished()) for source in self.sources]
        self._take_units(plan.units, here, there, taken)
        found = best_architectures((r.waits_for for r in plan.retrainings), [self.directory])
        self._take_units(plan.found_units(found), here, there, taken)
        return taken

    def _take_units(
        self,
        units: Iterable[Unit],
        here: set[str],
        there: Sequence[tuple[RunDirectory, set[str]]],
        taken: Taken,
    ) -> None:
        for unit in units:
            for source, known in there:
                if unit.identity in here or unit.identity not in known:
                    continue
                try:
                    self._take(unit, source)
                except (DamagedFileError, FileNotFoundError) as error:
                    # Without the advice to change a directory that belongs to others.
                    fault = str(error).partition(";")[0]
                    taken.left.append(f"{unit.label} of {source.path}: {fault}")
                    continue
                here.add(unit.identity)
                taken.units[source.path] += 1

    def _take(self, unit: Unit, source: RunDirectory) -> None:
        record = source.read_record(unit.kind, unit.identity)
        try:
            self.directory.check_record(record)
        except ValueError as error:
            path = source.record_path(unit.kind, unit.identity)
            raise DamagedRecordError(path, str(error)) from None
        if isinstance(record.metrics, SupernetMetrics | AdaptMetrics):
            self.directory.take_weights(source, record.metrics.weights_sha256)
        # Weights come first: a record promises that they are there.
        self.directory.publish_record(record)
