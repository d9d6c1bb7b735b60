"""Verifies a submission without executing anything of it."""

from dataclasses import dataclass
from functools import cached_property

from imbnas.submissions.board import Board
from imbnas.submissions.check import Check, Outcome, checked
from imbnas.submissions.file_checks import (
    check_description,
    check_hashes,
    check_plugins,
    check_structure,
    check_suite,
)
from imbnas.submissions.reading import ReadSubmission
from imbnas.submissions.record_checks import RecordChecks
from imbnas.units.records import Record


@dataclass
class Verification:
    """All checks of a submission that need no computation.

    Attributes:
        submission: as it was read.
        board: that it is for.
    """

    submission: ReadSubmission
    board: Board

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """What came of them; records are looked at only where files and suite are sound."""
        submission = self.submission
        files = (
            checked("structure", lambda: check_structure(submission)),
            checked("hashes", lambda: check_hashes(submission)),
            checked("description", lambda: check_description(submission)),
            checked("plug-ins", lambda: check_plugins(submission)),
            checked("suite", lambda: check_suite(submission, self.board)),
        )
        if any(check.outcome is Outcome.FAILED for check in files):
            return files
        return (*files, *self._records.run())

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.outcome is not Outcome.FAILED for check in self.checks)

    @property
    def records(self) -> dict[str, Record]:
        """Identity → record, of a submission that passed."""
        return self._records.parsed

    @cached_property
    def _records(self) -> RecordChecks:
        return RecordChecks(self.submission, self.board)
