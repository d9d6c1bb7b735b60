"""``imbnas-bench logs``: what is known of one unit, its failure and its log."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import print_json

if TYPE_CHECKING:
    from imbnas.runs.store.unit_history import UnitHistory


@click.command("logs")
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.argument("unit")
@json_option
def command(run_dir: Path, unit: str, as_json: bool) -> None:
    """Show state, failure and log of UNIT in RUN_DIR.

    UNIT is the beginning of an identity, a part of a label, or a pattern such as
    'train *digits@20x*'.
    """
    from imbnas.runs.queue.best_found import known_units
    from imbnas.runs.store.directory import RunDirectory
    from imbnas.runs.store.unit_history import find_units, unit_history
    from imbnas.suites.expand import Expansion

    directory = RunDirectory(run_dir)
    units = known_units(Expansion(directory.read_suite()).plan(), [directory])
    histories = [
        unit_history(directory, units, identity) for identity in find_units(directory, units, unit)
    ]
    if as_json:
        fields = [
            {**asdict(each), "failure": each.failure and each.failure.model_dump()}
            for each in histories
        ]
        print_json({"units": fields})
        return
    click.echo("\n\n".join("\n".join(_lines(each)) for each in histories))


def _lines(history: "UnitHistory") -> list[str]:
    lines = [history.label, f"identity  {history.identity}"]
    state: str = history.state
    if history.seconds is not None:
        state += f" in {history.seconds:.2f} s"
    if history.worker is not None:
        state += f" (host and process {history.worker})"
    lines.append(f"state     {state}")
    if history.failure is not None:
        lines.append(f"failure   {history.failure.error}: {history.failure.message}")
        lines += history.failure.traceback.splitlines()
    return [*lines, *(history.log or ("no log of it",))]
