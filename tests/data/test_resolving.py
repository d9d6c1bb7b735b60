import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.data import DataLocations, load_dataset, resolve
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition

CONSTRUCTED = st.sampled_from(["", ":step", ":pareto"])
ORDERS = st.sampled_from(["", ":order-reversed", ":order-1", ":order-2"])
PROTOCOLS = st.sampled_from(["strict", "paper"])
RATIOS = st.integers(1, 60)
DIGITS_HEAD = (0, 2, 8, 9, 14, 24, 27, 28)
DIGITS_SHA256 = "0b36b3ed60af69d449bc271f07de5f47d239b7487faadc16a39605cc9b71af0f"


@pytest.fixture(scope="module")
def toy(toy_dataset):
    return toy_dataset([40, 44, 50, 41, 60, 47])


@pytest.fixture(scope="module")
def manifest_of(toy):
    def build(text, protocol="strict", dataset=toy):
        return resolve(parse_condition(text, protocol), dataset)

    return build


def labels_of(dataset, selection):
    return dataset.split(selection.split).labels[list(selection.indices)]


@settings(deadline=None, max_examples=60)
@given(
    ratio=RATIOS,
    profile=CONSTRUCTED,
    order=ORDERS,
    subset=st.integers(0, 5),
    protocol=PROTOCOLS,
)
def test_what_every_manifest_must_hold(ratio, profile, order, subset, protocol, manifest_of, toy):
    manifest = manifest_of(f"toy@{ratio}x{profile}{order}:subset-{subset}", protocol)
    counts = np.bincount(labels_of(toy, manifest.train), minlength=6)
    assert tuple(counts.tolist()) == manifest.class_counts
    assert manifest.total == len(manifest.train.indices) == sum(manifest.class_counts)
    n_max = 40 if protocol == "paper" else 36
    assert max(manifest.class_counts) == n_max
    assert min(manifest.class_counts) == max(int(n_max / ratio + 1e-9), 1)
    for selection in (manifest.train, manifest.validation, manifest.test):
        assert list(selection.indices) == sorted(set(selection.indices))
    assert manifest.test.split == "test"
    assert manifest.train.split == "train"
    if protocol == "strict":
        assert manifest.validation.split == "train"
        assert not set(manifest.train.indices) & set(manifest.validation.indices)
        assert np.bincount(labels_of(toy, manifest.validation)).tolist() == [4] * 6
    else:
        assert manifest.validation == manifest.test
        assert len(manifest.test.indices) == len(toy.test.labels)


@settings(deadline=None, max_examples=40)
@given(
    one=RATIOS,
    other=RATIOS,
    profile=CONSTRUCTED,
    order=ORDERS,
    subset=st.integers(0, 5),
    protocol=PROTOCOLS,
)
def test_subsets_of_one_seed_are_nested_across_ratios(
    one, other, profile, order, subset, protocol, manifest_of
):
    low, high = sorted((one, other))
    end = f"{profile}{order}:subset-{subset}"
    larger = manifest_of(f"toy@{low}x{end}", protocol).train.indices
    smaller = manifest_of(f"toy@{high}x{end}", protocol).train.indices
    assert set(smaller) <= set(larger)


def test_subsets_differ_between_seeds_and_the_validation_split_does_not(manifest_of):
    first, second = manifest_of("toy@10x:subset-0"), manifest_of("toy@10x:subset-1")
    assert first.class_counts == second.class_counts
    assert first.train != second.train
    assert first.validation == second.validation
    assert first.sha256 != second.sha256


def test_resolving_is_repeatable_and_an_open_subset_is_subset_0(manifest_of):
    assert manifest_of("toy@10x") == manifest_of("toy@10x:subset-0")


def test_a_resolved_manifest_is_the_same_on_every_machine():
    digits = load_dataset("digits", DataLocations.from_options(environ={}))
    manifest = resolve(parse_condition("digits@10x"), digits)
    assert manifest.train.indices[:8] == DIGITS_HEAD
    assert manifest.sha256 == DIGITS_SHA256


