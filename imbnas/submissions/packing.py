"""Packs what a run has beyond a board into a submission."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from imbnas.errors import InputError
from imbnas.leaderboards.provenance import origins
from imbnas.leaderboards.results import Results
from imbnas.runs.store.archive import Archive, pack
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file
from imbnas.runs.store.records import DamagedFileError, DamagedRecordError
from imbnas.runs.store.submitted import BOUNDS
from imbnas.submissions.board import Board
from imbnas.submissions.earlier_runs import earlier_runs
from imbnas.submissions.extension import extension_faults
from imbnas.submissions.required import required_units
from imbnas.submissions.source_tree import source_tree
from imbnas.submissions.submission import Submission
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.metrics import SearchMetrics, SupernetMetrics
from imbnas.units.records import Record
from imbnas.units.sealing import seal
from imbnas.units.unit import UNIT_KINDS
from imbnas.validation import fault_of


@dataclass(frozen=True)
class Told:
    """What the one who submits says.

    Attributes:
        title: of what is handed in.
        author: who hands it in.
        url: of a paper or a repository.
        licence: of plug-in and records.
    """

    title: str
    author: str
    url: str | None = None
    licence: str | None = None


def submit(directory: RunDirectory, board: Board, told: Told, out: Path) -> Submission:
    """Write a submission; nothing is written unless all of it is sound.

    Raises:
        InputError: the run is not complete, sound and of the board's suite, imbnas was modified, or
            what is told holds what no table can show.
    """
    suite = directory.read_suite()
    if faults := extension_faults(board.suite, suite):
        raise InputError(
            f"{directory.path}: {faults[0]}; run the suite of the board, with additions"
        )
    if conflict := directory.conflict_note():
        raise InputError(f"{conflict}; a submission needs one result of each unit")
    source = source_tree()
    if source.modified:
        raise InputError(
            "the files of imbnas differ from its revision, and nobody else has them; commit or "
            "undo the changes, and run again what they touched"
        )
    records = new_records(directory, suite, board)
    made = origins(Results.collect(suite, records))
    about = _checked(
        title=told.title,
        author=told.author,
        url=told.url,
        licence=told.licence,
        suite=suite.title,
        added=suite.added,
        plugins=suite.plugins,
        records=len(records),
        earlier_runs=earlier_runs(directory.path, suite.added),
        source=source.model_dump(),
        software=made.software,
        devices=made.devices,
        processors=made.processors,
    )
    content = _packed(directory, suite, records, about)
    if len(content) > BOUNDS.packed:
        raise InputError(
            f"{out}: {len(content):,} bytes, and a submission has {BOUNDS.packed:,} at most"
        )
    if out.is_dir():
        raise InputError(f"--out {out}: it is a folder; give the name of a file")
    replace_file(out, content, out.resolve().parent)
    return about


def new_records(directory: RunDirectory, suite: ResolvedSuite, board: Board) -> list[Record]:
    """The records of a run's units that a board does not have.

    Raises:
        InputError: units are missing, damaged or failed, or differ from the board's.
    """
    try:
        held = {record.identity: record for record in directory.records()}
    except DamagedRecordError as error:
        raise InputError(str(error)) from None

    def best(search: str) -> str | None:
        record = held.get(search)
        if record is None and search in board.finished:
            record = board.record(search)
        return record.metrics.best if record and isinstance(record.metrics, SearchMetrics) else None

    required = required_units(suite, best)
    lacking = required.units.keys() - board.finished
    missing = len(lacking - held.keys()) + required.waiting
    if missing:
        failed = len(directory.failed() & required.units.keys())
        raise InputError(
            f"{directory.path}: {missing} units of {suite.scale} are missing, {failed} failed; "
            "give the same run command again"
        )
    shared = held.keys() & required.units.keys() & board.finished
    differing = [name for name in shared if board.record(name).metrics != held[name].metrics]
    if differing:
        raise InputError(
            f"{directory.path}: {len(differing)} units have other results than on the board, so "
            f"that what builds on them is not comparable; run again with --reuse {board.path} in "
            "a new --out"
        )
    return [held[name] for name in sorted(lacking)]


def _checked(**fields: object) -> Submission:
    try:
        return Submission.model_validate(fields)
    except ValueError as error:
        raise InputError(f"what stands in the submission: {fault_of(error)}") from None


def _packed(
    directory: RunDirectory, suite: ResolvedSuite, records: Iterable[Record], about: Submission
) -> bytes:
    lines: dict[str, dict[str, bytes]] = {kind: {} for kind in UNIT_KINDS}
    files: dict[str, bytes] = {}
    for record in records:
        lines[record.unit.kind][record.identity] = seal(record)
        if isinstance(record.metrics, SupernetMetrics):
            sha256 = record.metrics.weights_sha256
            try:
                files[f"weights/{sha256}.safetensors"] = directory.read_weights(sha256)
            except DamagedFileError as error:
                raise InputError(str(error)) from None
    for plugin in directory.read_plugins(suite.plugins):
        files[f"plugins/{plugin.name}"] = plugin.text
    return pack(
        Archive(
            seal(suite),
            {kind: held for kind, held in lines.items() if held},
            files=files,
            submission=seal(about),
        )
    )
