import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from imbnas.data import SAMPLERS, class_probabilities
from imbnas.errors import InputError, UnknownNameError

COUNTS = (90, 9, 1)


def test_instance_sampling_is_left_to_passes():
    assert class_probabilities("instance", COUNTS, 0.5) is None


def test_balanced():
    assert class_probabilities("balanced", COUNTS, 0.0).tolist() == pytest.approx([1 / 3] * 3)


def test_square_root():
    expected = [90**0.5, 3.0, 1.0]
    expected = [value / sum(expected) for value in expected]
    assert class_probabilities("sqrt", COUNTS, 0.0).tolist() == pytest.approx(expected)


def test_progressive_goes_from_instance_to_balanced():
    assert class_probabilities("progressive", COUNTS, 0.0).tolist() == pytest.approx(
        [0.9, 0.09, 0.01]
    )
    assert class_probabilities("progressive", COUNTS, 1.0).tolist() == pytest.approx([1 / 3] * 3)
    halfway = [(0.9 + 1 / 3) / 2, (0.09 + 1 / 3) / 2, (0.01 + 1 / 3) / 2]
    assert class_probabilities("progressive", COUNTS, 0.5).tolist() == pytest.approx(halfway)


def test_effective_number():
    weights = [n * (1 - 0.9999) / (1 - 0.9999**n) for n in COUNTS]
    expected = [weight / sum(weights) for weight in weights]
    assert class_probabilities("effective-number", COUNTS, 0.0).tolist() == pytest.approx(expected)


@given(
    name=st.sampled_from([name for name in SAMPLERS.names() if name != "instance"]),
    counts=st.lists(st.integers(1, 10**6), min_size=2, max_size=50),
    progress=st.floats(0, 1),
)
def test_probabilities_are_positive_and_sum_to_one(name, counts, progress):
    probabilities = class_probabilities(name, counts, progress)
    assert probabilities.dtype == torch.float64
    assert float(probabilities.sum()) == pytest.approx(1)
    assert bool((probabilities > 0).all())


def test_a_class_without_images_is_named():
    with pytest.raises(InputError, match="class 1 has no training image"):
        class_probabilities("balanced", [3, 0], 0.0)


def test_progress_outside_the_training_is_refused():
    with pytest.raises(InputError, match="progress"):
        class_probabilities("progressive", COUNTS, 1.5)


def test_an_unknown_sampler_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="balanced"):
        class_probabilities("balance", COUNTS, 0.0)
