"""A damaged manifest is refused in one line, or says what it said before."""

import json
import os

import numpy as np
import pytest

from imbnas.data import Manifest, read_manifest, resolve, write_manifest
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition


@pytest.fixture(scope="module")
def toy(toy_dataset):
    return toy_dataset([40, 44, 50])


@pytest.fixture(scope="module")
def manifest(toy):
    return resolve(parse_condition("toy@10x:subset-2"), toy)


@pytest.mark.parametrize(
    "flips", [600, pytest.param(10_000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_no_flipped_bit_changes_what_is_read(flips, manifest, tmp_path):
    path = tmp_path / "m.json"
    write_manifest(manifest, path)
    whole, rng, accepted = path.read_bytes(), np.random.default_rng(5), []
    for _ in range(flips):
        spoilt = bytearray(whole)
        spoilt[rng.integers(len(spoilt))] ^= 1 << int(rng.integers(8))
        path.write_bytes(spoilt)
        try:
            accepted.append(read_manifest(path))
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
    assert all(read == manifest for read in accepted)
    assert len(accepted) < flips / 100


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"total":' + "9" * 5000 + "}", "\0", "", "[]", "3", '{"a":' * 20_000],
    ids=["nested", "digits", "nul", "empty", "list", "number", "tables"],
)
def test_what_is_no_manifest_is_one_line(text, tmp_path):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(InputError, match=r"^manifest .*m\.json: ") as caught:
        read_manifest(tmp_path / "m.json")
    assert "\n" not in str(caught.value)


def test_what_is_no_regular_file_is_one_line(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for name, said in (("fifo", "a FIFO"), ("zero", "a device"), ("loop", "links that lead")):
        with pytest.raises(InputError, match=said):
            read_manifest(tmp_path / name)


def test_nothing_waits_for_the_reader_of_a_fifo(manifest, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match="it is a FIFO"):
        write_manifest(manifest, tmp_path / "fifo")


def test_a_forged_manifest_names_no_image_that_is_not_there(toy, manifest, tmp_path):
    fields = {name: getattr(manifest, name) for name in Manifest.model_fields if name != "sha256"}
    indices = (*manifest.train.indices[:-1], 10_000)
    fields["train"] = manifest.train.model_copy(update={"indices": indices})
    path, sealed = tmp_path / "m.json", Manifest.seal(**fields)
    write_manifest(sealed, path)
    pin = read_manifest(path)
    assert json.loads(path.read_text())["train"]["indices"][-1] == 10_000
    with pytest.raises(InputError, match="image 10000 of 'train', which has 134"):
        resolve(parse_condition("toy@10x:subset-2"), toy, [pin])
