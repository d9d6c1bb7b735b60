"""When a learning curve is evaluated, and that asking for none is not written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.units.frozen import content_sha256
from imbnas.units.recipes import Recipe

from ..factories import make_unit


@pytest.mark.parametrize(
    ("epochs", "points", "found"),
    [
        (200, 3, (25, 50, 100)),
        (12, 3, (2, 3, 6)),  # 1.5 is rounded to the even 2
        (20, 3, (2, 5, 10)),
        (3, 3, (1, 2)),
        (2, 3, (1,)),
        (1, 3, ()),
        (200, 0, ()),
    ],
)
def test_points_halve_the_training(epochs: int, points: int, found: tuple[int, ...]) -> None:
    assert Recipe(epochs=epochs, curve_points=points).curve_epochs == found


@given(st.integers(1, 500), st.integers(0, 12))
def test_points_are_distinct_and_before_the_last_epoch(epochs: int, points: int) -> None:
    found = Recipe(epochs=epochs, curve_points=points).curve_epochs
    assert list(found) == sorted(set(found))
    assert len(found) <= points
    assert all(0 < epoch < epochs for epoch in found)


def test_a_curve_is_part_of_the_identity_and_none_is_not() -> None:
    recipe = Recipe(epochs=8)
    assert "curve_points" not in recipe.model_dump(mode="json")
    assert Recipe(epochs=8, curve_points=0).model_dump() == recipe.model_dump()
    asked = Recipe(epochs=8, curve_points=2)
    assert content_sha256(asked.unvalidated) == content_sha256(recipe)
    assert make_unit(recipe=asked).identity != make_unit(recipe=recipe).identity
    assert Recipe.model_validate_json(asked.model_dump_json()) == asked


@pytest.mark.parametrize(
    "fields",
    [
        {"warmup_by": "epoch"},
        {"best_epoch": True},
        {"channel_statistics": {"mean": (0.5,), "std": (0.2,)}},
        {"stem": {"kernel": 4, "stride": 4}},
        {"stem": {"stride": 2}},
    ],
)
def test_what_is_not_the_default_is_part_of_the_identity_and_the_default_is_not(
    fields: dict[str, object],
) -> None:
    plain = Recipe(epochs=8)
    assert not fields.keys() & plain.model_dump(mode="json").keys()
    asked = Recipe.model_validate({"epochs": 8, **fields})
    assert make_unit(recipe=asked).identity != make_unit(recipe=plain).identity
    assert Recipe.model_validate_json(asked.model_dump_json()) == asked
