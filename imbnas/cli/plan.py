"""``imbnas-bench plan``: what a run would do, spend and take, before anything runs."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.durations import format_range
from imbnas.cli.options import data_options, json_option, plugin_files_option
from imbnas.cli.output import note, print_json
from imbnas.cli.suite_options import suite_options

if TYPE_CHECKING:
    from imbnas.planning.detectable import DetectableChange, DetectableDifference
    from imbnas.planning.plan import RunPlan
    from imbnas.planning.reweighting import ReweightedTrainings
    from imbnas.runs.request import RunRequest

_DAY = 24 * 3600.0


@click.command("plan")
@suite_options
@data_options
@plugin_files_option
@json_option
def command(request: "RunRequest", as_json: bool) -> None:
    """Show what `run` would do with the same options, what it would spend and how long it takes.

    Nothing is written. Units of each kind are done in short, for some seconds, to see how fast
    this machine is.
    """
    from imbnas.cli.devices import check_processor, cores
    from imbnas.planning.apart import plan_apart

    if request.reproducible:
        check_processor()
    planned = plan_apart(request, cores())
    if request.compiled:
        note("The time does not include what torch.compile takes: minutes for each network.")
    if request.cuda_graphs:
        note("The time is that of trainings without CUDA graphs.")
    if as_json:
        print_json(_fields(request, planned))
        return
    for line in _lines(request, planned):
        click.echo(line)


def _fields(request: "RunRequest", planned: "RunPlan") -> dict[str, Any]:
    kinds = [asdict(total) for total in planned.totals]
    for kind in kinds:
        kind["unforeseen"] = kind.pop("of_unknown_cost")
    summed = ("units", "known", "unforeseen", "images_seen", "macs")
    return {
        "suite": planned.title,
        "replicates": planned.replicates,
        "device": request.device_type,
        "workers": request.workers,
        "out": str(request.directory.path),
        "kinds": kinds,
        **{name: sum(kind[name] for kind in kinds) for name in summed},
        "parts": [asdict(part) for part in planned.parts],
        "reweighted": [
            {**each._asdict(), "spent": each.spent._asdict()} for each in planned.reweighted
        ],
        "detectable": asdict(planned.detectable),
        "seconds": asdict(planned.time),
        "untimed": asdict(planned.untimed),
        "told": format_range(planned.time.low, planned.time.high),
        "fits_in_a_night": planned.alternative
        and {"fidelity": planned.alternative[0], **asdict(planned.alternative[1])},
    }


def _lines(request: "RunRequest", planned: "RunPlan") -> list[str]:
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
        f"{planned.title}, {planned.replicates} replicates, into {request.directory.path}",
        "",
        tabulate(rows, headers="keys", disable_numparse=True, colalign=("left", *["right"] * 4)),
        "",
        f"{known:,} of {units:,} units are known already.",
    ]
    if planned.parts[1:]:
        lines += ["", *_part_lines(planned), ""]
    if planned.of_unknown_cost:
        named = ", ".join(f"{n:,} x {what}" for what, n in planned.of_unknown_cost.items())
        lines.append(f"The cost of some units is unknown and comes on top: {named}.")
    lines += map(_reweighting_line, planned.reweighted)
    lines += map(_change_line, planned.detectable.changes)
    lines += map(_difference_line, planned.detectable.differences)
    return [*lines, *_time_lines(request, planned, known == units)]


def _part_lines(planned: "RunPlan") -> list[str]:
    from tabulate import tabulate

    rows = [
        {
            "part": part.part,
            "units": f"{part.units:,}",
            "known": f"{part.known:,}",
            "multiply-accumulates": f"{part.macs:.3g}",
            "time alone": format_range(part.time.low, part.time.high) if part.macs else "",
        }
        for part in planned.parts
    ]
    table = tabulate(rows, headers="keys", disable_numparse=True, colalign=("left", *["right"] * 4))
    return [table, "Parts share units, so that all of them take less than their sum."]


def _reweighting_line(row: "ReweightedTrainings") -> str:
    start, share, dose = row.spent
    return (
        f"{row.scheme} in {row.trained}: re-weighted from epoch {start} of {row.epochs}, "
        f"{100 * share:.2g}% of the sum of learning rates, as {dose:.3g} steps at the peak rate."
    )


def _change_line(found: "DetectableChange") -> str:
    where = f"Rankings ({', '.join(found.parts)})"
    given = f"if two seeds agree at tau {found.seed_tau:.2g}"
    if found.seed_tau_from != "assumed":
        given += f", as in the published {found.seed_tau_from}"
    if found.true_tau is None:
        return f"{where}: too few networks or replicates to find any change, {given}."
    change = f"a change to a true tau of {found.true_tau:.2f}"
    return f"{where}: {given}, {change} is found in 80% of runs."


def _difference_line(found: "DetectableDifference") -> str:
    where = f"Strategies ({', '.join(found.parts)})"
    if found.standard_deviations is None:
        return f"{where}: one replicate shows no difference."
    size = f"{found.standard_deviations:.1f} standard deviations"
    if found.percentage_points is not None:
        size += (
            f", {found.percentage_points:.1f} points by the published "
            f"{found.percentage_points_from},"
        )
    return f"{where}: a difference of {size} is found in 80% of runs."


def _time_lines(request: "RunRequest", planned: "RunPlan", complete: bool) -> list[str]:
    if complete:
        return ["Nothing is left to compute."]
    where = f"here with {request.workers} worker(s) on {request.device_type}"
    told = format_range(planned.time.low, planned.time.high)
    lines = [f"Time {where}: about {told}, from shortened units timed just now."]
    if planned.untimed.units:
        lines.append(
            f"Of that, {planned.untimed.units:,} units with {planned.untimed.share:.0%} of the "
            "multiply-accumulates were not timed, which would have taken too long: they are taken "
            "to do as many a second as others of their kind."
        )
    if planned.time.high <= _DAY:
        return lines
    lines.append("That is more than a day.")
    looked_at = (
        f", {' and '.join(planned.passed_over)} not looked at" if planned.passed_over else ""
    )
    if planned.alternative is None:
        lines.append(f"No fidelity of this suite fits in a night here{looked_at}.")
    else:
        fidelity, time = planned.alternative
        less = format_range(time.low, time.high)
        lines.append(
            f"--fidelity {fidelity} fits in a night: about {less}, "
            f"by the multiply-accumulates per second of these units{looked_at}."
        )
    return lines
