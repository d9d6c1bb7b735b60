"""``imbnas-bench merge``: one run of several."""

from pathlib import Path

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import note, print_json

CONFLICTS = 1


@click.command("merge")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Run directory that takes the units; a new one, or one of the same suite.",
)
@json_option
def command(runs: tuple[Path, ...], out: Path, as_json: bool) -> int:
    """Put runs of one suite together: units of every RUN that DIR does not have.

    A RUN is a run directory, a board, or the archive of one. Where two of them have computed one
    unit with different results, both are kept and told; exit status 1.
    """
    from imbnas.runs.merging import merge
    from imbnas.runs.reuse import reusable
    from imbnas.runs.store.directory import RunDirectory

    directory = RunDirectory(out)
    merged = merge([reusable(run, "merge") for run in runs], directory)
    units = {str(path): count for path, count in merged.taken.units.items()}
    if as_json:
        print_json(
            {
                "suite": merged.suite.title,
                "out": str(out),
                "units": units,
                "left": merged.taken.left,
                "conflicts": merged.conflicts,
            }
        )
    for path, count in units.items():
        note(f"{count} units taken over from {path}")
    for line in merged.taken.left:
        note(f"not taken over: {line}")
    for label in merged.conflicts:
        note(f"another result is kept: {label}")
    if conflict := directory.conflict_note():
        note(conflict)
    return CONFLICTS if merged.conflicts or merged.taken.left else 0
