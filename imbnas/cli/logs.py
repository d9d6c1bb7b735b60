"""``imbnas-bench logs``: what is known of one unit, its failure and its log."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import note, print_json

_WORDS = {"claimed": "running", "missing": "waiting", "blocked": "waiting"}
"""Names of unit states for users, where they differ."""


@click.command("logs")
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.argument("unit")
@json_option
def command(run_dir: Path, unit: str, as_json: bool) -> None:
    """Show state, failure and log of UNIT in RUN_DIR, or a line for each of several units.

    UNIT is the beginning of an identity, a part of a label, or a pattern such as
    'train *digits@20x*'. Several units are listed newest first.
    """
    from imbnas.runs.queue.queue import Queue
    from imbnas.runs.queue.unit_history import unit_histories
    from imbnas.runs.store.opening import open_run
    from imbnas.suites.expand import Expansion

    directory = open_run(run_dir)
    queue = Queue(Expansion(directory.read_suite()).plan(), directory)
    found = unit_histories(queue, unit)
    units = [
        asdict(history)
        | {"state": _WORDS.get(history.state, str(history.state))}
        | {"failure": history.failure and history.failure.model_dump()}
        for history in found.shown
    ]
    if as_json:
        print_json({"units": units, "left_out": found.left_out})
    elif len(units) == 1:
        click.echo("\n".join(_lines(units[0])))
    else:
        for each in units:
            click.echo(_line(each))
        if found.left_out:
            note(f"{found.left_out} older units are left out; give more of the label")
        note("one of them alone, by the beginning of its identity, is shown with its log")


def _line(unit: dict[str, Any]) -> str:
    """When, identity, state and label."""
    since = unit["since"]
    when = f"{datetime.fromtimestamp(since):%Y-%m-%d %H:%M:%S}" if since else "-"
    failure = f": {unit['failure']['error']}" if unit["failure"] else ""
    state = f"{unit['state']}{_took(unit)}{failure}"
    return f"{when:<19}  {unit['identity'][:12]}  {state}  {unit['label']}"


def _took(unit: dict[str, Any]) -> str:
    return "" if unit["seconds"] is None else f" in {unit['seconds']:.2f} s"


def _lines(unit: dict[str, Any]) -> list[str]:
    worker, failure = unit["worker"], unit["failure"]
    by = "" if worker is None else f" (host and process {worker})"
    state = f"state     {unit['state']}{_took(unit)}{by}"
    lines = [unit["label"], f"identity  {unit['identity']}", state]
    if failure:
        lines.append(f"failure   {failure['error']}: {failure['message']}")
        lines += failure["traceback"].splitlines()
    return [*lines, *(unit["log"] or ("no log of it",))]
