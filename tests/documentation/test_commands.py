"""Every command that the documentation shows is one that the command line takes."""

import itertools
import re

import click
import pytest

from imbnas.cli.main import COMMANDS, group

from .pages import DOCS, blocks, commands, joined

ROOT = DOCS.parent
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("leaderboards/*.md")])
SHELL = ("", "sh", "bash", "console", "shell")


def shown() -> list[tuple[str, tuple[str, ...]]]:
    """Page and words behind ``imbnas-bench`` of every command, in blocks and in sentences."""
    found = set()
    for page in PAGES:
        code = "".join(code for language, code in blocks(page) if language in SHELL)
        lines = re.findall(r"^(?:\$ )?(imbnas-bench .*)$", joined(code), re.MULTILINE)
        text = re.sub(r"^( *)```.*?^\1```", "", page.read_text(), flags=re.M | re.S)
        lines += re.findall(r"`(imbnas-bench [^`]+)`", text)
        for _, *words in commands("\n".join(lines)):
            if words[0] in COMMANDS:
                found.add((str(page.relative_to(ROOT)), tuple(words)))
            else:
                assert words[0].isupper() or words[0].startswith("-"), (page, words)
    return sorted(found)


def parse(command: click.Command, words: list[str], parent: click.Context) -> None:
    context = click.Context(command, info_name=command.name, parent=parent)
    if isinstance(command, click.Group):
        inner = command.get_command(context, words[0])
        assert inner is not None, words
        parse(inner, words[1:], context)
        return
    _, left, _ = command.make_parser(context).parse_args([*words])
    assert not left, f"{left} is left over"


@pytest.mark.parametrize(("page", "words"), shown(), ids=lambda each: str(each)[:70])
def test_its_options_are_there(page: str, words: tuple[str, ...]) -> None:
    # What a shell does with the output is not the command's.
    told = [
        word for word in itertools.takewhile(lambda word: word not in "|>", words) if word != "…"
    ]
    context = click.Context(group, info_name="imbnas-bench")
    command = group.get_command(context, told[0])
    assert command is not None
    parse(command, told[1:], context)
