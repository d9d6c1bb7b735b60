import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.error_texts import kind_of, message_of, one_line, shortened, traceback_of

SURROGATES = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)


def test_a_short_text_stays_as_it_is() -> None:
    for text in ("", "no idea how", "two\nlines\twith a tab", "größer 図 😀", "x" * 1000):
        assert shortened(text) == text


@given(st.text(st.one_of(st.characters(), SURROGATES)), st.integers(100, 2000), st.integers(1, 99))
def test_any_text_becomes_printable_and_bounded(text: str, most: int, times: int) -> None:
    shown = shortened(text * times, most)
    assert len(shown) <= most
    shown.encode()
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown) is None
    assert shortened(shown, most) == shown
    line = one_line(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1


def test_a_long_text_says_how_long_it_was() -> None:
    size = 10**7
    shown = shortened("a" * size + "z")
    assert "… (cut, 10,000,001 characters in all) …" in shown
    assert shown.startswith("aaa")
    assert shown.endswith("z")
    assert json.loads(json.dumps(shown)) == shown


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not telling")


class LeavingError(Exception):
    def __str__(self) -> str:
        raise SystemExit(0)


class OddText(str):
    __slots__ = ()

    def strip(self, *_: object) -> str:  # type: ignore[override]
        raise RuntimeError("not stripping")


class OddError(Exception):
    def __str__(self) -> str:
        return OddText("words")


class Nameless(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("no name")


class NamelessError(Exception, metaclass=Nameless):
    pass


@pytest.mark.parametrize("error", [MuteError(), LeavingError()])
def test_an_exception_that_cannot_say_what_it_is_is_told(error: Exception) -> None:
    assert "cannot be shown" in message_of(error)
    assert type(error).__name__ in traceback_of(error)


def test_odd_exceptions_are_told_like_others() -> None:
    assert message_of(OddError()) == "words"
    assert kind_of(NamelessError()) == "NamelessError"
    assert message_of(RuntimeError("\n first\n second")) == "first"
    assert message_of(RuntimeError("a\x1b[31mb\udc80")) == r"a\x1b[31mb\udc80"
    assert kind_of(type("E" * 10**6, (Exception,), {})()).endswith("E" * 10)


def test_a_long_chain_of_long_exceptions_is_bounded() -> None:
    error: Exception | None = None
    for _ in range(20):
        following = RuntimeError("long " * 10**5)
        following.__cause__ = error
        error = following
    assert error is not None
    assert len(traceback_of(error)) <= 10_000
    assert "characters in all" in traceback_of(error)