def test_orders_move_the_same_counts_to_other_classes(manifest_of):
    plain = manifest_of("toy@10x").class_counts
    assert manifest_of("toy@10x:order-reversed").class_counts == plain[::-1]
    permuted = manifest_of("toy@10x:order-3").class_counts
    assert permuted not in (plain, plain[::-1])
    assert sorted(permuted) == sorted(plain)
    assert permuted != manifest_of("toy@10x:order-4").class_counts


def test_a_control_takes_total_and_groups_of_its_long_tailed_condition(manifest_of):
    tailed = manifest_of("toy@9x:order-reversed")
    control = manifest_of("toy@1x:like-9x:order-reversed")
    assert control.total == tailed.total
    share, remainder = divmod(tailed.total, 6)
    assert control.class_counts == tuple(share + (label < remainder) for label in range(6))
    assert remainder
    assert control.groups == tailed.groups
    assert control.tertiles == tailed.tertiles
    assert control.validation == tailed.validation


def test_a_control_of_another_profile_takes_that_profiles_total(manifest_of):
    assert manifest_of("toy@1x:step:like-9x").total == manifest_of("toy@9x:step").total


def test_classes_that_the_profile_empties_keep_one_image_and_the_manifest_says_so(manifest_of):
    manifest = manifest_of("toy@70x", "paper")
    assert manifest.class_counts == (40, 17, 7, 3, 1, 1)
    assert manifest.notes == ("kept one image in 1 class(es) where the profile gives none",)
    assert manifest_of("toy@20x").notes == ()


def test_a_ratio_far_above_the_class_size_is_refused(manifest_of):
    with pytest.raises(InputError, match="ratio 81x is above what classes of 40 images"):
        manifest_of("toy@81x")
    with pytest.raises(InputError, match="ratio 81x"):
        manifest_of("toy@1x:like-81x")


def test_a_ratio_below_one_is_refused():
    with pytest.raises(InputError, match="below 1"):
        parse_condition("toy@0.5x")


def test_natural_strict_takes_a_tenth_of_each_class_and_leaves_one(manifest_of, toy_dataset):
    counts = [100, 15, 2]
    dataset = toy_dataset(counts)
    manifest = manifest_of("toy@natural", dataset=dataset)
    assert np.bincount(labels_of(dataset, manifest.validation)).tolist() == [10, 1, 1]
    assert manifest.class_counts == (90, 14, 1)


def test_natural_strict_is_refused_where_a_class_would_be_empty(manifest_of, toy_dataset):
    with pytest.raises(InputError, match="class 'class 1' has 1 training image"):
        manifest_of("toy@natural", dataset=toy_dataset([5, 1]))


def test_a_class_of_one_image_cannot_be_held_out(manifest_of, toy_dataset):
    with pytest.raises(InputError, match="none would be left"):
        manifest_of("toy@1x", dataset=toy_dataset([5, 1]))


def test_natural_strict_prefers_the_published_validation_split(manifest_of, toy_dataset):
    dataset = toy_dataset([30, 3], validation=[2, 2])
    manifest = manifest_of("toy@natural", dataset=dataset)
    assert manifest.validation.split == "validation"
    assert len(manifest.validation.indices) == 4
    assert manifest.class_counts == (30, 3)


def test_natural_paper_keeps_everything(manifest_of, toy):
    manifest = manifest_of("toy@natural", "paper")
    assert manifest.class_counts == toy.train_counts
    assert manifest.train.indices == tuple(range(sum(toy.train_counts)))


def test_natural_with_an_order_is_refused(manifest_of):
    with pytest.raises(InputError, match="leave out the order"):
        manifest_of("toy@natural:order-reversed")


LONG = [400, 150, 60, 20, 7]


