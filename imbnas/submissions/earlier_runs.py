"""How often something of the same name was run before, as far as the folders beside a run tell."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from imbnas.regular_files import read_regular
from imbnas.runs.store.bound_suite import SUITE_BYTES

_MOST = 10_000
"""Folders that are looked at."""


def earlier_runs(run: Path, added: Mapping[str, Iterable[str]]) -> int:
    """Count the other run directories to whose suite something of the same name was added.

    Looked at are the folders beside the run, and those two levels around it, which are the runs of
    other fidelities and suites in the default layout ``runs/SUITE@VERSION/FIDELITY+NAME``.

    Args:
        run: a run directory.
        added: kind → labels; options are not compared.
    """
    own, here = _names(added), run.resolve()
    folders = {here.parent, *([here.parent.parent] if "@" in here.parent.name else [])}
    suites = {path.resolve() for folder in folders for path in _suites(folder)}
    others = (path for path in suites if path.parent != here)
    return sum(bool(own & _names(_added(path))) for path in others)


def _suites(folder: Path) -> Iterator[Path]:
    for pattern in ("*/suite.json", "*/*/suite.json"):
        yield from islice(folder.glob(pattern), _MOST)


def _added(path: Path) -> Mapping[str, Iterable[str]]:
    """What was added to the suite of a run; nothing where that cannot be read."""
    try:
        added = json.loads(read_regular(path, SUITE_BYTES, follow=True)).get("added", {})
        return {str(kind): list(map(str, names)) for kind, names in added.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return {}


def _names(added: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    return {(kind, label.partition("(")[0]) for kind, labels in added.items() for label in labels}
