"""``imbnas-bench verify``: whether a submission is what it says, without believing it."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import imbnas
from imbnas.cli.options import board_option, data_options, json_option
from imbnas.cli.output import note, print_json
from imbnas.cli.quantities import Duration, Size
from imbnas.units.largest import MOST_WORKERS

if TYPE_CHECKING:
    from imbnas.submissions.recomputing import Recomputed
    from imbnas.submissions.verification import Verification

FAILED = 1


@click.command("verify")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@board_option
@click.option(
    "--recompute",
    "amount",
    metavar="SHARE%|N",
    help="Also do so many of its units again, drawn by the file's hash and a nonce.",
)
@click.option("--nonce", metavar="HEX", help="Of the draw.  [default: random, and printed]")
@click.option(
    "--allow-code",
    is_flag=True,
    help="Run plug-ins of the submission, too. They have your rights: read them before.",
)
@click.option(
    "--workers", type=click.IntRange(1, MOST_WORKERS), default=1, help="Processes for --recompute."
)
@click.option("--executor", "executor_name", default="local", metavar="NAME", hidden=True)
@click.option("--unit-time-limit", type=Duration(), metavar="T", default="1h", help="Of each unit.")
@click.option("--unit-memory-limit", type=Size(), default="8GB", help="Of each unit.")
@data_options
@json_option
def command(
    file: Path,
    board: Path | None,
    amount: str | None,
    nonce: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Check the submission FILE against its board.

    Nothing of it is executed, imported or unpacked to disk, unless --recompute --allow-code says
    so. Exit status: 0 verified, 1 a check failed, 2 no submission that can be read.
    """
    from imbnas.submissions.board import find_board
    from imbnas.submissions.draw import Amount, check_nonce
    from imbnas.submissions.reading import read_submission
    from imbnas.submissions.verification import Verification

    wanted = Amount.read(amount) if amount is not None else None
    if wanted is None and (nonce or options["allow_code"]):
        raise click.UsageError("--nonce and --allow-code go with --recompute")
    if nonce is not None:
        check_nonce(nonce)
    submission = read_submission(file)
    verification = Verification(submission, find_board(board, submission.suite.title))
    passed = verification.passed
    if not as_json:
        _print_checks(verification)
    recomputed = None
    if wanted is not None and not passed:
        note("nothing is recomputed of what fails the checks above")
    elif wanted is not None:
        import secrets  # every command is imported for --help

        drawn_by = nonce or secrets.token_hex(16)
        note(f"nonce {drawn_by}, file {submission.sha256}")
        recomputed = _recompute(verification, wanted, drawn_by, options)
        passed = recomputed.fault is None
        if not as_json:
            _print_recomputed(recomputed)
    if as_json:
        print_json(_told(verification, recomputed, passed))
    elif passed:
        share = f", {recomputed.drawn} of {recomputed.pool} units recomputed" if recomputed else ""
        click.echo(f"verified{share}")
    else:
        click.echo("not verified")
    return 0 if passed else FAILED


def _recompute(
    verification: "Verification", amount: Any, nonce: str, options: dict[str, Any]
) -> "Recomputed":
    from imbnas.cli.progress import progress_display
    from imbnas.data.locations import DataLocations
    from imbnas.runs.executors.registry import build_executor
    from imbnas.runs.limits import Limits
    from imbnas.submissions.recomputing import Recomputation
    from imbnas.submissions.without_network import Launcher, without_network

    allowed = options["allow_code"]
    launcher = without_network() if allowed else Launcher((), "no code of the submission runs")
    note(launcher.told)
    locations = DataLocations.from_options(
        options["data_root"], options["datasets"], options["offline"]
    )
    title = verification.submission.suite.title
    with tempfile.TemporaryDirectory(prefix="imbnas-verify-") as folder:
        return Recomputation(
            verification.submission,
            verification.board,
            verification.records,
            Path(folder) / "run",
            locations,
            build_executor(options["executor_name"], ()),
            options["workers"],
            Limits(options["unit_time_limit"], options["unit_memory_limit"]),
            allow_code=allowed,
            launcher=launcher.command,
            display=lambda queue: progress_display(title, queue),
        ).run(amount, nonce)


def _print_checks(verification: "Verification") -> None:
    for check in verification.checks:
        click.echo(f"{check.name:<14} {check.outcome:<12} {check.detail}")


def _print_recomputed(recomputed: "Recomputed") -> None:
    for each in recomputed.compared:
        detail = f"  {each.detail}" if each.detail else ""
        click.echo(f"{each.identity[:12]} {each.likeness:<12} {each.label}{detail}")
    click.echo(f"drawn: {recomputed.drawn} of {recomputed.pool} units")
    if recomputed.left_out:
        click.echo(
            f"{recomputed.left_out} further units run code of the submission; --allow-code draws "
            "from them, too"
        )
    for chance in recomputed.chances:
        click.echo(
            f"{chance.mean}: 2 points more take {chance.forged} forged records at least, found "
            f"with probability {chance.probability:.3f}; if all were forged, {chance.if_all:.3f}"
        )
    if recomputed.fault:
        click.echo(f"{'recomputed':<14} {'failed':<12} {recomputed.fault}")


def _told(
    verification: "Verification", recomputed: "Recomputed | None", passed: bool
) -> dict[str, Any]:
    from dataclasses import asdict

    submission = verification.submission
    told: dict[str, Any] = {
        "file": str(submission.path),
        "sha256": submission.sha256,
        "submission": submission.about.model_dump(mode="json"),
        "version": imbnas.__version__,
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "board": str(verification.board.path),
        "verified": passed,
        "checks": [asdict(check) for check in verification.checks],
    }
    if recomputed is not None:
        told["recomputed"] = {**asdict(recomputed), "fault": recomputed.fault}
    return told
