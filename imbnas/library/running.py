"""A suite from a program or a notebook, as ``imbnas-bench run`` runs it."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imbnas.cli.devices import check_system
from imbnas.cli.output import note
from imbnas.cli.running import conclude, do_missing
from imbnas.cli.suite_options import run_request
from imbnas.errors import InputError
from imbnas.leaderboards.library import LoadedResults
from imbnas.leaderboards.page_file import write_page
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables, write_tables
from imbnas.registry import read_plugin
from imbnas.runs.executors.registry import build_executor

Paths = Sequence[str | Path]


def run(
    suite: str | Path = "lt-digits",
    fidelity: str | None = None,
    *,
    parts: Sequence[str] = (),
    out: str | Path | None = None,
    plugins: Paths = (),
    strategies: Sequence[str] = (),
    rankers: Sequence[str] = (),
    baselines: Sequence[str] = (),
    schemes: Sequence[str] = (),
    conditions: Sequence[str] = (),
    replicates: int | None = None,
    reuse: Paths | None = None,
    workers: int | None = None,
    device: str = "auto",
    data_root: str | Path | None = None,
    datasets: Mapping[str, str | Path] | None = None,
    offline: bool = False,
    max_units: int | None = None,
    time_budget: float | None = None,
    retry_failed: bool = False,
) -> LoadedResults:
    """Run a suite: do what is missing, write tables and page, and give the results.

    The same call goes on where the last one ended, however that was. Progress is told on standard
    error, in a notebook below the cell. An interrupt lets units in progress be finished first.

    Args:
        suite: name of a shipped suite, or the path of a file in ``.toml``.
        fidelity: how much to spend; the suite's default one where not given.
        parts: only these parts of the suite.
        out: run directory; ``runs/SUITE@VERSION/FIDELITY`` with what is added where not given.
        plugins: Python files that register what the suite names.
        strategies: compared, too; such as ``p2`` or ``p2(freeze_after_fraction=0.25)``.
        rankers: that rank the population, too.
        baselines: that are trained, too.
        schemes: by which the population is trained on the long-tailed targets, too.
        conditions: on which the population is trained, too; ``CONDITION`` or ``CONDITION SCHEME``.
        replicates: more of them extend a run.
        reuse: runs or boards whose units are taken over; ``()`` for none. Where not given, the
            suite's own board where its records are at hand.
        workers: processes; one for each core or GPU where not given.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_root: folder that holds datasets by name.
        datasets: name → folder.
        offline: forbids downloads.
        max_units: units to begin at most.
        time_budget: seconds after which no unit is begun.
        retry_failed: tries units again that failed before.

    Returns:
        What ``load_results`` gives for the run's directory, be it complete or not.

    Raises:
        KeyboardInterrupt: it was interrupted, and the workers have ended.
        InputError: what is named does not exist or does not go together, or the run directory
            belongs to another suite.

    Example:
        >>> import imbnas
        >>> results = imbnas.run("mine.toml", out="runs/mine")
        >>> print(results.answer)
        4 architectures are too few for a rank correlation, which needs 10 distinct ones. Of 2
        strategies, the data tell no two apart by the accuracy of what they find (digits@1x to
        digits@10x).
        >>> list(results.tables["adaptation"]["strategy"])[:2]
        ['p0', 'p1']
    """
    if threading.current_thread() is not threading.main_thread():
        raise InputError("run: it handles interrupts; call it in the main thread")
    check_system()
    given: dict[str, Any] = {
        "suite_name": str(suite),
        "fidelity": fidelity,
        "parts": tuple(parts),
        "out": None if out is None else Path(out),
        "plugins": tuple(read_plugin(Path(path)) for path in plugins),
        "strategies": tuple(strategies),
        "rankers": tuple(rankers),
        "baselines": tuple(baselines),
        "schemes": tuple(schemes),
        "conditions": tuple(conditions),
        "replicates": replicates,
        "first_replicate": None,
        "manifests": (),
        "reused": tuple(map(Path, reuse or ())),
        "no_reuse": reuse is not None and not reuse,
        "workers": workers,
        "device": device,
        "precision": "float32",
        "compiled": False,
        "cuda_graphs": False,
        "reproducible": False,
        "data_root": data_root,
        "datasets": tuple(f"{name}={path}" for name, path in (datasets or {}).items()),
        "offline": offline,
        "max_units": max_units,
        "time_budget": time_budget,
    }
    request = run_request(given.get)
    progress = do_missing(request, build_executor("local", ()), "local", retry_failed)
    directory = request.directory
    results = Results.read(directory)
    tables = build_tables(results)
    write_tables(results, directory, tables)
    write_page(results, directory, tables)
    for line in (*results.notes, *(f"left out: {each}" for each in results.damaged)):
        note(line)
    if progress is not None:
        conclude(directory, progress)
    return LoadedResults.of(directory.path, results, tables)
