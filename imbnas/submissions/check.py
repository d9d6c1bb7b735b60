"""A check of a submission and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from imbnas.error_texts import one_line
from imbnas.errors import ImbnasError
from imbnas.submissions.shown_text import printable
from imbnas.validation import fault_of


class Outcome(StrEnum):
    """What came of a check."""

    OK = "ok"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Check:
    """One line of the table.

    Attributes:
        name: of the check.
        outcome: of it.
        detail: what was found.
    """

    name: str
    outcome: Outcome
    detail: str


class NotCheckedError(Exception):
    """A check that could not be made; says why."""


def checked(name: str, check: Callable[[], str]) -> Check:
    """Make a check.

    Args:
        name: of it.
        check: returns what it found; raises a ``ValueError`` where the submission fails it. That
            no content of a submission ends the command is part of what is promised, so that other
            errors, too, are a fault of the submission.
    """
    try:
        return Check(name, Outcome.OK, printable(check()))
    except NotCheckedError as error:
        return Check(name, Outcome.NOT_CHECKED, _told(str(error)))
    except ValueError as error:
        return Check(name, Outcome.FAILED, _told(fault_of(error)))
    except (ImbnasError, ArithmeticError, LookupError, OSError, TypeError) as error:
        return Check(name, Outcome.FAILED, _told(f"{type(error).__name__}: {error}"))
    except (RecursionError, MemoryError) as error:
        return Check(name, Outcome.FAILED, f"{type(error).__name__}: more than there is room for")


def _told(text: str) -> str:
    return one_line(printable(one_line(text, 300)), 300)


def of_many(faults: list[str]) -> str:
    """The first of several faults, and how many more there are."""
    return faults[0] + (f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else "")
