import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.units.image_labels import pack, unpack


@given(st.lists(st.integers(0, 65535)))
def test_labels_come_back(labels):
    assert unpack(pack(labels)).tolist() == labels


def test_the_text_is_two_bytes_each_the_lower_one_first():
    assert pack(np.array([1, 258])) == "AQACAQ=="


@pytest.mark.parametrize("text", ["AQ==", "%", "AQACAQ"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="labels are not"):
        unpack(text)
