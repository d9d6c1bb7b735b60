"""``imbnas-bench export``: the trainings of a run or board as one table, or for other programs."""

from pathlib import Path

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import note, note_damage, print_json


@click.command("export")
@click.argument("source", metavar="RUN_OR_BOARD")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="Where to: a file in .parquet (needs imbnas[parquet]) or .csv; with --format tensorboard "
    "a new folder.",
)
@click.option(
    "--format",
    "form",
    default="table",
    type=click.Choice(["table", "tensorboard"]),
    help="tensorboard: learning curves and results as event files, which `tensorboard --logdir` "
    "shows and `wandb sync` takes over (needs imbnas[tensorboard]).",
)
@json_option
def command(source: str, out: Path, form: str, as_json: bool) -> int:
    """Write one row for each training of RUN_OR_BOARD, and a datasheet beside the file.

    RUN_OR_BOARD is a run directory, or the folder or title of a published board.
    """
    return (_write_events if form == "tensorboard" else _write_table)(source, out, as_json)


def _write_table(source: str, out: Path, as_json: bool) -> int:
    from imbnas.table.export import export

    done = export(source, out)
    failed = int(done.table.frame["failed"].sum())
    if as_json:
        print_json(
            {
                "suite": done.table.suite,
                "files": [str(path) for path in done.files],
                "rows": len(done.table.frame),
                "failed": failed,
                "missing": done.table.n_missing,
            }
        )
    else:
        rows = len(done.table.frame)
        click.echo(f"{done.table.suite}: {rows:,} trainings, {failed:,} of them failed")
        click.echo("\n".join(map(str, done.files)))
    if done.table.n_missing:
        note(f"{done.table.n_missing:,} trainings of the suite are missing; run it to the end")
    for line in done.results.notes:
        note(line)
    return note_damage(done.results.damaged)


def _write_events(source: str, out: Path, as_json: bool) -> int:
    from imbnas.table.events import export_events

    done = export_events(source, out)
    suite = done.results.resolved.heading
    if as_json:
        print_json({"suite": suite, "folder": str(out), "trainings": len(done.folders)})
    else:
        click.echo(f"{suite}: {len(done.folders):,} trainings")
        click.echo(f"{out}: tensorboard --logdir shows it, wandb sync takes it over")
    for line in done.results.notes:
        note(line)
    return note_damage(done.results.damaged)
