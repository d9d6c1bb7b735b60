"""Texts that anybody may have written, made visible: what turns or hides text becomes escapes."""

import unicodedata
from collections.abc import Mapping
from typing import Any

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of controls, formats such as the bidirectional ones, surrogates, and separators."""
_KEPT = "\n\t"


def visible(text: str) -> str:
    r"""The text with escapes such as ``\u202e`` in the place of characters that cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        ascii(each)[1:-1] if unicodedata.category(each) in _UNSEEN and each not in _KEPT else each
        for each in text
    )


def all_visible(value: Any) -> Any:
    """The same for every text within lists and mappings, and for the names of the latter."""
    match value:
        case str():
            return visible(value)
        case Mapping():
            return {visible(name): all_visible(each) for name, each in value.items()}
        case list() | tuple():
            return [all_visible(each) for each in value]
    return value
