"""Which stems there are, and what they make of an image's side."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from imbnas.errors import InputError
from imbnas.units.recipes import Recipe
from imbnas.units.stem import DEFAULT_STEM, Stem

SIDES = st.integers(1, 64)


def possible(kernel: int, stride: int) -> bool:
    return kernel == stride or (kernel > stride and kernel % 2 == 1)


@given(SIDES, SIDES)
def test_a_kernel_is_odd_or_the_stride_and_skips_no_pixel(kernel: int, stride: int) -> None:
    try:
        Stem(kernel=kernel, stride=stride)
    except ValidationError as error:
        (fault,) = error.errors()
        assert not possible(kernel, stride)
        assert f"kernel {kernel} " in fault["msg"]
        assert "\n" not in fault["msg"]
    else:
        assert possible(kernel, stride)


@given(SIDES, SIDES, st.integers(1, 40))
def test_a_side_is_divided_by_the_stride(kernel: int, stride: int, multiple: int) -> None:
    assume(possible(kernel, stride))
    stem, resolution = Stem(kernel=kernel, stride=stride), stride * multiple
    convolved = (resolution + 2 * stem.padding - kernel) // stride + 1
    assert stem.side(resolution) == convolved == multiple


@given(st.integers(1, 200), st.integers(2, 64))
def test_pixels_at_the_edge_are_not_left_out(resolution: int, stride: int) -> None:
    assume(resolution % stride)
    with pytest.raises(InputError, match=r"^stem stride \d+ does not divide .* pixels; change"):
        Stem(kernel=stride, stride=stride).side(resolution)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [(3, 1, 1), (3, 2, 1), (5, 2, 2), (7, 4, 3), (4, 4, 0), (2, 2, 0), (3, 3, 0), (1, 1, 0)],
)
def test_padding(kernel: int, stride: int, padding: int) -> None:
    assert Stem(kernel=kernel, stride=stride).padding == padding


@pytest.mark.parametrize(
    "values", [{"kernel": 0}, {"stride": 0}, {"kernel": 65}, {"kernel": 3.5}, {"size": 3}]
)
def test_what_is_no_stem_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate({"epochs": 1, "stem": values})


def test_the_published_stem_is_the_default_one_and_is_not_written() -> None:
    written = Recipe.model_validate({"epochs": 1, "stem": {"kernel": 3, "stride": 1}})
    assert written.stem == DEFAULT_STEM
    assert "stem" not in written.model_dump(mode="json")
    assert written.model_dump_json() == Recipe(epochs=1).model_dump_json()
    other = Recipe(epochs=1, stem=Stem(stride=2))
    assert other.model_dump(mode="json")["stem"] == {"kernel": 3, "stride": 2}
