"""The run in which a fidelity is judged."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from imbnas.runs.limits import Budget
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


def in_turns(runs: Sequence[RunRequest], turns: int) -> Iterator[tuple[RunRequest, bool]]:
    """Every run as often as there are turns, one after the other, each time a part of its units.

    What else a machine does at some time then slows all of them, and not one alone.

    Args:
        runs: of fidelities.
        turns: at least 1.

    Yields:
        A run, but for the last turn with a budget of units; and whether it is that turn.
    """
    for turn in range(1, turns + 1):
        for run in runs:
            if turn == turns:
                yield run, True
            else:
                share = math.ceil(_trainings(run) / turns)
                yield replace(run, budget=Budget(units=share)), False


def _trainings(run: RunRequest) -> int:
    """How many units a run has; those of populations of unknown size count once."""
    settings = run.settings
    conditions = {training for part in run.suite.parts.values() for training in part.trainings}
    cells = len(settings.population.architectures) or settings.population.size or 1
    return len(conditions) * cells * (run.replicates or settings.replicates)
