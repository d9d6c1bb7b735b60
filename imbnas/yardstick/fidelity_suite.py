"""The part of a suite that one of its fidelities is judged by."""

from collections.abc import Sequence

from imbnas.errors import InputError
from imbnas.suites.fidelity import PopulationRule
from imbnas.suites.schema import SuiteFile, TransferPart


def judged_by(
    suite: SuiteFile, fidelity: str, parts: Sequence[str] = ()
) -> dict[str, TransferPart]:
    """The transfer parts of a fidelity, without rankers, which train nothing.

    Args:
        suite: as read.
        fidelity: name of one.
        parts: names; empty for all transfer parts.

    Raises:
        InputError: there is none, or a part that is named is none of them.
    """
    offered = {
        name: part.model_copy(update={"rankers": ()})
        for name, part in suite.at(fidelity).parts.items()
        if isinstance(part, TransferPart)
    }
    for name in parts:
        if name not in offered:
            raise InputError(
                f"--part {name}: fidelity {fidelity!r} of suite {suite.name!r} has no transfer "
                f"part of that name; it has {', '.join(offered) or 'none'}"
            )
    if not offered:
        raise InputError(
            f"fidelity {fidelity!r} of suite {suite.name!r} has no transfer part, which trains "
            "architectures; name another one with --fidelity"
        )
    return {name: part for name, part in offered.items() if not parts or name in parts}


def fidelity_suite(
    suite: SuiteFile, fidelity: str, parts: Sequence[str], architectures: Sequence[str]
) -> SuiteFile:
    """A suite of one fidelity and what it is judged by; trainings have the same identities.

    Args:
        suite: as read.
        fidelity: name of one.
        parts: as in ``judged_by``.
        architectures: in place of the fidelity's population, unless empty.

    Raises:
        InputError: see ``judged_by``.
    """
    settings = suite.fidelities[fidelity]
    changes: dict[str, object] = {"parts": ()}
    if architectures:
        changes["population"] = PopulationRule(rule="listed", architectures=tuple(architectures))
    return suite.model_copy(
        update={
            "parts": judged_by(suite, fidelity, parts),
            "fidelities": {fidelity: settings.model_copy(update=changes)},
            "default_fidelity": fidelity,
            "claims": {},
        }
    )
