"""Takes over units that are known in other runs and in published leaderboards."""

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imbnas.errors import InputError
from imbnas.resources import published_folder
from imbnas.runs.queue.best_found import best_architectures
from imbnas.runs.store.archive import ARCHIVE
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.opening import has_records, open_run
from imbnas.runs.store.records import DamagedFileError, DamagedRecordError
from imbnas.suites.expand import Plan
from imbnas.units.metrics import AdaptMetrics, SupernetMetrics
from imbnas.units.unit import SearchUnit, Unit

PUBLISHED = "published"


def reusable(path: Path, option: str = "--reuse") -> RunDirectory:
    """What to take units from: a run, a board, or the archive of one.

    Args:
        path: of any of them.
        option: names it in messages.

    Raises:
        InputError: there are no records.
    """
    if not has_records(path) and not (path / "records").is_dir():
        raise InputError(
            f"{option} {path}: neither a folder 'records' nor an archive of records in it; give a "
            "run directory, or a board with its archive"
        )
    return open_run(path, follow=True)


def sources(given: Sequence[Path], none: bool, title: str) -> tuple[RunDirectory, ...]:
    """Where units are taken from.

    Args:
        given: paths, among which ``published`` stands for the suite's own board; empty for that
            board, where its records are at hand.
        none: nothing is taken.
        title: of the suite at its fidelity.

    Raises:
        InputError: paths are given though nothing is to be taken, or something there has no
            records.
    """
    if none:
        if given:
            raise InputError(f"--no-reuse and --reuse {given[0]} exclude each other; give one")
        return ()
    board = published_folder(title)
    held = board is not None and os.path.lexists(board / ARCHIVE)
    if not given:
        return (open_run(board),) if board is not None and held else ()
    if Path(PUBLISHED) in given and not held:
        raise InputError(
            f"--reuse {PUBLISHED}: no board {title} with its records in leaderboards/ here; give "
            "the path of a board or a run"
        )
    return tuple(reusable(board if board and path == Path(PUBLISHED) else path) for path in given)


def adaptations_needed(units: Iterable[Unit], done: Collection[str]) -> set[str]:
    """Identities of adaptations whose weights a unit that is still to be done reads."""
    searches = (unit for unit in units if isinstance(unit, SearchUnit))
    return {search.adapted for search in searches if search.identity not in done}


def put_back(directory: RunDirectory, plan: Plan) -> list[str]:
    """Have adaptations done again whose weights are missing and needed.

    Returns:
        One line for each, for the user.
    """
    done, lines = directory.finished(), []
    for identity in sorted(adaptations_needed(plan.units, done) & done):
        try:
            metrics = directory.read_record("adapt", identity).metrics
        except DamagedRecordError:
            continue  # told and moved aside by others
        if not isinstance(metrics, AdaptMetrics) or directory.has_weights(metrics.weights_sha256):
            continue
        path = directory.move_aside(directory.record_path("adapt", identity))
        lines.append(
            f"adaptation {identity[:12]} is done again, since a search needs its weights, which "
            f"were not taken over; its record lies now in {path}"
        )
    return lines


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
    _needed: set[str] = field(default_factory=set)

    def take(self, plan: Plan) -> Taken:
        """Take over every unit of the plan that is known there and missing here.

        A record is used when its content has the identity that its name says, and the weights
        that it names are there and have their hash. Those of an adaptation may be missing, as they
        are in boards, where no unit that is still to be done needs them. Networks that searches
        have found are taken, too.
        """
        taken = Taken({source.path: 0 for source in self.sources})
        here = self.directory.finished()
        there = [(source, source.finished()) for source in self.sources]
        known = here.union(*(names for _, names in there))
        self._needed.update(adaptations_needed(plan.units, known))
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
            sha256 = record.metrics.weights_sha256
            spared = unit.kind == "adapt" and unit.identity not in self._needed
            if not spared or source.has_weights(sha256):
                self.directory.take_weights(source, sha256)
        # Weights come first: a record promises that they are there.
        self.directory.publish_record(record)
