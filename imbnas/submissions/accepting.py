"""Takes a submission into a board, and marks one as withdrawn."""

import hashlib
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from imbnas.errors import InputError
from imbnas.leaderboards.page_file import shared_library
from imbnas.leaderboards.provenance import provenance_text
from imbnas.leaderboards.report import write_report
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.site.site import write_site
from imbnas.leaderboards.tables.build import build_tables, tables_as_text
from imbnas.regular_files import read_regular
from imbnas.runs.store.submission_log import LOG, Logged, log_text, read_log
from imbnas.runs.store.submitted import BOUNDS, SUBMISSIONS, SUFFIX, BoardRun, Submitted
from imbnas.submissions.board import find_board
from imbnas.submissions.check import Outcome
from imbnas.submissions.extension import further
from imbnas.submissions.reading import ReadSubmission, read_submission
from imbnas.submissions.recomputed_report import verified_by
from imbnas.submissions.verification import Verification
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.united import united_suite

_SLUG = 40
"""Characters of a title that a file is named by."""
_LARGEST_TABLE = 2**30


def accept(
    file: Path, board: Path, day: date, report: Path | None = None, site: Path | None = None
) -> Logged:
    """Take a submission into a board: its file, a line of the log, tables, page and pictures.

    The folder of the board is replaced as a whole, or stays as it is. The same submissions with the
    same days give the same bytes in whatever order they are accepted.

    Args:
        file: the submission.
        board: folder of the board.
        day: of acceptance, UTC.
        report: of recomputing it, see ``verified_by``.
        site: folder of the site of all boards, which is then written again.

    Raises:
        InputError: a check fails, the board has it, or something else of the same name, already,
            or the board is not what its records give.
    """
    submission = read_submission(file)
    found = find_board(board, submission.suite.title)
    logged = read_log(found.path)
    for line in logged:
        if line.sha256 == submission.sha256:
            raise InputError(f"{file}: on the board already, as {line.name}; nothing to do")
    for check in Verification(submission, found).checks:
        if check.outcome is Outcome.FAILED:
            raise InputError(
                f"{file}: {check.name}: {check.detail}; see imbnas-bench verify {file}"
            )
    run = _unchanged(found.path)
    for fault in _collisions(submission, found.suite, run.submissions):
        raise InputError(f"{file}: {fault}")
    line = _line(submission, day, report)
    content = read_regular(file, BOUNDS.packed, follow=True)
    if hashlib.sha256(content).hexdigest() != line.sha256:
        raise InputError(f"{file}: changed while it was read; accept it again")

    def change(draft: Path) -> None:
        (draft / SUBMISSIONS).mkdir(exist_ok=True)
        (draft / SUBMISSIONS / f"{line.name}{SUFFIX}").write_bytes(content)

    _replace(run, [*logged, line], change, site)
    return line


def withdraw(name: str, board: Path, day: date, site: Path | None = None) -> Logged:
    """Mark a submission as withdrawn: its rows stay, and nothing is compared with them.

    Args:
        name: of its file on the board, without ending.
        board: folder of the board.
        day: of withdrawal, UTC.
        site: see ``accept``.

    Raises:
        InputError: the board has no such submission, or is not what its records give.
    """
    logged = read_log(board)
    lines = [line for line in logged if line.name == name]
    if not lines:
        held = ", ".join(sorted({line.name for line in logged})) or "none"
        raise InputError(f"--withdraw {name[:100]}: no submission of {board}; it has {held}")
    if any(line.state == "withdrawn" for line in lines):
        raise InputError(f"--withdraw {name}: withdrawn already; nothing to do")
    if day < lines[0].date:
        raise InputError(f"--date {day}: before it was accepted, on {lines[0].date}")
    line = lines[0].model_copy(update={"date": day, "state": "withdrawn"})
    _replace(_unchanged(board), [*logged, line], lambda _: None, site)
    return line


