"""Texts with a checksum: every byte counts; older ones are read and told apart."""

import hashlib
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from imbnas.units.frozen import canonical_json
from imbnas.units.records import Failure
from imbnas.units.sealing import AlteredError, read_sealed, seal, strict_json, unseal

FAILURE = Failure(
    identity="a" * 64, label="train x", error="ValueError", message='"sha256":"' + "b" * 64 + '",',
    traceback="Zeile ü", utc="2026-01-01T00:00:00+00:00",
)  # fmt: skip


def test_the_checksum_is_the_hash_of_the_text_without_it() -> None:
    plain = canonical_json(FAILURE)
    told = json.loads(seal(FAILURE))
    assert told.pop("sha256") == hashlib.sha256(plain.encode()).hexdigest()
    assert told == json.loads(plain)
    assert read_sealed(Failure, seal(FAILURE)) == (FAILURE, True)


def test_a_text_without_checksum_is_read_and_unchecked() -> None:
    plain = canonical_json(FAILURE).encode()
    assert unseal(plain) == (plain, False)
    assert read_sealed(Failure, plain) == (FAILURE, False)


def test_no_changed_bit_is_accepted() -> None:
    text = seal(FAILURE)
    for position in range(8 * len(text)):
        changed = bytearray(text)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises((AlteredError, ValidationError)):
            read_sealed(Failure, bytes(changed))


@given(st.integers(0, 2**32))
def test_no_mixture_of_changes_is_accepted(seed: int) -> None:
    rng, text = random.Random(seed), bytearray(seal(FAILURE))
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(text))
        text[place : place + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
    if bytes(text) != seal(FAILURE):
        with pytest.raises((AlteredError, ValidationError)):
            read_sealed(Failure, bytes(text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a":1,"a":1}', "'a' stands twice"),
        (b'{"a":{"b":1,"\\u0062":2}}', "'b' stands twice"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b"1" * 5000, "thousands of digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_plain_json_is_told_in_one_line(text: bytes, told: str) -> None:
    with pytest.raises(AlteredError, match=told) as refused:
        strict_json(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("claimed", ["0" * 64, "", None, 5, ["a"], {"b": 1}, "\ud800"])
def test_a_checksum_of_another_text_is_refused(claimed: object) -> None:
    text = canonical_json({**json.loads(canonical_json(FAILURE)), "sha256": claimed}).encode()
    with pytest.raises(AlteredError, match="sha256 does not fit"):
        read_sealed(Failure, text)
