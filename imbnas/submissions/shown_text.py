"""Texts of others that will stand in tables and on pages."""

from typing import Annotated

from pydantic import AfterValidator, Field

FORMULA = ("=", "+", "-", "@", "'", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


def text_fault(text: str) -> str | None:
    """What is wrong with a text that people will read; ``None`` if nothing is.

    Characters that steer a terminal, or the direction of writing, and those that nobody can see
    are no letters of a name.
    """
    hidden = next((character for character in text if not character.isprintable()), None)
    if hidden is not None:
        return f"it holds the character U+{ord(hidden):04X}, which controls how text is shown"
    if text != text.strip():
        return "it begins or ends with a space"
    if text.startswith(FORMULA):
        return f"it begins with {text[0]!r}, as a formula of a spreadsheet"
    if "<" in text or ">" in text:
        return "it holds '<' or '>'"
    return None


def printable(text: str) -> str:
    """A text with escapes in place of characters that control how it is shown."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _checked(text: str) -> str:
    if fault := text_fault(text):
        raise ValueError(fault)
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_checked)]
"""One line for people."""
Url = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9][!#-&(-;=?-~]*$", max_length=500)]
Licence = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+() -]*$", max_length=100)]
"""As SPDX writes them: ``MIT``, ``Apache-2.0 OR MIT``."""
