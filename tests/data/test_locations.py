from pathlib import Path

import pytest

from imbnas.data import DataLocations
from imbnas.errors import InputError


def test_the_option_goes_before_the_environment(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    environ = {"IMBNAS_DATA": str(tmp_path / "a")}
    assert DataLocations.from_options(environ=environ).root == tmp_path / "a"
    assert DataLocations.from_options(tmp_path / "b", environ=environ).root == tmp_path / "b"
    assert DataLocations.from_options(environ={}).root is None


def test_the_cache_follows_the_environment():
    def cache(**environ):
        return DataLocations.from_options(environ=environ).cache

    assert cache(IMBNAS_CACHE="/somewhere") == Path("/somewhere")
    assert cache(XDG_CACHE_HOME="/xdg") == Path("/xdg/imbnas")
    assert cache() == Path.home() / ".cache" / "imbnas"


def test_a_missing_root_is_named(tmp_path):
    with pytest.raises(InputError, match=r"--data-root .*gone: no such folder"):
        DataLocations.from_options(tmp_path / "gone", environ={})
    with pytest.raises(InputError, match=r"IMBNAS_DATA .*gone: no such folder"):
        DataLocations.from_options(environ={"IMBNAS_DATA": str(tmp_path / "gone")})


def test_an_archive_where_a_folder_is_expected_is_refused(tmp_path):
    archive = tmp_path / "images.tar.gz"
    archive.write_bytes(b"")
    with pytest.raises(InputError, match="is a file, not a folder; unpack the archive"):
        DataLocations.from_options(archive, environ={})
    with pytest.raises(InputError, match=r"--dataset mine=.*unpack the archive"):
        DataLocations.from_options(datasets=[f"mine={archive}"], environ={})


@pytest.mark.parametrize("text", ["mine", "=path", "mine="])
def test_a_dataset_option_must_be_name_and_path(text):
    with pytest.raises(InputError, match="write NAME=PATH"):
        DataLocations.from_options(datasets=[text], environ={})


def test_a_name_given_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="given twice"):
        DataLocations.from_options(datasets=[f"a={tmp_path}", f"a={tmp_path}"], environ={})
