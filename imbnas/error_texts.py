"""What is told of an exception: printable and bounded, whatever its text holds and does."""

import re
import traceback

MESSAGE = 1000
"""Characters of a message, a label or any other line."""

TRACEBACK = 10_000

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FAULTS = (Exception, SystemExit, KeyboardInterrupt, GeneratorExit)
"""What the methods of a plug-in's exception may raise; not the signals of a worker."""


def shortened(text: str, most: int = MESSAGE) -> str:
    """At most ``most`` characters of a text; where some are left out, also how many it had.

    Beginning and end stay. Control characters, apart from tabs and ends of lines, and lone
    surrogates become escapes.
    """
    kept = text if len(text) <= most else text[:most] + text[-most:]
    escaped = _UNPRINTABLE.sub(lambda found: ascii(found.group())[1:-1], kept)
    if kept is text and len(escaped) <= most:
        return escaped
    note = f"… (cut, {len(text):,} characters in all) …"
    room = max(most - len(note), 0)
    # A traceback says in the end what happened, any other text rather in the beginning.
    head = room // 3 if "\n" in escaped else 2 * room // 3
    return escaped[:head] + note + escaped[len(escaped) - (room - head) :]


def one_line(text: str, most: int = MESSAGE) -> str:
    """The first line of a text, shortened."""
    return shortened(text.partition("\n")[0].partition("\r")[0], most)


def kind_of(error: BaseException) -> str:
    """The name of an exception's class."""
    return shortened(type.__dict__["__name__"].__get__(type(error)), 100)


def message_of(error: BaseException) -> str:
    """The first line of what an exception says, even of one that cannot say it."""
    try:
        return one_line(str.strip(str(error)))
    except _FAULTS:
        return f"(what it says cannot be shown: __str__ of {kind_of(error)} fails)"


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception, with those that led to it."""
    try:
        return shortened("".join(traceback.format_exception(error)), TRACEBACK)
    except _FAULTS:
        return f"(the traceback of {kind_of(error)} cannot be shown)"
