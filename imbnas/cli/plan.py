"""``imbnas-bench plan``: what a run would do, spend and take, before anything runs."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.durations import told_range
from imbnas.cli.options import data_options, json_option, plugin_files_option
from imbnas.cli.output import note, print_json
from imbnas.cli.suite_options import suite_options

if TYPE_CHECKING:
    from imbnas.planning.plan import RunPlan
    from imbnas.runs.request import RunRequest

_DAY = 24 * 3600.0


@click.command("plan")
@suite_options
@data_options
@plugin_files_option
@json_option
def command(request: "RunRequest", as_json: bool) -> None:
    """Tell what `run` would do with the same options, what it would spend and how long it takes.

    Nothing is written. A few steps are trained to see how fast this machine is.
    """
    from imbnas.cli.devices import cores
    from imbnas.planning.plan import Planner

    planned = Planner(request, cores()).plan(request.fidelity)
    if request.compiled:
        note("The time does not include what torch.compile takes: minutes for each network.")
    if as_json:
        print_json(_fields(planned))
        return
    for line in _lines(planned):
        click.echo(line)


def _fields(planned: "RunPlan") -> dict[str, Any]:
    return {
        "suite": planned.title,
        "replicates": planned.replicates,
        "device": planned.device_type,
        "workers": planned.workers,
        "out": str(planned.out),
        "kinds": [asdict(total) for total in planned.totals],
        "units": sum(total.units for total in planned.totals),
        "known": sum(total.known for total in planned.totals),
        "unforeseen": sum(total.unforeseen for total in planned.totals),
        "images_seen": sum(total.images_seen for total in planned.totals),
        "macs": sum(total.macs for total in planned.totals),
        "seconds": asdict(planned.time),
        "told": told_range(planned.time.low, planned.time.high),
        "fits_in_a_night": planned.alternative and asdict(planned.alternative),
    }


def _lines(planned: "RunPlan") -> list[str]:
    from tabulate import tabulate

    rows = [
        {
            "kind": total.kind,
            "units": f"{total.units:,}",
            "known": f"{total.known:,}",
            "images to see": f"{total.images_seen:,}",
            "multiply-accumulates": ("" if total.exact else "about ") + f"{total.macs:.3g}",
        }
        for total in planned.totals
    ]
    known, units = (sum(getattr(t, name) for t in planned.totals) for name in ("known", "units"))
    lines = [
        f"{planned.title}, {planned.replicates} replicates, into {planned.out}",
        "",
        tabulate(rows, headers="keys", disable_numparse=True, colalign=("left", *["right"] * 4)),
        "",
        f"{known:,} of {units:,} units are known already.",
    ]
    unforeseen = sum(total.unforeseen for total in planned.totals)
    if unforeseen:
        lines.append(f"What {unforeseen:,} units will spend cannot be told; it comes on top.")
    return [*lines, *_time_lines(planned, known == units)]


def _time_lines(planned: "RunPlan", complete: bool) -> list[str]:
    where = f"here with {planned.workers} worker(s) on {planned.device_type}"
    if complete:
        return ["Nothing is left to compute."]
    told = told_range(planned.time.low, planned.time.high)
    lines = [f"Time {where}: about {told}, from a few steps timed just now."]
    if planned.time.high <= _DAY:
        return lines
    lines.append("That is more than a day.")
    other = planned.alternative
    if other is None:
        lines.append("No fidelity of this suite fits in a night here.")
    else:
        less = told_range(other.low, other.high)
        lines.append(f"--fidelity {other.fidelity} fits in a night: about {less}.")
    return lines
