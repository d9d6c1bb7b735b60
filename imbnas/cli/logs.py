"""``imbnas-bench logs``: what is known of one unit, its failure and its log."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import print_json

_WORDS = {"claimed": "running", "missing": "waiting", "blocked": "waiting"}
"""Names of unit states for users, where they differ."""


@click.command("logs")
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.argument("unit")
@json_option
def command(run_dir: Path, unit: str, as_json: bool) -> None:
    """Show state, failure and log of UNIT in RUN_DIR.

    UNIT is the beginning of an identity, a part of a label, or a pattern such as
    'train *digits@20x*'.
    """
    from imbnas.runs.queue.queue import Queue
    from imbnas.runs.queue.unit_history import unit_histories
    from imbnas.runs.store.opening import open_run
    from imbnas.suites.expand import Expansion

    directory = open_run(run_dir)
    queue = Queue(Expansion(directory.read_suite()).plan(), directory)
    units = [
        asdict(history)
        | {"state": _WORDS.get(history.state, str(history.state))}
        | {"failure": history.failure and history.failure.model_dump()}
        for history in unit_histories(queue, unit)
    ]
    if as_json:
        print_json({"units": units})
    else:
        click.echo("\n\n".join("\n".join(_lines(each)) for each in units))


def _lines(unit: dict[str, Any]) -> list[str]:
    seconds, worker, failure = unit["seconds"], unit["worker"], unit["failure"]
    took = "" if seconds is None else f" in {seconds:.2f} s"
    by = "" if worker is None else f" (host and process {worker})"
    lines = [unit["label"], f"identity  {unit['identity']}", f"state     {unit['state']}{took}{by}"]
    if failure:
        lines.append(f"failure   {failure['error']}: {failure['message']}")
        lines += failure["traceback"].splitlines()
    return [*lines, *(unit["log"] or ("no log of it",))]
