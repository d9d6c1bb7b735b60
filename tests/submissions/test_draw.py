"""Which units are drawn, and how likely a forgery is among them."""

import hashlib
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from imbnas.errors import InputError
from imbnas.submissions.draw import Amount, chance_to_find, check_nonce, drawn, fewest_to_move

FILE = "f" * 64


def test_the_draw_is_what_the_documentation_says() -> None:
    names = [f"{n:064x}" for n in range(20)]
    tickets = {name: hashlib.sha256(f"{FILE} 0a1b {name}".encode()).hexdigest() for name in names}
    assert drawn(names, 5, FILE, "0a1b") == sorted(names, key=tickets.__getitem__)[:5]
    assert drawn(reversed(names), 5, FILE, "0a1b") == drawn(names, 5, FILE, "0a1b")
    assert drawn(names, 5, FILE, "0a1c") != drawn(names, 5, FILE, "0a1b")
    assert drawn(names, 5, "e" * 64, "0a1b") != drawn(names, 5, FILE, "0a1b")


@given(pool=st.integers(0, 80), forged=st.integers(0, 80), number=st.integers(0, 80))
def test_the_chance_is_hypergeometric(pool: int, forged: int, number: int) -> None:
    if max(forged, number) > pool:
        with pytest.raises(ValueError, match="more units"):
            chance_to_find(forged, pool, number)
        return
    expected = 1 - hypergeom.pmf(0, pool, forged, number) if pool else 0.0
    assert chance_to_find(forged, pool, number) == pytest.approx(expected, abs=1e-9)


def test_the_chance_of_a_small_pool_is_that_of_counting() -> None:
    hits = [bool({0, 1} & {*each}) for each in itertools.combinations(range(7), 3)]
    assert chance_to_find(2, 7, 3) == pytest.approx(sum(hits) / len(hits))


@pytest.mark.parametrize(("share", "forged"), [("5%", 30), ("5%", 4), ("10%", 10)])
def test_simulated_forgeries_are_found_as_often_as_is_told(share: str, forged: int) -> None:
    """A strategy's 30 trainings among 150 new records; nonces as they are drawn."""
    names = [hashlib.sha256(f"unit {n}".encode()).hexdigest() for n in range(150)]
    wrong, number = {*names[:forged]}, Amount.read(share).of(len(names))
    rng = np.random.default_rng(20261129)
    trials = 2000
    found = sum(
        bool(wrong & {*drawn(names, number, FILE, rng.bytes(16).hex())}) for _ in range(trials)
    )
    told = chance_to_find(forged, len(names), number)
    error = math.sqrt(told * (1 - told) / trials)
    assert abs(found / trials - told) < 4 * error


@given(accuracies=st.lists(st.floats(0, 1), min_size=1, max_size=12), points=st.floats(0.1, 30))
def test_fewer_forged_records_could_not_move_the_mean(accuracies: list[float], points) -> None:
    number = fewest_to_move(accuracies, points)
    room = sorted((1 - each for each in accuracies), reverse=True)
    needed = points / 100 * len(accuracies)
    assert 1 <= number <= len(accuracies)
    assert sum(room[: number - 1]) < needed + 1e-9
    assert sum(room[:number]) >= needed - 1e-9 or number == len(accuracies)


def test_two_points_of_thirty_records_take_two() -> None:
    assert fewest_to_move([0.6] * 30, 2.0) == 2
    assert fewest_to_move([0.99] * 30, 2.0) == 30


@pytest.mark.parametrize(
    ("text", "units", "number"),
    [("5%", 100, 5), ("5%", 101, 6), ("5%", 3, 1), ("100%", 7, 7), ("3", 7, 3), ("30", 7, 7)],
)
def test_amounts(text: str, units: int, number: int) -> None:
    assert Amount.read(text).of(units) == number


@pytest.mark.parametrize("text", ["", "0", "0%", "100.1%", "5 %", "-1", "1e3", "nan%", "٣"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(InputError, match="write a share"):
        Amount.read(text)


@pytest.mark.parametrize("nonce", ["", "0", "0g", "AB", "00" * 65, "00\n"])
def test_what_is_no_nonce(nonce: str) -> None:
    with pytest.raises(InputError, match="hexadecimal"):
        check_nonce(nonce)
