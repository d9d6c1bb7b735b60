"""Reads an architecture string from left to right and points at the character that is wrong."""

import re
from collections.abc import Collection
from typing import NoReturn

from imbnas.errors import InputError, suggest

_WORD = re.compile(r"[A-Za-z0-9_]*")
_DIGITS = re.compile(r"[0-9]*")
_CONTEXT = 24


class Scanner:
    """A cursor over the text of an architecture; blanks around it are passed over.

    Args:
        space: registry name, for messages.
        text: what the user wrote.
    """

    def __init__(self, space: str, text: str) -> None:
        self.space = space
        self.text = text
        self.position = len(text) - len(text.lstrip())

    def fail(self, expected: str, position: int | None = None) -> NoReturn:
        """Raise the error that points at ``position``, by default where the cursor stands.

        Raises:
            InputError: always; a ``^`` in the quoted text stands before the wrong character.
        """
        at = self.position if position is None else position
        start, end = max(0, at - _CONTEXT), at + _CONTEXT
        before = ("…" if start else "") + self.text[start:at]
        after = self.text[at:end] + ("…" if end < len(self.text) else "")
        raise InputError(
            f"{self.space} architecture, character {at + 1}: {expected}; in {before}^{after}"
        )

    def literal(self, wanted: str) -> None:
        """Step over ``wanted``, which must come next.

        Raises:
            InputError: something else comes next.
        """
        for offset, character in enumerate(wanted):
            at = self.position + offset
            found = self.text[at : at + 1]
            if found != character:
                self.fail(f"expected {wanted!r}, found {found or 'the end'!r}", at)
        self.position += len(wanted)

    def accept(self, wanted: str) -> bool:
        """Step over ``wanted`` if it comes next, and say whether it did."""
        if not self.text.startswith(wanted, self.position):
            return False
        self.position += len(wanted)
        return True

    def choice(self, kind: str, known: Collection[str]) -> str:
        """Read one of the ``known`` words; ``kind`` names them in the message.

        Raises:
            InputError: another word, or none, comes next.
        """
        found = _WORD.match(self.text, self.position)
        word = found.group() if found else ""
        if word not in known:
            self.fail(f"unknown {kind} {word!r}{suggest(word, known)}")
        self.position += len(word)
        return word

    def integer(self, kind: str, allowed: Collection[int]) -> int:
        """Read one of the ``allowed`` numbers; ``kind`` names it in the message.

        Raises:
            InputError: another number, or none, comes next.
        """
        found = _DIGITS.match(self.text, self.position)
        digits = found.group() if found else ""
        if not digits or str(int(digits)) != digits or int(digits) not in allowed:
            numbers = ", ".join(str(number) for number in allowed)
            after = digits or self.text[self.position : self.position + 1] or "the end"
            self.fail(f"expected {kind} {numbers}, found {after!r}")
        self.position += len(digits)
        return int(digits)

    def end(self) -> None:
        """Check that nothing follows.

        Raises:
            InputError: something follows.
        """
        if self.text[self.position :].strip():
            self.fail(f"expected the end, found {self.text[self.position]!r}")
