"""The command line, as its own help tells it."""

from collections.abc import Iterator

import click

from generators.markdown import code, plain, table
from imbnas.cli.main import group


def text() -> str:
    """Every command with its arguments and options."""
    return "\n\n".join(_of(group, click.Context(group, info_name="imbnas-bench")))


def _of(command: click.Command, context: click.Context) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _of(inner, click.Context(inner, info_name=name, parent=context))
        return
    path = context.command_path
    yield f"## {path.removeprefix('imbnas-bench ')}"
    yield f"```text\n{path} {' '.join(command.collect_usage_pieces(context))}\n```"
    yield from _paragraphs(command.help or "")
    told = [each.get_help_record(context) for each in command.get_params(context)]
    rows = [(code(name), plain(says)) for name, says in filter(None, told)]
    if rows:
        yield table(("option", "what it does"), rows)


def _paragraphs(help_text: str) -> Iterator[str]:
    for paragraph in help_text.split("\n\n"):
        if "\b" in paragraph:
            yield "```text\n" + paragraph.replace("\b\n", "").strip("\n") + "\n```"
        else:
            yield plain(paragraph)
