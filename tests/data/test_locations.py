import os
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


def test_folders_that_cannot_be_used_are_told_why(tmp_path, monkeypatch):
    (tmp_path / "gone").symlink_to("nowhere")
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    Path(odd).mkdir()
    cases = {
        str(tmp_path / "gone"): "is a link that leads nowhere; restore what it leads to",
        odd: "the name is not UTF-8; rename the folder",
        str(tmp_path / ("a" * 300)): "File name too long; give an existing folder",
        f"{tmp_path}/a\0b": "give an existing",
    }
    for path, told in cases.items():
        for options in ({"data_root": path}, {"datasets": [f"mine={path}"]}):
            with pytest.raises(InputError, match=told) as refused:
                DataLocations.from_options(**options, environ={})
            str(refused.value).encode()

    def closed(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(InputError, match="may not be read; give read permission, and permission"):
        DataLocations.from_options(tmp_path, environ={})
