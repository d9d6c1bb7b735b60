import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.data.index_sampler import IndexSequence
from imbnas.errors import InputError

LABELS = torch.tensor([0, 1, 0, 2, 1, 0, 0])


def sequence(seed=0, labels=LABELS, classes=3):
    return IndexSequence(labels, classes, torch.Generator().manual_seed(seed))


def test_one_pass_has_every_image_once():
    assert sorted(sequence().epoch(2, None, None).tolist()) == list(range(7))


@settings(deadline=None)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(0, 3))
def test_fixed_epochs_are_cut_from_whole_passes(steps, seed):
    drawn = sequence(seed)
    images = torch.cat([drawn.epoch(3, count, None) for count in steps]).tolist()
    assert len(images) == 3 * sum(steps)
    for start in range(0, len(images) - 6, 7):
        assert sorted(images[start : start + 7]) == list(range(7))
    assert len(set(images[-(len(images) % 7) :])) == len(images[-(len(images) % 7) :]) or (
        len(images) % 7 == 0
    )


def test_how_an_endless_sequence_is_cut_into_epochs_does_not_change_it():
    one, two = sequence(), sequence()
    assert torch.equal(one.take(50), torch.cat([two.take(3), two.take(30), two.take(17)]))


def test_class_aware_draws_have_the_asked_frequencies_and_are_even_within_a_class():
    wanted = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    images = sequence().by_class(60_000, wanted)
    classes = LABELS[images].bincount(minlength=3) / 60_000
    assert torch.allclose(classes.double(), wanted, atol=0.01)
    of_class_zero = images[LABELS[images] == 0].bincount(minlength=7)[[0, 2, 5, 6]].double()
    assert torch.allclose(
        of_class_zero / of_class_zero.sum(), torch.full((4,), 0.25).double(), atol=0.02
    )


def test_an_epoch_of_class_aware_draws_is_as_long_as_a_pass():
    assert len(sequence().epoch(2, None, torch.full((3,), 1 / 3))) == 7


def test_probabilities_must_fit_the_classes():
    with pytest.raises(InputError, match="class probabilities for 3 classes"):
        sequence().by_class(5, torch.tensor([0.5, 0.5]))
    with pytest.raises(InputError, match="without training images"):
        sequence(classes=4).by_class(5, torch.full((4,), 0.25))


def test_nothing_to_draw_from_is_refused():
    with pytest.raises(InputError, match="no training image"):
        sequence(labels=torch.empty(0, dtype=torch.int64))


def test_a_restored_sequence_goes_on_as_the_saved_one():
    saved = sequence()
    saved.take(10)
    state = {name: value.clone() for name, value in saved.state_dict().items()}
    expected = [saved.take(9), saved.one_pass()]
    restored = sequence(seed=99)
    restored.load_state_dict(state)
    assert torch.equal(restored.take(9), expected[0])
    assert torch.equal(restored.one_pass(), expected[1])
