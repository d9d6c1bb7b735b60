"""Conditions on disjoint halves of a training split."""

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.data import DataLocations, load_dataset, resolve
from imbnas.data.file_lists import PublishedLists
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition

SIZES = st.lists(st.integers(8, 41), min_size=2, max_size=5)
CONSTRUCTED = ["1x", "4x", "7x:step", "3x:pareto", "1x:like-5x", "1x:like-natural", "1x:size-6"]
HEADS = st.sampled_from([*CONSTRUCTED, "natural", "natural:like-2x", "natural:size-6"])
ORDERS = st.sampled_from(["", ":order-reversed", ":order-1"])
PROTOCOLS = st.sampled_from(["strict", "paper"])


def resolved(dataset, text, protocol="strict"):
    return resolve(parse_condition(text, protocol), dataset)


def images(manifest, *, validation=True):
    """Training images, and those of the training split that validate, as labels' positions."""
    found = set(manifest.train.indices)
    if validation and manifest.validation.split == "train":
        assert not found & set(manifest.validation.indices)
        found |= set(manifest.validation.indices)
    return found


def name(head, half, order, subset):
    natural = "natural" in head or "size" in head
    return f"toy@{head}:half-{half}{'' if natural else order}:subset-{subset}"


@settings(deadline=None, max_examples=150)
@given(sizes=SIZES, one=HEADS, other=HEADS, orders=st.tuples(ORDERS, ORDERS), subsets=st.tuples(
    st.integers(0, 3), st.integers(0, 3)), protocol=PROTOCOLS, published=st.booleans())  # fmt: skip
def test_the_halves_share_nothing(
    sizes, one, other, orders, subsets, protocol, published, toy_dataset
):
    dataset = toy_dataset(sizes, validation=[2] * len(sizes) if published else None)
    first = resolved(dataset, name(one, 1, orders[0], subsets[0]), protocol)
    second = resolved(dataset, name(other, 2, orders[1], subsets[1]), protocol)
    assert not images(first) & images(second)
    expected = "test" if protocol == "paper" else "train"
    assert {first.validation.split, second.validation.split} == {expected}
    for manifest in (first, second):
        labels = dataset.train.labels[list(manifest.train.indices)]
        counted = np.bincount(labels, minlength=len(sizes)).tolist()
        assert tuple(counted) == manifest.class_counts


