"""Makes the folder of a board from a run."""

import tempfile
from pathlib import Path

from plotly.offline import get_plotlyjs

from imbnas.errors import InputError
from imbnas.leaderboards.page_file import LIBRARY
from imbnas.leaderboards.report import write_report
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.runs.packing import packed_run
from imbnas.runs.store.archive import ARCHIVE
from imbnas.runs.store.archived_run import ArchivedRun
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file
from imbnas.runs.store.submission_log import LOG
from imbnas.runs.store.submitted import submissions_of


def publish(directory: RunDirectory, to: Path, *, replace: bool = False) -> Results:
    """Write ``TO/SUITE@VERSION/FIDELITY``: archive, suite, tables, page and pictures.

    Everything else is written from the archive, so that it can be written again from it. The folder
    appears whole, in the place of what was there.

    Args:
        directory: of the run.
        to: folder of all boards.
        replace: whether a board that is there may be replaced.

    Returns:
        What was published.

    Raises:
        InputError: something lies there, or the run has parts that its suite has not.
        DamagedFileError: a record or weights are damaged.
    """
    resolved = directory.read_suite()
    target = to / resolved.title
    if resolved.added or resolved.modified:
        raise InputError(
            f"{directory.path}: it is of {resolved.suite.name} {resolved.scale}; a board holds its "
            "suite as it stands; give a changed suite a name or version of its own"
        )
    if conflict := directory.conflict_note():
        raise InputError(f"{conflict}; a board needs one result of each unit")
    if submissions_of(directory):
        raise InputError(
            f"{directory.path}: a board with submissions; publish its suite's own records, in its "
            f"{ARCHIVE}"
        )
    if (target / LOG).exists():
        raise InputError(
            f"{target}: has taken submissions, which would be lost; give the suite a new version"
        )
    if target.exists() and not replace:
        raise InputError(f"{target}: something is published there; give --replace to replace it")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=target.parent) as drafts:
        draft = Path(drafts) / "new"
        draft.mkdir()
        (draft / ARCHIVE).write_bytes(packed_run(directory))
        (draft / "suite.json").write_bytes(directory.suite_content())
        # Its page is drawn where it will stand, beside the library that boards share.
        replace_file(to / LIBRARY, get_plotlyjs().encode(), Path(drafts))
        run = ArchivedRun(draft / ARCHIVE)
        results = Results.read(run)
        write_report(results, run, build_tables(results), f"../../{LIBRARY}")
        if target.exists():
            target.rename(Path(drafts) / "old")
        draft.rename(target)
    return results
