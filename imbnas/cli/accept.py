"""``imbnas-bench accept``: a submission becomes rows of its board."""

from datetime import UTC, datetime
from pathlib import Path

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import print_json


@click.command("accept")
@click.argument("file", metavar="FILE", required=False, type=click.Path(path_type=Path))
@click.option(
    "--board",
    required=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Board that takes it, as leaderboards/lt-digits@3/mini.",
)
@click.option(
    "--recomputed",
    type=click.Path(path_type=Path),
    metavar="JSON",
    help="What `verify FILE --recompute N --json` has printed.",
)
@click.option("--withdraw", metavar="NAME", help="Mark a submission of the board as withdrawn.")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Day that the board names.  [default: today, UTC]",
)
@click.option(
    "--site",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also write the site of all boards again.",
)
@json_option
def command(
    file: Path | None,
    board: Path,
    recomputed: Path | None,
    withdraw: str | None,
    day: datetime | None,
    site: Path | None,
    as_json: bool,
) -> int:
    """Verify the submission FILE and take it into a board: records, tables, page, pictures.

    Nothing of it is executed. With --withdraw NAME, rows of an accepted submission stay, marked as
    withdrawn, and nothing is compared with them any more.
    """
    from imbnas.submissions.accepting import accept
    from imbnas.submissions.accepting import withdraw as take_back

    if (file is None) == (withdraw is None) or (withdraw and recomputed):
        raise click.UsageError("give FILE, with --recomputed JSON if there is one; or --withdraw")
    date = (day or datetime.now(UTC)).date()
    if file is not None:
        line = accept(file, board, date, recomputed, site)
    else:
        line = take_back(str(withdraw), board, date, site)
    if as_json:
        print_json({"board": str(board), **line.model_dump(mode="json")})
    else:
        click.echo(f"{board}: {line.state} {line.name}, recomputed: {line.verified}")
    return 0
