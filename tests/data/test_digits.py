import numpy as np
import pytest

from imbnas.data import DataLocations, load_dataset, resolve, select_images
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition


def digits():
    return load_dataset("digits", DataLocations.from_options(environ={}))


def test_digits_have_a_balanced_test_split_of_seventy_a_class():
    dataset = digits()
    assert np.bincount(dataset.test.labels).tolist() == [80] * 10
    assert dataset.train_counts == (98, 102, 97, 103, 101, 102, 101, 99, 94, 100)
    assert dataset.train.images.shape == (997, 8, 8, 1)
    assert int(dataset.train.images.max()) == 255


def test_the_two_splits_are_all_of_the_digits():
    from sklearn.datasets import load_digits

    dataset = digits()
    both = np.concatenate([dataset.train.images, dataset.test.images])
    grey = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    assert sorted(image.tobytes() for image in both) == sorted(image.tobytes() for image in grey)


@pytest.mark.parametrize("file_is_there", [True, False])
def test_digits_are_the_same_in_every_process(file_is_there, monkeypatch):
    if not file_is_there:
        monkeypatch.setattr("imbnas.data.digits.find_spec", lambda _: None)
    assert digits().digest == "49fc1aa745e122093b0e896c9b241eb245b23f8fd2b1688260b9a6bf881a309c"


def test_a_condition_of_digits_resolves_and_reaches_tensors():
    dataset = digits()
    manifest = resolve(parse_condition("digits@10x"), dataset)
    assert manifest.class_counts == (76, 58, 45, 35, 27, 21, 16, 12, 9, 7)
    images = select_images(dataset, manifest.validation)
    assert images.labels.bincount().tolist() == [18] * 10


def test_a_folder_for_the_digits_is_refused_and_not_passed_over(tmp_path):
    locations = DataLocations.from_options(datasets=[f"digits={tmp_path}"], environ={})
    with pytest.raises(InputError, match="take no folder"):
        load_dataset("digits", locations)
