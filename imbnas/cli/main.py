"""Entry point: finds the command, and turns errors into one line and an exit status."""

import sys
from importlib import import_module
from typing import Any, NoReturn

import click

import imbnas
from imbnas.cli.commands import COMMANDS
from imbnas.errors import ImbnasError, InputError, suggest
from imbnas.file_systems import ROOM_HELPS
from imbnas.isolation.streams import open_standard_streams

FULL_DISK = 1
BAD_INPUT = 2
INTERRUPTED = 130

_LINE = 4000
"""Characters of a message; a fault may quote what a file holds."""

_GO_ON = {"run", "merge"}
"""Commands that keep what they have done."""


class _InterruptedError(Exception):
    """Ctrl-C while a command ran; the text says what the same command does when given again."""


class _NobodyReadsError(Exception):
    """The reader of standard output has gone."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click would tell an ``EOFError`` as Ctrl-D, and stop at EPIPE itself."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise _InterruptedError(_after_interrupt(ctx.invoked_subcommand)) from None
        except EOFError as error:
            # A compiled module that was cut off, or a library that reads a damaged file.
            raise RuntimeError(f"a file ends too early ({error})") from error
        except BrokenPipeError:
            raise _NobodyReadsError from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of a user's journey."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

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
    open_standard_streams()
    try:
        status = group.main(args=arguments, prog_name="imbnas-bench", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        _fail(error.format_message(), BAD_INPUT)
    except ImbnasError as error:
        _fail(str(error), BAD_INPUT if isinstance(error, InputError) else 1)
    except _InterruptedError as stop:
        _fail(str(stop), INTERRUPTED)
    except (click.Abort, KeyboardInterrupt):
        _fail(_after_interrupt(None), INTERRUPTED)
    except (BrokenPipeError, _NobodyReadsError):
        # The reader of a pipe has gone, as in `imbnas-bench list | head`.
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail(_reason(error), FULL_DISK if error.errno in ROOM_HELPS else BAD_INPUT)
    sys.exit(status if isinstance(status, int) else 0)


def _after_interrupt(command: str | None) -> str:
    if command in _GO_ON:
        return "interrupted; the same command goes on where this one stopped"
    return "interrupted; nothing of it is kept, the same command starts again"


def _reason(error: OSError) -> str:
    place = error.filename2 or error.filename or "disk"
    remedy = (
        "free some space and give the same command again"
        if error.errno in ROOM_HELPS
        else "give a path that can be read and written"
    )
    return f"{place}: {error.strerror or error}; {remedy}"


def _fail(message: str, status: int) -> NoReturn:
    from imbnas.error_texts import shortened

    click.echo("Error: " + shortened(" ".join(message.split()), _LINE), err=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
