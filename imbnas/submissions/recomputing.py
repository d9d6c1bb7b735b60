"""Recomputes units of a submission in a run directory of its own, and compares."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from imbnas.data import DataLocations
from imbnas.errors import InputError
from imbnas.execution.foreign import ForeignCode
from imbnas.runs.executors.executor import Executor, Show
from imbnas.runs.limits import Limits
from imbnas.runs.queue.queue import Queue
from imbnas.runs.queue.unit_filter import UnitFilter
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import publish_once
from imbnas.runs.store.records import DamagedRecordError
from imbnas.submissions.board import Board
from imbnas.submissions.comparison import (
    Compared,
    Likeness,
    compare,
    drift_fault,
    noise_between_replicates,
)
from imbnas.submissions.draw import Amount, chance_to_find, drawn, fewest_to_move
from imbnas.submissions.means import trainings_by_mean
from imbnas.submissions.reading import ReadSubmission
from imbnas.submissions.shown_text import printable
from imbnas.suites.expand import Expansion
from imbnas.units.metrics import AdaptMetrics, SearchMetrics, SupernetMetrics
from imbnas.units.records import Record
from imbnas.units.unit import Computation, SearchUnit, Unit

_NOT_REACHED = "what it builds on differs"
POINTS = 2.0
"""By how much a mean would be raised in the forgery whose probability to be found is told."""


@dataclass(frozen=True)
class Chance:
    """The probability that a forgery had been found.

    Attributes:
        mean: which mean would be raised by ``POINTS``.
        forged: the fewest records that would have to be forged, among those drawn from.
        probability: that at least one of them is drawn.
        if_all: the same where all records of that mean were forged.
    """

    mean: str
    forged: int
    probability: float
    if_all: float


@dataclass(frozen=True)
class Recomputed:
    """What came of recomputing.

    Attributes:
        nonce: that decided what was drawn.
        pool: units that were drawn from.
        left_out: units that run code of the submission, which was not allowed.
        compared: those drawn, and what they had to have computed first.
        drawn: how many were drawn.
        chances: for each mean of the submission.
        noise: between replicates, in percentage points; ``None`` where nothing tells.
    """

    nonce: str
    pool: int
    left_out: int
    compared: tuple[Compared, ...]
    drawn: int
    chances: tuple[Chance, ...]
    noise: float | None

    @cached_property
    def fault(self) -> str | None:
        """Why the submission is not as it says; ``None`` where nothing speaks against it."""
        wrong = [each for each in self.compared if not each.passed]
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            return f"{wrong[0].label}: {wrong[0].likeness}, {wrong[0].detail}{more}"
        return drift_fault(self.compared, self.noise)

    def count(self, likeness: Likeness) -> int:
        """How many units compared like that."""
        return sum(each.likeness is likeness for each in self.compared)


def _display_nothing(_: Queue) -> AbstractContextManager[Show]:
    return nullcontext(lambda _: None)


@dataclass
class Recomputation:
    """Recomputes some units of a submission that was verified.

    Attributes:
        submission: as it was read.
        board: that it is for.
        records: of the submission.
        directory: of the run, which is made; empty.
        locations: where data lies.
        executor: what the units are done with.
        workers: processes.
        limits: of each unit.
        allow_code: whether code of the submission may run.
        launcher: see ``RunRequest``.
        display: shows how far the units of a queue are.
    """

    submission: ReadSubmission
    board: Board
    records: Mapping[str, Record]
    directory: Path
    locations: DataLocations
    executor: Executor
    workers: int
    limits: Limits
    allow_code: bool = False
    launcher: tuple[str, ...] = ()
    display: Callable[[Queue], AbstractContextManager[Show]] = _display_nothing

    def run(self, amount: Amount, nonce: str) -> Recomputed:
        """Draw units, do them again and compare.

        Raises:
            InputError: all units run code of the submission, which is not allowed.
        """
        pool = self.pool()
        if not pool:
            raise InputError(
                f"{self.submission.path}: all {len(self.records)} units run code of the "
                "submission; read it, and give --allow-code to run it here"
            )
        chosen = drawn(pool, amount.of(len(pool)), self.submission.sha256, nonce)
        run, todo = self._prepared(chosen)
        self._execute(run, todo, chosen)
        noise = noise_between_replicates([*self.records.values(), *self._alike_on_board()])
        return Recomputed(
            nonce=nonce,
            pool=len(pool),
            left_out=len(self.records) - len(pool),
            compared=tuple(self._compared(run, identity, noise) for identity in sorted(todo)),
            drawn=len(chosen),
            chances=self.chances(pool, len(chosen)),
            noise=noise,
        )

    def pool(self) -> list[str]:
        """Identities of the units that may be run here, sorted."""
        if self.allow_code:
            return sorted(self.records)
        foreign = ForeignCode(_Adaptations(self), frozenset)  # type: ignore[arg-type]
        return sorted(n for n, record in self.records.items() if not foreign.is_run_by(record.unit))

    def chances(self, pool: Iterable[str], number: int) -> tuple[Chance, ...]:
        """How likely forgeries of each mean are found by so many units of the pool."""
        within = set(pool)
        means = trainings_by_mean(self.submission.suite, self.records, self.best)
        found = []
        for mean, accuracies in means.items():
            all_of_it = len(accuracies.keys() & within)
            # Of those outside the pool none can be found.
            forged = max(
                fewest_to_move(accuracies.values(), POINTS) - (len(accuracies) - all_of_it), 0
            )
            of = len(within)
            found.append(
                Chance(
                    mean,
                    forged,
                    chance_to_find(forged, of, number),
                    chance_to_find(all_of_it, of, number),
                )
            )
        return tuple(found)

    def best(self, search: str) -> str | None:
        """The architecture that a search has named."""
        record = self.record(search)
        return record.metrics.best if record and isinstance(record.metrics, SearchMetrics) else None

    def record(self, identity: str) -> Record | None:
        """A record of the submission, or of the board."""
        if identity in self.records:
            return self.records[identity]
        return self.board.record(identity) if identity in self.board.finished else None

    def _alike_on_board(self) -> list[Record]:
        """Records of the board that the submission's trainings can be compared with."""
        trained = {r.unit.scheme for r in self.records.values() if r.unit.kind == "train"}
        return [
            record
            for record in self.board.records()
            if record.unit.kind == "train" and record.unit.scheme in trained
        ]

    def _prepared(self, chosen: Iterable[str]) -> tuple[RunDirectory, set[str]]:
        """A run that holds what the chosen units build on, and the units that are to be done."""
        suite = self.submission.suite
        run = RunDirectory(self.directory)
        plugins = suite.plugins if self.allow_code else ()
        run.store_suite(suite.model_copy(update={"plugins": plugins}))
        for plugin in self.submission.run.read_plugins(plugins):
            publish_once(run.plugins / plugin.name, plugin.text, run.temporary)
        todo = set(chosen)
        # Weights of adaptations are never handed in, so that they are done before their searches.
        todo |= {
            unit.adapted
            for unit in (self.records[name].unit for name in chosen)
            if isinstance(unit, SearchUnit)
        }
        for identity in todo:
            self._publish_required(run, self._unit(identity), todo)
        for search in {each for each in self._searches_of(todo) if each not in todo}:
            self._publish(run, search)
        return run, todo

    def _unit(self, identity: str) -> Unit:
        record = self.record(identity)
        if record is None:
            raise InputError(f"{identity[:12]}: a unit that others build on is missing")
        return record.unit

    def _publish_required(self, run: RunDirectory, unit: Unit, todo: set[str]) -> None:
        for identity in unit.requires:
            if identity not in todo:
                self._publish(run, identity)

    def _publish(self, run: RunDirectory, identity: str) -> None:
        """Take over a record and those that it builds on, with weights of a supernet."""
        record = self.record(identity)
        if record is None:
            return
        if isinstance(record.metrics, SupernetMetrics):
            mine = identity in self.records
            held = self.submission.run if mine else self.board.run_of(identity)
            run.take_weights(held, record.metrics.weights_sha256)
        for required in record.unit.requires:
            self._publish(run, required)
        run.publish_record(record)

    def _searches_of(self, todo: set[str]) -> set[str]:
        """The searches that have named the networks of trainings that are to be done."""
        expansion = Expansion(self.submission.suite)
        found = set()
        for retraining in expansion.plan().retrainings:
            name = self.best(retraining.waits_for)
            if name and expansion.retrain(retraining, name).identity in todo:
                found.add(retraining.waits_for)
        return found

    def _execute(self, run: RunDirectory, todo: set[str], chosen: list[str]) -> None:
        suite = self.submission.suite
        only = tuple(sorted(todo | self._searches_of(todo)))
        request = RunRequest(
            suite.suite,
            suite.fidelity,
            self.locations,
            Computation(
                device_type=suite.device_type,
                precision=suite.precision,
                compiled=suite.compiled,
                cuda_graphs=suite.cuda_graphs,
                reproducible=suite.reproducible,
            ),
            directory=run,
            workers=min(self.workers, len(chosen)),
            only=only,
            limits=self.limits,
            launcher=self.launcher,
        )
        queue = Queue(Expansion(run.read_suite()).plan(), run, UnitFilter(only))
        with self.display(queue) as show:
            self.executor.run(request, queue, show)

    def _compared(self, run: RunDirectory, identity: str, noise: float | None) -> Compared:
        there = self.records.get(identity) or self.board.record(identity)
        try:
            here = run.read_record(there.unit.kind, identity)
        except FileNotFoundError:
            failure = run.failures().get(identity)
            # Code of others may have raised it.
            why = printable(f"{failure.error}: {failure.message}") if failure else _NOT_REACHED
            return Compared(identity, there.unit.label, Likeness.NOT_DONE, why)
        except DamagedRecordError as error:
            return Compared(identity, there.unit.label, Likeness.NOT_DONE, str(error))
        return compare(there, here, noise)


@dataclass(frozen=True)
class _Adaptations:
    """Finds the adaptations that searches build on, wherever they are."""

    of: Recomputation

    def read_record(self, _kind: str, identity: str) -> Record:
        found = self.of.record(identity)
        if found is None or not isinstance(found.metrics, AdaptMetrics):
            raise InputError(f"{identity[:12]}: an adaptation that a search builds on is missing")
        return found
