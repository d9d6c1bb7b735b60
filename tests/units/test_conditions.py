import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.units.conditions import Condition, parse_condition

NAMES = [
    "cifar10@100x",
    "cifar100@1x",
    "cifar10@50x:step",
    "imagenet-lt@natural",
    "cifar10@1x:like-100x",
    "cifar10@1x:step:like-20x:order-reversed:subset-2",
    "digits@2.5x:pareto:order-3",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_short_name_survives_reading_and_writing(name: str) -> None:
    assert parse_condition(name).name == name


conditions = st.builds(
    Condition,
    dataset=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True),
    profile=st.sampled_from(["exp", "step", "pareto"]),
    ratio=st.integers(1, 2000),
    order=st.one_of(st.sampled_from(["identity", "reversed"]), st.integers(0, 99)),
    subset=st.one_of(st.none(), st.integers(0, 99)),
)


@given(conditions)
def test_every_condition_is_read_back_from_its_name(condition: Condition) -> None:
    assert parse_condition(condition.name) == condition


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
    ],
)
def test_a_bad_name_is_told_apart_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        parse_condition(text)
    assert "\n" not in str(caught.value)
    assert text in str(caught.value)


def test_a_replicate_fixes_the_subset_unless_the_name_does() -> None:
    assert parse_condition("digits@20x").for_replicate(2).name == "digits@20x:subset-2"
    assert parse_condition("digits@20x:subset-7").for_replicate(2).name == "digits@20x:subset-7"
