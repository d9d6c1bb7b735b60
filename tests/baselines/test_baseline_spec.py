"""A baseline as data: fitting rules, recipes, identity."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from imbnas.baselines.registry import load_baseline
from imbnas.baselines.spec import BaselineSpec, SmallImageFitting
from imbnas.errors import InputError
from imbnas.units.recipes import Augmentation, Recipe

DIGESTS = json.loads((Path(__file__).parents[1] / "stored" / "baselines.json").read_text())
KNOWN = {"name": "mine", "version": "1", "summary": "s", "model": "resnet10t"}
resolutions = st.integers(1, 512)


@pytest.mark.parametrize(
    ("resolution", "reduction"),
    [(4, 4), (8, 8), (16, 8), (28, 8), (32, 8), (64, 16), (96, 16), (128, 32), (224, 32)],
)
def test_default_reduction(resolution, reduction):
    assert SmallImageFitting().target_reduction(resolution) == reduction


@given(resolutions, st.integers(1, 16), st.sampled_from([1, 2, 4, 8, 16]))
def test_reduction_is_a_power_of_two_that_leaves_at_least_one_pixel(resolution, smallest, least):
    fitting = SmallImageFitting(smallest_map=smallest, least_reduction=least)
    reduction = fitting.target_reduction(resolution)
    assert reduction.bit_count() == 1
    assert reduction <= resolution
    # Either the last map is large enough, or the reduction is bounded from below.
    assert resolution // reduction >= smallest or reduction <= least


@pytest.mark.parametrize(
    ("resolution", "patch"), [(8, 1), (16, 2), (28, 2), (32, 4), (64, 8), (128, 16), (224, 16)]
)
def test_default_patch_size(resolution, patch):
    assert SmallImageFitting(patch_grid=8, largest_patch=16).patch_size(resolution) == patch


@given(resolutions, st.integers(1, 32), st.integers(1, 32))
def test_patches_tile_the_image(resolution, grid, largest):
    patch = SmallImageFitting(patch_grid=grid, largest_patch=largest).patch_size(resolution)
    assert resolution % patch == 0
    assert patch <= largest
    assert resolution // patch >= min(grid, resolution)


@pytest.mark.parametrize(
    ("limits", "taken", "refused", "told"),
    [
        ({}, [4, 8, 33, 224], [3], "4 pixels and above"),
        (
            {"smallest_resolution": 32, "largest_resolution": 64},
            [32, 64],
            [31, 65],
            "32 to 64 pixels",
        ),
        ({"smallest_resolution": 9, "largest_resolution": 9}, [9], [8, 10], "9 pixels only"),
        ({"multiple_of": 8}, [8, 224], [4, 12], "multiples of 8, 4 pixels and above"),
    ],
)
def test_stated_sizes(limits, taken, refused, told):
    spec = BaselineSpec(**KNOWN, fitting=SmallImageFitting(**limits))
    for resolution in taken:
        spec.check_resolution(resolution)
    for resolution in refused:
        with pytest.raises(InputError, match=f"mine cannot take .*{resolution} pixels.*{told}"):
            spec.check_resolution(resolution)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"fitting": {"least_reduction": 6}}, "power of two"),
        ({"fitting": {"largest_resolution": 3}}, "below smallest_resolution"),
        ({"recipe_changes": {"lrr": 1}}, "no field 'lrr'"),
        ({"recipe": {"epochs": 1}, "recipe_changes": {"lr": 1}}, "not both"),
        ({"source": "imbnas", "fitting": {"patch_grid": 4}}, "only input_size"),
        ({"surplus": 1}, "surplus"),
        ({"model_options": 3}, "model_options"),
        ({"model_options": {"a": [1], "dims": {"x": 1}}}, r"dims: \{'x': 1\} must be a finite"),
        ({"model_options": {"dims": [8, [16, None]]}}, "dims: None must be a finite number"),
        ({"model_options": {"dims": [8, float("nan")]}}, "dims: nan must be"),
        ({"model_options": {"rate": float("inf")}}, "rate: inf must be"),
    ],
)
def test_inconsistent_specs_are_refused(fields, told):
    with pytest.raises(ValidationError, match=told):
        BaselineSpec(**KNOWN, **fields)


def test_recipe_changes_replace_fields_of_the_suite_s_recipe():
    suite = Recipe(epochs=7, lr=0.2, augmentation=Augmentation(pad=1))
    assert BaselineSpec(**KNOWN).recipe_for(suite) == suite
    changed = BaselineSpec(**KNOWN, recipe_changes={"lr": 0.05, "clip_norm": 1}).recipe_for(suite)
    assert changed == suite.model_copy(update={"lr": 0.05, "clip_norm": 1.0})
    with pytest.raises(InputError, match=r"baseline mine: recipe_changes.*nesterov"):
        BaselineSpec(**KNOWN, recipe_changes={"momentum": 0.0}).recipe_for(suite)


def test_the_paper_s_recipe_is_whole():
    recipe = load_baseline("paper-resnet32").recipe_for(Recipe(epochs=1, clip_norm=1, width=3))
    published = Recipe(
        epochs=200,
        batch_size=128,
        lr=0.1,
        momentum=0.9,
        nesterov=False,
        weight_decay=2e-4,
        schedule="step",
        milestones=(160, 180),
        gamma=0.01,
        warmup_epochs=5,
        augmentation=Augmentation(pad=4, flip=True),
    )
    assert recipe == published
    rates = [recipe.lr * recipe.gamma ** sum(e >= m for m in recipe.milestones) for e in range(200)]
    assert rates[159] == pytest.approx(0.1)
    assert rates[160] == rates[179] == pytest.approx(1e-3)
    assert rates[180] == pytest.approx(1e-5)


def test_identity_is_the_content():
    first = BaselineSpec(**KNOWN, model_options={"b": 1, "a": True})
    same = BaselineSpec(**KNOWN, model_options={"a": True, "b": 1})
    assert first == same
    assert hash(first) == hash(same)
    assert first.digest == same.digest
    assert BaselineSpec.model_validate_json(first.model_dump_json()) == first
    others = [
        BaselineSpec(**KNOWN, model_options={"a": False, "b": 1}),
        BaselineSpec(
            **KNOWN, model_options=first.model_options, fitting=SmallImageFitting(smallest_map=2)
        ),
        BaselineSpec(**KNOWN | {"version": "2"}, model_options=first.model_options),
    ]
    assert len({first.digest, *(other.digest for other in others)}) == 4


option_values = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), option_values, max_size=4))
def test_options_hold_nested_lists_and_survive_json(options):
    spec = BaselineSpec(**KNOWN, model_options=options)
    stored = BaselineSpec.model_validate_json(spec.model_dump_json())
    assert stored == spec
    assert hash(stored) == hash(spec)
    assert stored.digest == spec.digest
    assert json.loads(spec.model_dump_json())["model_options"] == [
        [name, options[name]] for name in sorted(options)
    ]


def test_options_keep_the_order_of_lists():
    dims = [
        BaselineSpec(**KNOWN, model_options={"dims": each})
        for each in ([8, 16], [16, 8], [[8], 16])
    ]
    assert len({spec.digest for spec in dims}) == 3
    assert dict(dims[2].model_options) == {"dims": ((8,), 16)}


def test_a_changed_recipe_takes_lists_too():
    suite = Recipe(epochs=7, lr=0.2, schedule="step", milestones=(5,))
    changed = BaselineSpec(**KNOWN, recipe_changes={"milestones": [3, 6]}).recipe_for(suite)
    assert changed.milestones == (3, 6)


@pytest.mark.parametrize("name", DIGESTS)
def test_a_baseline_keeps_its_identity(name):
    assert load_baseline(name).digest == DIGESTS[name]
