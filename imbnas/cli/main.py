"""Entry point: finds the command, and turns errors into one line and an exit status."""

import errno
import sys
from importlib import import_module
from typing import NoReturn

import click

import imbnas
from imbnas.error_texts import shortened
from imbnas.errors import ImbnasError, InputError, suggest

FULL_DISK = 1
BAD_INPUT = 2
INTERRUPTED = 130

_LINE = 4000
"""Characters of a message; a fault may quote what a file holds."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}

COMMANDS = (
    "plan", "run", "status", "logs", "leaderboard", "report", "publish", "merge", "submit",
    "verify", "export", "replay", "list", "show", "train", "correlate",
)  # fmt: skip


class LazyGroup(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of a user's journey."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"imbnas.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Offer the nearest names for an unknown command."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"unknown command {args[0]!r}{suggest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.version_option(imbnas.__version__, prog_name="imbnas-bench")
def group() -> None:
    """Benchmark neural architecture search on long-tailed image data."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Exit status: 0 complete, 1 failed units or damaged records remain, 2 bad input or refused
    directory, 3 stopped by a budget with work left, 130 interrupted.
    """
    try:
        status = group.main(args=arguments, prog_name="imbnas-bench", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        _fail(error.format_message(), BAD_INPUT)
    except ImbnasError as error:
        _fail(str(error), BAD_INPUT if isinstance(error, InputError) else 1)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted; the same command goes on where this one stopped", INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has gone, as in `imbnas-bench list | head`.
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail(_reason(error), FULL_DISK if error.errno in _FULL else BAD_INPUT)
    sys.exit(status if isinstance(status, int) else 0)


def _reason(error: OSError) -> str:
    place = error.filename2 or error.filename or "disk"
    remedy = (
        "free some space and give the same command again"
        if error.errno in _FULL
        else "give a path that can be read and written"
    )
    return f"{place}: {error.strerror or error}; {remedy}"


def _fail(message: str, status: int) -> NoReturn:
    click.echo("Error: " + shortened(" ".join(message.split()), _LINE), err=True)
    sys.exit(status)
