"""Pages of the documentation, taken apart and run."""

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every fenced block of a page, in order; lists may indent them."""
    found = re.findall(r"^( *)```([\w{}-]*)\n(.*?)^\1```$", page.read_text(), re.M | re.S)
    return [
        (language, re.sub(f"^{indent}", "", code, flags=re.M)) for indent, language, code in found
    ]


def joined(code: str) -> str:
    """A block whose broken lines are whole."""
    return re.sub(r"\s*\\\n\s*", " ", code)


def commands(code: str) -> list[list[str]]:
    """Words of each command in a block, without comments."""
    told = [
        shlex.split(line.removeprefix("$ "), comments=True) for line in joined(code).splitlines()
    ]
    return [words for words in told if words]


def outputs(code: str, names: dict[str, Any]) -> str:
    """What a block of Python prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, names)
    return said.getvalue()