def submission_name(title: str, sha256: str) -> str:
    """Name of a submission's file: letters and digits of its title, and the start of its hash."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG].strip("-")
    return f"{slug or 'submission'}-{sha256[:12]}"


def _line(submission: ReadSubmission, day: date, report: Path | None) -> Logged:
    about, sha256 = submission.about, submission.sha256
    return Logged(
        date=day,
        sha256=sha256,
        name=submission_name(about.title, sha256),
        title=about.title,
        author=about.author,
        url=about.url or "",
        licence=about.licence or "",
        added=about.added,
        earlier_runs=about.earlier_runs,
        verified=verified_by(report, sha256) if report else "no",
        state="accepted",
    )


def _unchanged(folder: Path) -> BoardRun:
    """The board, whose tables are those that its records and submissions give.

    Raises:
        InputError: they are not, or something lies there that the log does not name.
    """
    run = BoardRun(folder)
    named = {f"{each.logged.name}{SUFFIX}" for each in run.submissions}
    place = folder / SUBMISSIONS
    if strange := {path.name for path in place.iterdir()} - named if place.is_dir() else ():
        raise InputError(f"{place}: {min(strange)[:100]!r} is not in {LOG}; remove it")
    results = Results.read(run)
    for fault in results.damaged:
        raise InputError(fault)
    texts = tables_as_text(build_tables(results))
    texts["provenance.json"] = provenance_text(results, texts)
    files = {name: text.encode() for name, text in texts.items()}
    for name, content in {**files, "suite.json": run.suite_content()}.items():
        try:
            same = read_regular(folder / name, _LARGEST_TABLE) == content
        except OSError:
            same = False
        if not same:
            raise InputError(
                f"{folder / name}: not what the board's records give, so that it has changed since "
                "it was written; get the board again"
            )
    return run


def _collisions(
    submission: ReadSubmission, base: ResolvedSuite, taken: tuple[Submitted, ...]
) -> Iterator[str]:
    """What a submission and those that the board has taken cannot have both."""
    for each in taken:
        yield from _same_names(base, submission.suite, each)
    suites = [each.suite for each in taken]
    try:
        united_suite(base, [*suites, submission.suite])
    except InputError as error:
        yield f"on the board already: {error}"


def _same_names(base: ResolvedSuite, suite: ResolvedSuite, taken: Submitted) -> Iterator[str]:
    other, name = taken.suite, taken.logged.name
    here, there = _components(base, suite), _components(base, other)
    for key, source in here.items():
        if key in there and there[key] != source:
            yield (
                f"{key[0]} {key[1]!r}: submission {name} has another plug-in text of that name; "
                "give it another one"
            )
    for field in ("conditions", "schemes", "baselines"):
        for label in sorted({*further(field, base, suite)} & {*further(field, base, other)}):
            if getattr(suite, field)[label] != getattr(other, field)[label]:
                yield f"{field}: {label[:60]!r} is another one in submission {name}"
    for one in further("conditions", base, suite):
        for two in further("conditions", base, other):
            first, second = suite.conditions[one], other.conditions[two]
            same = first.replicates[0].dataset_digest == second.replicates[0].dataset_digest
            if one != two and same:
                yield (
                    f"conditions: how many images {one!r} shares with {two!r} of submission "
                    f"{name} is not known; the suite needs a new version with both"
                )


def _components(base: ResolvedSuite, suite: ResolvedSuite) -> dict[tuple[str, str], str | None]:
    """(Kind, name) of strategies and rankers that were added → hash of the plug-in, if any."""
    strategies = [suite.strategies[label].component for label in further("strategies", base, suite)]
    rankers = [suite.rankers[label] for label in further("rankers", base, suite)]
    return {
        (kind, each.name): each.source_sha256
        for kind, added in (("strategy", strategies), ("ranker", rankers))
        for each in added
    }


def _replace(
    run: BoardRun, logged: list[Logged], change: Callable[[Path], None], site: Path | None
) -> None:
    """Write the board anew beside it, put it into its place, and write the site."""
    target = run.tables.resolve()
    library = shared_library(run)
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=target.parent) as drafts:
        draft, old = Path(drafts) / "new", Path(drafts) / "old"
        shutil.copytree(target, draft, symlinks=True)
        change(draft)
        (draft / LOG).write_text(log_text(logged), newline="")
        new = BoardRun(draft)
        results = Results.read(new)
        write_report(results, new, build_tables(results), library)
        (draft / "suite.json").write_bytes(new.suite_content())
        if len(read_log(target)) != len(logged) - 1:
            raise InputError(f"{target}: changed meanwhile, by another command; accept again")
        try:
            target.rename(old)
            draft.rename(target)
            if site is not None:
                write_site(target.parents[1], site)
        except BaseException:
            if old.exists():
                if target.exists():
                    target.rename(Path(drafts) / "refused")
                old.rename(target)
            raise
