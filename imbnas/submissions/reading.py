"""Reads a submission; of what it holds nothing is executed, and nothing is written to disk."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from imbnas.errors import InputError
from imbnas.regular_files import read_regular
from imbnas.runs.store.archived_run import ArchivedRun
from imbnas.runs.store.submitted import BOUNDS
from imbnas.submissions.shown_text import printable
from imbnas.submissions.submission import Submission
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.sealing import read_sealed
from imbnas.validation import fault_of


@dataclass(frozen=True)
class ReadSubmission:
    """A submission whose description and suite could be read; nothing else of it was looked at.

    Attributes:
        path: of the file.
        sha256: of the file.
        about: its description.
        suite: its suite.
        run: its records and files.
    """

    path: Path
    sha256: str
    about: Submission
    suite: ResolvedSuite
    run: ArchivedRun


def read_submission(path: Path) -> ReadSubmission:
    """Read a submission.

    Raises:
        InputError: it is none, or its description or suite cannot be read.
        OSError: it cannot be opened.
    """
    run = ArchivedRun(path, bounds=BOUNDS)
    content = run.archive.submission
    if content is None:
        raise InputError(
            f"{path}: no sound submission.json in it; make the file with imbnas-bench submit"
        )
    try:
        about, _ = read_sealed(Submission, content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: submission.json: {_fault(error)}") from None
    try:
        suite, _ = read_sealed(ResolvedSuite, run.suite_content())
    except (ValueError, RecursionError, OverflowError) as error:
        raise InputError(f"{path}: suite.json: {_fault(error)}") from None
    file = read_regular(path, BOUNDS.packed, follow=True)
    return ReadSubmission(path, hashlib.sha256(file).hexdigest(), about, suite, run)


def _fault(error: Exception) -> str:
    told = fault_of(error) if isinstance(error, ValueError) else "it is nested too deeply"
    return f"{printable(told)}; make the file with imbnas-bench submit"
