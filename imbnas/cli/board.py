"""``imbnas-bench board``: a static site of all boards."""

from pathlib import Path

import click

from imbnas.cli.options import json_option
from imbnas.cli.output import note, print_json


@click.command("board")
@click.argument("boards", metavar="BOARDS", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the site; files there that are of no site stay.",
)
@json_option
def command(boards: Path, out: Path, as_json: bool) -> int:
    """Write a site over BOARDS, the folder of all boards, such as leaderboards/.

    It has an overview, index.html, and the page of each board; it needs neither a server nor a
    network.
    """
    from imbnas.leaderboards.site.site import write_site

    site = write_site(boards, out)
    without = [board.title for board in site.boards if not board.has_records]
    if as_json:
        print_json(
            {
                "site": str(out / "index.html"),
                "boards": [board.title for board in site.boards],
                "without_records": without,
                "links_left_out": [str(link) for link in site.links],
            }
        )
    else:
        click.echo(
            f"{out / 'index.html'}: {len(site.boards)} boards, {len(without)} without records"
        )
    for link in site.links:
        note(f"left out: {link}: a link; only folders are boards")
    return 0
