"""Reads TOML files that users write: bounded in size and depth, every fault as one line."""

import re
import tomllib
from pathlib import Path
from typing import Any

from imbnas.errors import InputError
from imbnas.regular_files import IrregularFileError, read_text

LARGEST_FILE = 2**20
"""Bytes: 1 MiB, thirty times the largest suite that ships."""
MOST_NESTED = 50
"""Tables and arrays inside each other; the deepest value of a suite stands in six."""
MOST_DIGITS = 4300
"""Of an integer: Python refuses to read more."""

_PIECES = re.compile(r"[=,\[\]{}\n]")


def read_toml(path: Path, what: str) -> tuple[str, dict[str, Any]]:
    """Text and content of a TOML file.

    Args:
        path: of the file.
        what: opens every message, such as ``suite FILE``.

    Raises:
        InputError: the file cannot be read, is not TOML, or goes beyond the limits above.
    """
    try:
        text = read_text(path, LARGEST_FILE, follow=True)
    except IrregularFileError as error:
        raise InputError(f"{what}: {error.strerror}; give the path of a TOML file") from None
    except UnicodeDecodeError:
        raise InputError(
            f"{what}: it is not UTF-8 text; give the path of a readable TOML file"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{what}: {reason}; give the path of a readable TOML file") from None
    return text, parse_toml(text, what)


def parse_toml(text: str, what: str) -> dict[str, Any]:
    """Content of a TOML text.

    Raises:
        InputError: it is not TOML, or goes beyond the limits above.
    """
    # Reading a key takes time with the square of its parts.
    if any(piece.count(".") > MOST_NESTED for piece in _PIECES.split(text)):
        raise InputError(f"{what}: not valid TOML: a key of more than {MOST_NESTED} parts")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{what}: not valid TOML: {error}") from None
    except RecursionError:
        raise InputError(_too_deep(what)) from None
    except ValueError:
        raise InputError(
            f"{what}: not valid TOML: an integer of more than {MOST_DIGITS} digits"
        ) from None
    if _depth(content) > MOST_NESTED:
        raise InputError(_too_deep(what))
    return content


def _too_deep(what: str) -> str:
    return f"{what}: tables and arrays stand more than {MOST_NESTED} deep in each other"


def _depth(content: dict[str, Any]) -> int:
    depth = 0
    level: list[dict[str, Any] | list[Any]] = [content]
    while level:
        depth += 1
        values = [
            value for each in level for value in (each.values() if isinstance(each, dict) else each)
        ]
        level = [value for value in values if isinstance(value, dict | list)]
    return depth
