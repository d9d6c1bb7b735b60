"""Checks of a submission's records against its suite and the board; nothing is computed again."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from imbnas.leaderboards.provenance import origins
from imbnas.leaderboards.results import Results
from imbnas.submissions.board import Board
from imbnas.submissions.check import Check, NotCheckedError, Outcome, checked, of_many
from imbnas.submissions.reading import ReadSubmission
from imbnas.submissions.required import Required, required_units
from imbnas.submissions.shown_text import text_fault
from imbnas.suites.expand import Expansion
from imbnas.suites.possible_records import PossibleRecords
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.metrics import SearchMetrics, SupernetMetrics
from imbnas.units.record_parser import RecordParser
from imbnas.units.records import Record
from imbnas.units.unit import SupernetUnit, TrainUnit
from imbnas.validation import fault_of

_CLOCKS = timedelta(days=1)
"""By how much clocks may differ."""
_SUBSET = re.compile(r":subset-\d+")


@dataclass
class RecordChecks:
    """The checks of a submission whose suite is the board's with something added.

    Attributes:
        submission: as it was read.
        board: that it is for.
        parsed: identity → record, of all that could be parsed; filled by the first check.
    """

    submission: ReadSubmission
    board: Board
    parsed: dict[str, Record] = field(default_factory=dict)

    def run(self) -> tuple[Check, ...]:
        """Make all of them, in the order in which they build on each other.

        Those that build networks come last, and only for a submission that passed the others: what
        others hand in is not to load torch, which takes half a gigabyte.
        """
        found = self._from_records_alone()
        if any(check.outcome is Outcome.FAILED for check in found):
            return found
        return (
            *found,
            checked("strategies", self._strategies),
            checked("cost", self._cost),
            checked("weights", self._weights),
        )

    def _from_records_alone(self) -> tuple[Check, ...]:
        return (
            checked("records", self._records),
            checked("units", self._units),
            checked("completeness", self._completeness),
            checked("replicates", self._replicates),
            checked("plausibility", self._plausibility),
            checked("known records", self._known),
            checked("provenance", self._provenance),
        )

    @cached_property
    def _required(self) -> Required:
        return required_units(self.submission.suite, self._best)

    def _best(self, search: str) -> str | None:
        record = self.parsed.get(search)
        if record is None and search in self.board.finished:
            record = self.board.record(search)
        return record.metrics.best if record and isinstance(record.metrics, SearchMetrics) else None

    def _records(self) -> str:
        plan = Expansion(self.submission.suite).plan()
        held, most = self.submission.about.records, len(plan.units) + len(plan.retrainings)
        if held > most:
            raise ValueError(f"{held:,} records, and the suite has {most:,} units at most")
        faults: list[str] = []
        parser = RecordParser()
        for kind, lines in self.submission.run.archive.records.items():
            for identity, line in lines.items():
                try:
                    record, sealed = parser.parse(line)
                    if (record.unit.kind, record.identity) != (kind, identity):
                        raise ValueError("it is the record of another unit")
                    if not sealed:
                        raise ValueError("it has no checksum")
                except (ValueError, RecursionError) as error:
                    told = fault_of(error) if isinstance(error, ValueError) else "nested too deeply"
                    faults.append(f"{kind} {identity[:12]}: {told}")
                else:
                    self.parsed[identity] = record
        if faults:
            raise ValueError(of_many(faults))
        if not self.parsed:
            raise ValueError("there are none")
        return f"{len(self.parsed)}, each with the identity of its unit and its checksum"

    def _units(self) -> str:
        others = sorted(self.parsed.keys() - self._required.units.keys())
        if others:
            labels = [f"{self.parsed[name].unit.label} ({name[:12]})" for name in others]
            raise ValueError(f"the suite does not have {of_many(labels)}")
        return "all are of the suite"

    def _completeness(self) -> str:
        required = self._required
        lacking = required.units.keys() - self.board.finished
        missing = sorted(lacking - self.parsed.keys())
        if missing or required.waiting:
            labels = [required.units[name].label for name in missing]
            labels += ["a training of what a search is to find"] * required.waiting
            raise ValueError(f"missing: {of_many(labels)}")
        return f"{len(lacking)} units that the board does not have, all there"

    def _replicates(self) -> str:
        wanted = set(self.submission.suite.replicate_numbers)
        found: dict[str, set[int]] = defaultdict(set)
        known = self.parsed.keys() | self.board.finished
        for identity, unit in self._required.units.items():
            # Found networks are trained on numbers of their own, and may coincide.
            if not isinstance(unit, TrainUnit) and identity in known:
                found[_SUBSET.sub("", unit.label)].add(unit.replicate)
        for label, numbers in found.items():
            if numbers != wanted:
                raise ValueError(f"{label}: replicates {sorted(wanted - numbers)} are missing")
        return f"{min(wanted)} to {max(wanted)}"

    def _plausibility(self) -> str:
        possible, faults = PossibleRecords(self.submission.suite), []
        for record in self.parsed.values():
            try:
                possible.check(record)
            except ValueError as error:
                faults.append(f"{record.unit.label} ({record.identity[:12]}): {fault_of(error)}")
        if faults:
            raise ValueError(of_many(faults))
        return "every count, accuracy and cost of a training is possible"

    def _strategies(self) -> str:
        from imbnas.submissions.own_strategies import strategy_faults

        if faults := strategy_faults(self.board.suite, self.submission.suite):
            raise ValueError(of_many(faults))
        return "what they declare is as here, or a plug-in's"

    def _cost(self) -> str:
        from imbnas.submissions.expected_cost import cost_fault

        faults, told, unknown = [], 0, 0
        for record in self.parsed.values():
            if record.unit.kind != "adapt":
                continue
            try:
                fault = cost_fault(self.submission.suite, record)
            except LookupError:
                unknown += 1
                continue
            told += 1
            if fault:
                faults.append(f"{record.unit.label} ({record.identity[:12]}): {fault}")
        if faults:
            raise ValueError(of_many(faults))
        if unknown:
            raise NotCheckedError(
                f"{told} adaptations cost what their strategy's passes do; of {unknown} that "
                "cannot be told without running it"
            )
        return f"{told} adaptations cost what their strategy's passes do"

    def _weights(self) -> str:
        files, suite = self.submission.run.archive.files, self.submission.suite
        held = {name for name in files if name.startswith("weights/")}
        named = {*held}
        for record in self.parsed.values():
            if not isinstance(record.metrics, SupernetMetrics):
                continue
            name = f"weights/{record.metrics.weights_sha256}.safetensors"
            if name not in files:
                raise ValueError(f"those of {record.unit.label} are missing")
            held.discard(name)
            self.submission.run.read_weights(record.metrics.weights_sha256)  # checks their hash
            if isinstance(record.unit, SupernetUnit):
                _check_weights(suite, record.unit, files[name])
        for name in sorted(held):
            raise ValueError(f"{name[:60]!r} is of no source supernet")
        return "of new source supernets, all there" if named else "none are needed"

    def _known(self) -> str:
        shared = sorted(self.parsed.keys() & self.board.finished)
        faults = [
            f"{self.parsed[name].unit.label} ({name[:12]})"
            for name in shared
            if self.board.record(name).metrics != self.parsed[name].metrics
        ]
        if faults:
            raise ValueError(f"the board has other numbers for {of_many(faults)}")
        return f"{len(shared)} are on the board already, with the same numbers"

    def _provenance(self) -> str:
        about, records = self.submission.about, [*self.parsed.values()]
        for fault in _strange_texts(records):
            raise ValueError(fault)
        latest = datetime.now(UTC) + _CLOCKS
        for record in records:
            if datetime.fromisoformat(record.provenance.utc) > latest:
                raise ValueError(f"{record.identity[:12]} was made in the future")
        found = origins(Results.collect(self.submission.suite, records))
        for name in ("software", "devices", "processors"):
            if getattr(about, name) != getattr(found, name):
                raise ValueError(f"{name}: submission.json does not say what the records do")
        untold = found.without_instruction_sets
        if untold:
            raise NotCheckedError(f"{untold} records do not name what they were computed with")
        revision = (about.source.revision or "a released package")[:12]
        return f"imbnas {about.source.version}, {revision}; {' | '.join(found.devices)}"


def _check_weights(suite: ResolvedSuite, unit: SupernetUnit, content: bytes) -> None:
    from imbnas.submissions.expected_cost import network_shape_of
    from imbnas.submissions.weights import check_weights

    shape = network_shape_of(suite, unit.data, unit.recipe)
    if shape is None:
        raise NotCheckedError("the suite does not say of which shape they are")
    check_weights(content, unit.space, shape)


def _strange_texts(records: list[Record]) -> Iterator[str]:
    for record in records:
        told = {"device": record.cost.device, **record.provenance.model_dump()}
        for name, value in told.items():
            if isinstance(value, str) and value and (fault := text_fault(value)):
                yield f"{record.identity[:12]}: {name}: {fault}"
