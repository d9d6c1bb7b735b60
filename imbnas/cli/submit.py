"""``imbnas-bench submit``: one file of what a run has beyond its board."""

from pathlib import Path

import click

from imbnas.cli.options import board_option, json_option
from imbnas.cli.output import print_json


@click.command("submit")
@click.argument("run_dir", metavar="RUN_DIR", type=click.Path(path_type=Path))
@click.option("--title", required=True, metavar="TEXT", help="What is handed in.")
@click.option("--author", required=True, metavar="TEXT", help="Who hands it in.")
@click.option("--url", metavar="URL", help="A paper or a repository.")
@click.option("--licence", metavar="SPDX", help="Of plug-in and records, as MIT.")
@board_option
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The submission, as mine.imbnas.",
)
@json_option
def command(
    run_dir: Path,
    title: str,
    author: str,
    url: str | None,
    licence: str | None,
    board: Path | None,
    out: Path,
    as_json: bool,
) -> int:
    """Pack what RUN_DIR has beyond its board: records, plug-ins, versions and machine.

    RUN_DIR is what `imbnas-bench run` with --strategy, --ranker, --baseline, --scheme or
    --condition has written. A run with gaps or failures is refused.
    """
    from imbnas.runs.store.opening import open_run
    from imbnas.submissions.board import find_board
    from imbnas.submissions.packing import Told, submit

    directory = open_run(run_dir)
    found = find_board(board, directory.read_suite().title)
    about = submit(directory, found, Told(title, author, url, licence), out)
    size = out.stat().st_size
    if as_json:
        print_json({"file": str(out), "bytes": size, **about.model_dump(mode="json")})
        return 0
    click.echo(f"{out}: {about.records:,} records for {about.suite}, {size:,} bytes")
    click.echo(f"earlier runs of the same name known beside it: {about.earlier_runs}")
    return 0
