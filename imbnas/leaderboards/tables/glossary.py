"""What columns say, read from the documentation of the functions that fill them."""

import inspect
import re
from fnmatch import fnmatchcase
from functools import cache

import imbnas.leaderboards.tables as package
from imbnas.leaderboards.tables.build import TABLES

_ITEM = re.compile(r"^- (.+?)(?=\n- |\n\n|\Z)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"``([^`]+)``")
_HEAD = re.compile(r"(?:``[^`]+``(?:, )?)+: ")


def column_text(table: str, column: str) -> str:
    """What a column of a table says: what it is anywhere, then what it is there.

    Args:
        table: name of it.
        column: of it.

    Returns:
        Plain text; empty for a column that no documentation names.
    """
    general = _documented(package.__doc__ or "")
    own = _documented(TABLES[table].__doc__ or "") if table in TABLES else {}
    told = own.get(column) or _fitting(column, own)
    if column in general or not told:
        told = f"{general.get(column) or _fitting(column, general)} {told}".strip()
    return told


def _fitting(column: str, texts: dict[str, str]) -> str:
    """Text of the most particular pattern that a name fits; empty without one."""
    fitting = [name for name in texts if "*" in name and fnmatchcase(column, name)]
    return texts[max(fitting, key=len)] if fitting else ""


@cache
def _documented(documentation: str) -> dict[str, str]:
    """Names that items of a list begin with → text of the items.

    A name may stand for several: ``balanced_…`` for all that begin alike.
    """
    found: dict[str, str] = {}
    for item in _ITEM.findall(inspect.cleandoc(documentation)):
        names = _NAME.findall(item.partition(":")[0]) or _NAME.findall(item)
        item = " ".join(item.split())
        text = _sentence(_HEAD.sub("", item, count=1) if _HEAD.match(item) else item)
        for name in names:
            name = re.sub("…|METRIC", "*", name)
            found[name] = f"{found[name]} {text}" if name in found else text
    return found


def _sentence(item: str) -> str:
    text = item.replace("``", "").replace("*", "")
    return text if "_" in text.partition(" ")[0] else text[:1].upper() + text[1:]
