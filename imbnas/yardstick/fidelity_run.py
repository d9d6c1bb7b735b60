"""The run in which a fidelity is judged."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.units.frozen import canonical_json
from imbnas.yardstick.fidelity_suite import fidelity_suite


def fidelity_run(
    request: RunRequest, architectures: Sequence[str], root: Path, cells: str
) -> RunRequest:
    """A run of a fidelity on architectures, in a directory that nothing else has.

    No other recipe, list of architectures or precision leads to the same directory. What other runs
    of the fidelity have done is taken over where it is the same.

    Args:
        request: of a suite that holds this fidelity alone.
        architectures: in place of its population, unless empty.
        root: folder of run directories.
        cells: what the architectures are, for people.
    """
    suite = fidelity_suite(request.suite, request.fidelity, (), architectures)
    folder = root / request.fidelity
    text = canonical_json(suite) + canonical_json(request.computation)
    path = folder / f"{cells}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    others = sorted(p.parent for p in folder.glob("*/suite.json") if p.parent != path)
    return replace(
        request,
        suite=suite,
        directory=RunDirectory(path),
        reused=(*map(RunDirectory, others), *request.reused),
    )
