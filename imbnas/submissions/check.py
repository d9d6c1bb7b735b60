"""A check of a submission and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from imbnas.error_texts import one_line
from imbnas.errors import ImbnasError
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
        return Check(name, Outcome.OK, check())
    except NotCheckedError as error:
        return Check(name, Outcome.NOT_CHECKED, one_line(str(error), 300))
    except ValueError as error:
        return Check(name, Outcome.FAILED, one_line(fault_of(error), 300))
    except (ImbnasError, ArithmeticError, LookupError, OSError, TypeError) as error:
        return Check(name, Outcome.FAILED, one_line(f"{type(error).__name__}: {error}", 300))
    except (RecursionError, MemoryError) as error:
        return Check(name, Outcome.FAILED, f"{type(error).__name__}: more than there is room for")


def of_many(faults: list[str]) -> str:
    """The first of several faults, and how many more there are."""
    return faults[0] + (f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else "")
