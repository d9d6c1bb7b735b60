"""A board with the submissions that it has taken, read as one run."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from imbnas.errors import InputError
from imbnas.regular_files import read_regular
from imbnas.runs.store.archive import ARCHIVE, Archive, Bounds
from imbnas.runs.store.archived_run import ArchivedRun
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.submission_log import LOG, Logged, read_log
from imbnas.suites.expand import Expansion
from imbnas.suites.resolved import PluginFile, ResolvedSuite
from imbnas.suites.united import Entry, added_entries, united_suite
from imbnas.units.metrics import SearchMetrics
from imbnas.units.record_parser import RecordParser
from imbnas.units.records import Record
from imbnas.units.sealing import seal
from imbnas.units.unit import UNIT_KINDS

SUBMISSIONS = "submissions"
SUFFIX = ".imbnas"
BOUNDS = Bounds(
    packed=2**25,
    member=2**26,
    unpacked=2**26,
    members=256,
    lines=50_000,
    line=2**22,
    text=2**22,
)
"""Reading one takes seconds and some hundred megabytes, whatever it holds."""


@dataclass(frozen=True)
class Submitted:
    """A submission that a board has taken.

    Attributes:
        logged: its line of the log.
        withdrawn: whether a later line withdraws it.
        base: the board's suite as it was published.
        run: its records and files.
    """

    logged: Logged
    withdrawn: bool
    base: ResolvedSuite
    run: ArchivedRun

    @cached_property
    def suite(self) -> ResolvedSuite:
        """Its suite; names of plug-ins begin with their hash, since others may have the same."""
        suite = self.run.read_suite()
        plugins = tuple(
            PluginFile(name=plugin_name(each), sha256=each.sha256) for each in suite.plugins
        )
        return suite.model_copy(update={"plugins": plugins})

    @cached_property
    def entries(self) -> frozenset[Entry]:
        """What it has added."""
        return frozenset(added_entries(self.base, self.suite))

    def records(self) -> Iterator[Record]:
        """Its records."""
        return self.run.records()

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Weights and plug-ins by the names that they have among those of others."""
        for plugin in self.run.read_suite().plugins:
            yield f"plugins/{plugin_name(plugin)}", self.run.plugin_content(plugin.name)
        for name, content in self.run.archive.files.items():
            if name.startswith("weights/"):
                yield name, content


def plugin_name(plugin: PluginFile) -> str:
    """Name of a submission's plug-in among those of others."""
    return f"{plugin.sha256[:12]}-{plugin.name}"


class BoardRun(ArchivedRun):
    """A board with the records of what it has taken.

    Its suite has the additions of all submissions but those withdrawn, of which records are left
    that others build on.

    Attributes:
        submissions: what it has taken, by date and hash.

    Args:
        folder: of the board.
        out: see ``ArchivedRun``.

    Raises:
        InputError: archive, log or a submission is damaged, or not what the log names.
    """

    def __init__(self, folder: Path, out: Path | None = None) -> None:
        super().__init__(folder / ARCHIVE, out)
        self.submissions = read_submitted(folder, self.read_suite)
        if self.submissions:
            self.archive = united_archive(self.archive, self.read_suite(), self.submissions)


def submissions_of(directory: RunDirectory) -> tuple[Submitted, ...]:
    """What a run has taken, which only boards do."""
    return directory.submissions if isinstance(directory, BoardRun) else ()


def read_submitted(folder: Path, suite: Callable[[], ResolvedSuite]) -> tuple[Submitted, ...]:
    """What a board has taken, by date and hash.

    Args:
        folder: of the board.
        suite: reads its suite as it was published, where it has taken any.

    Raises:
        InputError: log and files do not belong together.
    """
    logged = read_log(folder)
    if not logged:
        return ()
    withdrawn = {line.sha256 for line in logged if line.state == "withdrawn"}
    taken = [line for line in logged if line.state == "accepted"]
    if len({line.sha256 for line in taken}) < len(taken) or not withdrawn <= {
        line.sha256 for line in taken
    }:
        raise InputError(f"{folder / LOG}: its lines contradict each other; get the board again")
    base = suite()
    return tuple(
        Submitted(line, line.sha256 in withdrawn, base, _read(folder, line)) for line in taken
    )


def _read(folder: Path, line: Logged) -> ArchivedRun:
    path = folder / SUBMISSIONS / f"{line.name}{SUFFIX}"
    try:
        content = read_regular(path, BOUNDS.packed)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; get the board again") from None
    if hashlib.sha256(content).hexdigest() != line.sha256:
        raise InputError(f"{path}: not the file that {LOG} names; get the board again")
    run = ArchivedRun(path, bounds=BOUNDS)
    if run.faults:
        raise InputError(f"{run.faults[0]}; get the board again")
    return run


def united_archive(archive: Archive, base: ResolvedSuite, taken: Sequence[Submitted]) -> Archive:
    """What a board's archive and the submissions that it has taken hold together.

    Args:
        archive: of the board's own records; of a unit that several hold, its record counts.
        base: the suite of these.
        taken: the earlier before the later, whose records count only where they are alone.
    """
    active = [each for each in taken if not each.withdrawn]
    suite = united_suite(base, [each.suite for each in active])
    records = {kind: dict(archive.records.get(kind, {})) for kind in UNIT_KINDS}
    files = dict(archive.files)
    for each in active:
        for kind, lines in each.run.archive.records.items():
            records[kind] = {**lines, **records[kind]}
        files = {**dict(each.files()), **files}
    withdrawn = [each for each in taken if each.withdrawn]
    if withdrawn:
        plan = Expansion(suite).plan()
        _lend(records, files, withdrawn, {unit.identity for unit in plan.units})
        found = _best_found(records["search"].values())
        _lend(records, files, withdrawn, {unit.identity for unit in plan.found_units(found)})
    kept = {kind: lines for kind, lines in records.items() if lines}
    return replace(archive, suite=seal(suite), records=kept, files=files)


def _lend(
    records: dict[str, dict[str, bytes]],
    files: dict[str, bytes],
    withdrawn: Sequence[Submitted],
    needed: set[str],
) -> None:
    """Add what withdrawn submissions alone hold of units that are needed."""
    for each in withdrawn:
        for kind, lines in each.run.archive.records.items():
            lent = {name: lines[name] for name in (needed & lines.keys()) - records[kind].keys()}
            records[kind] |= lent
            if lent and kind == "supernet":
                for name, content in each.files():
                    files.setdefault(name, content)


def _best_found(searches: Iterable[bytes]) -> dict[str, str]:
    """Identity of each search that has ended → the best architecture."""
    parser, found = RecordParser(), {}
    for line in searches:
        with suppress(ValueError):  # whoever reads the records tells of damaged ones
            record, _ = parser.parse(line)
            if isinstance(record.metrics, SearchMetrics):
                found[record.identity] = record.metrics.best
    return found
