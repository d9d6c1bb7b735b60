import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.units.conditions import GRAMMAR, Condition, format_ratio, parse_condition
from imbnas.units.frozen import canonical_json

CHECKOUT = Path(__file__).resolve().parents[2]

NAMES = [
    "cifar10@100x",
    "cifar100@1x",
    "cifar10@50x:step",
    "imagenet-lt@natural",
    "cifar10@1x:like-100x",
    "cifar10@1x:step:like-20x:order-reversed:subset-2",
    "digits@2.5x:pareto:order-3",
    "mine@10x:step:order-numeric:subset-1",
    "digits@25.33334x",
    "digits@1000000x",
    "digits@1234567.5x",
    "cifar10@100x:half-2",
    "cifar10@1x:like-100x:half-1:order-2:subset-0",
    "inat@1x:like-natural",
    "inat@1x:size-3000:half-1",
    "inat@natural:size-3000:subset-4",
    "inat@natural:like-2.5x",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_short_name_survives_reading_and_writing(name: str) -> None:
    assert parse_condition(name).name == name


ratios = st.one_of(st.integers(1, 2000), st.floats(1, 1e300))
counts = st.integers(1, 10**17)
sizes: st.SearchStrategy[dict[str, object]] = st.one_of(
    st.fixed_dictionaries({}),
    st.builds(dict, like_ratio=ratios),
    st.builds(dict, size=counts),
    st.just({"like_natural": True}),
)
shapes = st.one_of(
    st.builds(dict, profile=st.sampled_from(["exp", "step", "pareto"]), ratio=ratios),
    st.builds(lambda size: {"ratio": 1, **size}, sizes),
    st.builds(
        lambda size: {"profile": "natural", **size}, sizes.filter(lambda s: "like_natural" not in s)
    ),
)
conditions = st.builds(
    lambda shape, **others: Condition(**shape, **others),
    shapes,
    dataset=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True),
    half=st.sampled_from([None, 1, 2]),
    order=st.one_of(st.sampled_from(["identity", "reversed", "numeric"]), st.integers(0, 99)),
    subset=st.one_of(st.none(), st.integers(0, 99)),
)


@given(conditions)
def test_every_condition_is_read_back_from_its_name(condition: Condition) -> None:
    assert parse_condition(condition.name) == condition


@given(ratios, st.integers(-3, 3))
def test_neighbouring_ratios_have_names_of_their_own(ratio: float, steps: int) -> None:
    other = max(1.0, ratio + steps * math.ulp(ratio))
    same = float(ratio) == other
    assert (format_ratio(ratio) == format_ratio(other)) is same


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("d@100.0x", "d@100x"),
        ("d@25.33334x", "d@25.33334x"),
        ("d@25.3333x", "d@25.3333x"),
        ("d@0025.50x", "d@25.5x"),
        ("d@999999.4x", "d@999999.4x"),
        ("d@1x:like-33.3333333x", "d@1x:like-33.3333333x"),
    ],
)
def test_a_ratio_is_written_by_the_shortest_decimal(text: str, name: str) -> None:
    assert parse_condition(text).name == name


def test_names_of_common_ratios_are_what_they_were() -> None:
    for ratio in (*range(1, 1001), 1.5, 2.5, 99.5, 5000, 99999, 1e5, 1e6, 1e7):
        assert format_ratio(ratio) == (f"{ratio:g}x" if ratio < 1e6 else f"{int(ratio)}x")


def test_a_condition_without_half_and_size_is_stored_as_before() -> None:
    stored = json.loads(canonical_json(parse_condition("cifar10@1x:like-100x:subset-1")))
    assert stored == {
        "dataset": "cifar10",
        "like_ratio": 100.0,
        "order": "identity",
        "profile": "exp",
        "protocol": "strict",
        "ratio": 1.0,
        "subset": 1,
    }
    assert Condition.model_validate(stored).half is None


@pytest.mark.parametrize("file", ["README.md", "docs/datasets.md"])
def test_the_grammar_is_printed_where_users_read_it(file: str) -> None:
    assert f"`{GRAMMAR}`" in (CHECKOUT / file).read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cifar10", "write DATASET@"),
        ("@100x", "write DATASET@"),
        ("cifar10@100", "'100' is not a ratio"),
        ("cifar10@0.5x", "below 1"),
        ("cifar10@0x", "below 1"),
        ("cifar10@-3x", "is not a ratio"),
        ("cifar10@nanx", "is not a ratio"),
        ("cifar10@10x:steep", "'steep' is not understood"),
        ("cifar10@10x:step:pareto", "a second time"),
        ("cifar10@10x:order-1:order-2", "a second time"),
        ("cifar10@10x:like-5x", "like-RATIOx"),
        ("cifar10@10x:subset--1", "not understood"),
        ("cifar10@natural:step", "a second time"),
        ("cifar10@10x:half-3", "'half-3' is not understood"),
        ("cifar10@10x:half-", "'half-' is not understood"),
        ("cifar10@10x:half-1:half-2", "sets half a second time"),
        ("cifar10@10x:size-50", "sizes of balanced and natural conditions"),
        ("cifar10@10x:like-natural", "sizes of balanced and natural conditions"),
        ("cifar10@1x:size-0", "greater than or equal to 1"),
        ("cifar10@1x:size-5:like-5x", "give one size"),
        ("cifar10@natural:like-5x:size-5", "give one size"),
        ("cifar10@natural:like-natural", "leave out like-natural"),
        ("cifar10@1x:step:like-natural", "leave out step"),
        ("cifar10@1x:pareto:size-9", "leave out pareto"),
    ],
)
def test_a_bad_name_is_told_apart_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        parse_condition(text)
    assert "\n" not in str(caught.value)
    assert text in str(caught.value)


@pytest.mark.parametrize("key", ["size", "order", "subset"])
def test_a_number_of_thousands_of_digits_is_refused(key: str) -> None:
    with pytest.raises(InputError, match=f"{key} has 5000 digits") as caught:
        parse_condition(f"digits@1x:{key}-{'9' * 5000}")
    assert len(str(caught.value)) < 200


def test_replicates_share_a_subset_under_the_published_protocol() -> None:
    published = parse_condition("digits@20x", "paper")
    assert {published.for_replicate(replicate).subset for replicate in range(3)} == {0}
    assert parse_condition("digits@20x:subset-7", "paper").for_replicate(2).subset == 7


def test_a_replicate_fixes_the_subset_unless_the_name_does() -> None:
    assert parse_condition("digits@20x").for_replicate(2).name == "digits@20x:subset-2"
    assert parse_condition("digits@20x:subset-7").for_replicate(2).name == "digits@20x:subset-7"
