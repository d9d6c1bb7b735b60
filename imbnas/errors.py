"""Errors that users see: one clear line that names the place, the field and the remedy."""

from collections.abc import Iterable


class ImbnasError(Exception):
    """Base class of every error that imbnas raises on purpose."""


class InputError(ImbnasError, ValueError):
    """Input that cannot be used; the command line prints it as one line and exits with status 2."""


class RefusedDirectoryError(InputError):
    """A run directory that belongs to another suite version, fidelity or device."""


class UnknownNameError(InputError):
    """A name that a registry does not hold; the message offers the nearest known names.

    Args:
        kind: singular noun, such as ``"strategy"``.
        name: the name that was not found.
        known: every name that would have been accepted.
        plugins: whether a plug-in may add the name, which is told where no known name is near.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], plugins: bool = False) -> None:
        offered = suggest(name, known)
        if plugins and not offered.endswith("?"):
            offered += "; one of your own is loaded with --plugin FILE.py"
        super().__init__(f"unknown {kind} {name!r}{offered}")


def suggest(name: str, known: Iterable[str], limit: int = 3) -> str:
    """Phrase the nearest known names as the tail of an error message.

    Args:
        name: the name that was not found.
        known: every name that would have been accepted.
        limit: how many suggestions to give at most.

    Returns:
        ``"; did you mean 'a' or 'b'?"``, or ``"; known: …"`` when nothing is near.
    """
    import difflib  # most commands suggest nothing

    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=limit, cutoff=0.5)
    if near:
        return "; did you mean " + " or ".join(repr(item) for item in near) + "?"
    if not names:
        return "; none is registered"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"; known: {shown}"