def test_natural_proportions_at_the_size_of_another_condition(manifest_of, toy_dataset):
    dataset = toy_dataset(LONG)
    whole = manifest_of("toy@natural", dataset=dataset)
    assert whole.class_counts == (360, 135, 54, 18, 6)
    capped = manifest_of("toy@natural:like-1x", dataset=dataset)
    assert capped.total == manifest_of("toy@1x", dataset=dataset).total == 30
    assert capped.class_counts == (18, 7, 3, 1, 1)
    assert capped.notes == ("kept one image in 2 class(es) whose share is less than one",)
    assert capped.validation == whole.validation
    assert set(capped.train.indices) <= set(whole.train.indices)
    assert capped.groups.many is None
    tailed = manifest_of("toy@natural:like-3x", dataset=dataset)
    assert tailed.total == manifest_of("toy@3x", dataset=dataset).total == 17
    paper = manifest_of("toy@natural:like-2x", "paper", dataset=dataset)
    assert paper.total == manifest_of("toy@2x", "paper", dataset=dataset).total


def test_a_natural_and_a_levelled_condition_of_one_size_are_a_pair(manifest_of, toy_dataset):
    dataset = toy_dataset(LONG)
    natural = manifest_of("toy@natural:size-300", dataset=dataset)
    level = manifest_of("toy@1x:size-300", dataset=dataset)
    assert natural.total == level.total == 300
    assert natural.class_counts == (189, 71, 28, 9, 3)
    # Constructed conditions hold one image of each class out, a tenth of the smallest class.
    assert level.class_counts == (108, 108, 59, 19, 6)
    assert level.notes == (
        "capped 3 of 5 class(es) at all the images they have; "
        "the largest class keeps 108, the smallest 6",
    )
    assert level.groups == natural.groups
    assert level.tertiles == natural.tertiles
    assert level.validation == manifest_of("toy@1x", dataset=dataset).validation


def test_the_balanced_control_of_the_natural_total_says_how_far_it_gets(manifest_of, toy_dataset):
    dataset = toy_dataset(LONG)
    control = manifest_of("toy@1x:like-natural", dataset=dataset)
    natural = manifest_of("toy@natural", dataset=dataset)
    assert control.total == natural.total == 573
    assert control.class_counts == (340, 149, 59, 19, 6)
    assert control.notes[0].startswith("capped 4 of 5 class(es)")
    assert control.groups == natural.groups
    paper = manifest_of("toy@1x:like-natural", "paper", dataset=dataset)
    assert paper.train == manifest_of("toy@natural", "paper", dataset=dataset).train
    balanced = manifest_of("toy@1x:like-natural", "paper", dataset=toy_dataset([9, 9, 9]))
    assert (balanced.class_counts, balanced.notes) == ((9, 9, 9), ())


def test_a_natural_total_that_cannot_be_reached_is_counted(manifest_of, toy_dataset):
    dataset = toy_dataset([30, 12], validation=[2, 2])
    control = manifest_of("toy@1x:like-natural", dataset=dataset)
    assert manifest_of("toy@natural", dataset=dataset).total == 42
    assert control.class_counts == (29, 11)
    assert control.notes[1] == "2 image(s) fewer than the natural condition: there are no more"
    with pytest.raises(InputError, match="size-42.*give a size of at most 40"):
        manifest_of("toy@1x:size-42", dataset=dataset)


@pytest.mark.parametrize("head", ["natural", "1x"])
@pytest.mark.parametrize("size", [4, 574])
def test_a_size_that_the_classes_cannot_have_is_refused(head, size, manifest_of, toy_dataset):
    with pytest.raises(InputError, match="give a size from 5 to 573"):
        manifest_of(f"toy@{head}:size-{size}", dataset=toy_dataset(LONG))


@pytest.mark.parametrize("text", ["toy@1x:like-natural", "toy@1x:size-20", "toy@natural:size-20"])
def test_controls_of_natural_data_have_no_order(text, manifest_of):
    with pytest.raises(InputError, match="leave out the order"):
        manifest_of(f"{text}:order-1")


def test_the_ratio_of_a_natural_size_is_checked(manifest_of):
    with pytest.raises(InputError, match="ratio 81x is above"):
        manifest_of("toy@natural:like-81x")


def test_resolving_leaves_the_global_generator_alone(manifest_of):
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    manifest_of("toy@10x")
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
