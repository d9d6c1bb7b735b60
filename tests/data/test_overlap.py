import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.data import resolve
from imbnas.data.overlap import TrainingImages, common_images, training_shares
from imbnas.units.conditions import parse_condition

NAMES = st.sampled_from(
    ["toy@1x", "toy@5x:subset-1", "toy@natural", "toy@2x:half-1", "toy@1x:half-2:subset-2"]
)


@pytest.fixture(scope="module")
def toy(toy_dataset):
    return toy_dataset([40, 44, 51])


def resolved(dataset, text, protocol="strict"):
    return resolve(parse_condition(text, protocol), dataset)


def test_a_long_tail_is_a_part_of_the_balanced_images_of_its_replicate(toy):
    whole, tail = resolved(toy, "toy@1x"), resolved(toy, "toy@10x")
    common = common_images(whole, tail)
    assert (common.training, common.training_share) == (tail.total, 1.0)
    assert (common.validation, common.validation_share) == (12, 1.0)
    assert common.training_in_validation == common.validation_in_training == 0
    assert common.seen == tail.total + 12
    back = common_images(tail, whole)
    assert back.training == tail.total
    assert back.training_share == tail.total / whole.total


def test_halves_share_nothing(toy):
    common = common_images(resolved(toy, "toy@1x:half-1"), resolved(toy, "toy@10x:half-2"))
    assert common == common_images(resolved(toy, "toy@1x:half-2"), resolved(toy, "toy@4x:half-1"))
    assert set(vars(common).values()) == {0}


def test_the_test_split_is_common_by_protocol_and_not_seen(toy):
    halves = (resolved(toy, f"toy@1x:half-{half}", "paper") for half in (1, 2))
    common = common_images(*halves)
    assert (common.training, common.seen) == (0, 0)
    assert (common.validation, common.validation_share) == (len(toy.test.labels), 1.0)


@settings(deadline=None, max_examples=40)
@given(one=NAMES, other=NAMES)
def test_images_are_those_with_equal_pixels(one, other, toy):
    """Every image of the toy is drawn at random, so that its bytes tell which it is."""
    first, second = resolved(toy, one), resolved(toy, other)

    def pixels(selection):
        images = toy.split(selection.split).images
        return {images[index].tobytes() for index in selection.indices}

    train, validation = pixels(first.train), pixels(first.validation)
    its_train, its_validation = pixels(second.train), pixels(second.validation)
    common = common_images(first, second)
    assert common.training == len(train & its_train)
    assert common.validation == len(validation & its_validation)
    assert common.training_in_validation == len(train & its_validation)
    assert common.validation_in_training == len(validation & its_train)
    assert common.seen == len((train | validation) & (its_train | its_validation))
    assert common.training_share == pytest.approx(len(train & its_train) / second.total)


def test_a_natural_source_trains_on_what_a_constructed_target_validates_on(toy):
    common = common_images(resolved(toy, "toy@natural"), resolved(toy, "toy@1x"))
    held = common_images(resolved(toy, "toy@1x"), resolved(toy, "toy@natural"))
    assert common.training_in_validation == held.validation_in_training
    # The classes of 40 and 44 hold four images out either way; that of 51 five against four.
    assert (common.training_in_validation, common.validation_in_training) == (0, 1)


def test_datasets_are_told_apart_by_content_not_by_name(toy, toy_dataset):
    other = toy_dataset([40, 44, 52])
    assert common_images(resolved(toy, "toy@1x"), resolved(other, "toy@1x")).seen == 0
    same = resolved(toy_dataset([40, 44, 51]), "toy@1x")
    assert common_images(resolved(toy, "toy@1x"), same).training_share == 1.0


@settings(deadline=None, max_examples=40)
@given(one=st.lists(NAMES, min_size=1, max_size=3), other=st.lists(NAMES, min_size=1, max_size=3))
def test_shares_are_of_the_smaller_set(one, other, toy):
    first, second = ([resolved(toy, text) for text in texts] for texts in (one, other))
    shares = training_shares(*(list(map(TrainingImages.of, each)) for each in (first, second)))
    for row, left in zip(shares, first, strict=True):
        for share, right in zip(row, second, strict=True):
            common = common_images(left, right).training
            assert share == common / min(left.total, right.total)