@settings(deadline=None, max_examples=30)
@given(sizes=SIZES)
def test_together_the_halves_are_the_training_split_and_the_odd_image_is_in_the_first(
    sizes, toy_dataset
):
    dataset = toy_dataset(sizes)
    first, second = (resolved(dataset, f"toy@natural:half-{half}", "paper") for half in (1, 2))
    assert images(first) | images(second) == set(range(sum(sizes)))
    assert first.class_counts == tuple((n + 1) // 2 for n in sizes)
    assert second.class_counts == tuple(n // 2 for n in sizes)


@settings(deadline=None, max_examples=40)
@given(low=st.integers(1, 20), high=st.integers(1, 20), half=st.sampled_from([1, 2]), order=ORDERS)
def test_subsets_of_one_seed_nest_within_a_half(low, high, half, order, toy_dataset):
    dataset = toy_dataset([40, 44, 51, 41])
    large, small = (
        resolved(dataset, f"toy@{ratio}x:half-{half}{order}:subset-3")
        for ratio in sorted((low, high))
    )
    assert set(small.train.indices) <= set(large.train.indices)
    assert small.validation == large.validation


def test_half_and_whole_differ_in_images_and_hash(toy_dataset):
    dataset = toy_dataset([40, 44, 51])
    found = [resolved(dataset, f"toy@10x{half}").sha256 for half in ("", ":half-1", ":half-2")]
    assert len(set(found)) == 3


def test_counts_groups_and_validation_follow_from_the_half(toy_dataset):
    manifest = resolved(toy_dataset([41, 60, 47]), "toy@10x:half-2")
    # 20 images in the smallest class, of which 2 validate.
    assert manifest.class_counts == (18, 5, 1)
    assert len(manifest.validation.indices) == 6
    assert manifest.groups.few == (0, 1, 2)
    control = resolved(toy_dataset([41, 60, 47]), "toy@1x:like-10x:half-2")
    assert control.class_counts == (8, 8, 8)
    assert control.groups == manifest.groups
    assert control.validation == manifest.validation


def half_by_hand(pool, label, half):
    """Sort the images by the raw numbers of the seed, then take every other one."""
    seed = int.from_bytes(sha256(f'["half",{label}]'.encode()).digest()[:8], "big") >> 1
    keys = np.random.PCG64(seed).random_raw(len(pool)).tolist()
    return {image for _, image in sorted(zip(keys, pool, strict=True))[half - 1 :: 2]}


def test_halves_of_the_digits():
    digits = load_dataset("digits", DataLocations.from_options(environ={}))
    for half in (1, 2):
        manifest = resolved(digits, f"digits@20x:half-{half}")
        assert manifest.class_counts == (38, 27, 19, 13, 10, 7, 5, 3, 2, 1)
        assert len(manifest.validation.indices) == 90
        wanted = [
            half_by_hand(np.flatnonzero(digits.train.labels == label).tolist(), label, half)
            for label in range(10)
        ]
        assert images(manifest) <= set.union(*wanted)
        assert images(resolved(digits, f"digits@natural:half-{half}")) == set.union(*wanted)


@pytest.mark.parametrize(
    ("sizes", "condition", "protocol", "said"),
    [
        ([5, 1], "toy@1x:half-2", "paper", "has 1 training image.*none of them in half-2; add"),
        ([5, 3], "toy@1x:half-2", "strict", "has 1 .* in half-2.*paper', or leave out half-2"),
        ([5, 3], "toy@natural:half-2", "strict", "'class 1' has 1 .* in half-2"),
        ([20, 20], "toy@21x:half-1", "strict", "ratio 21x is above what classes of 10 images"),
    ],
)
def test_classes_too_small_for_a_half_are_named_with_the_remedy(
    sizes, condition, protocol, said, toy_dataset
):
    with pytest.raises(InputError, match=said) as caught:
        resolved(toy_dataset(sizes), condition, protocol)
    assert "\n" not in str(caught.value)


def test_halves_of_a_folder_share_no_file(tmp_path, make_folder, locations):
    make_folder(tmp_path / "mine", per_class=9)
    dataset = load_dataset("mine", locations(datasets=[f"mine={tmp_path / 'mine'}"]))
    first, second = (resolved(dataset, f"mine@2x:half-{half}") for half in (1, 2))
    assert not images(first) & images(second)
    assert first.class_counts == (4, 2, 2)
    assert second.class_counts == (3, 2, 1)


def test_halves_of_listed_images_hold_validation_out_of_themselves(
    tmp_path, image_bytes, locations
):
    root, splits = tmp_path / "lists", {"train": 12, "validation": 2, "test": 2}
    lists = PublishedLists(
        "lists", 2, {split: f"{split}.txt" for split in splits}, {"train": "0" * 64}, "nowhere"
    )
    for split, each in splits.items():
        names = [f"{split}/{label}-{n}.png" for label in (0, 1) for n in range(each)]
        (root / split).mkdir(parents=True)
        for seed, path in enumerate(names):
            (root / path).write_bytes(image_bytes(side=70, seed=seed))
        lines = [f"{path} {path.split('/')[1][0]}" for path in names]
        (root / f"{split}.txt").write_text("\n".join(lines))
    dataset = lists.load(locations(data_root=tmp_path))
    assert resolved(dataset, "lists@natural").validation.split == "validation"
    first, second = (resolved(dataset, f"lists@natural:half-{half}") for half in (1, 2))
    assert not images(first) & images(second)
    assert first.class_counts == second.class_counts == (5, 5)
    assert first.validation.split == "train"
