import json

import numpy as np
import pytest
from pydantic import ValidationError

from imbnas.data import Manifest, Selection, read_manifest, resolve, write_manifest
from imbnas.errors import InputError
from imbnas.units.conditions import parse_condition
from imbnas.units.frozen import canonical_json, content_sha256

CONDITION = parse_condition("toy@10x:subset-2")


@pytest.fixture(scope="module")
def toy(toy_dataset):
    return toy_dataset([40, 44, 50])


def test_an_exported_manifest_comes_back_equal(tmp_path, toy):
    manifest = resolve(CONDITION, toy)
    write_manifest(manifest, tmp_path / "m.json")
    assert read_manifest(tmp_path / "m.json") == manifest


def test_the_file_is_canonical_and_its_hash_can_be_checked_by_anyone(tmp_path, toy):
    path = tmp_path / "m.json"
    write_manifest(resolve(CONDITION, toy), path)
    content = json.loads(path.read_text())
    text = json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n"
    assert path.read_text() == text
    claimed = content.pop("sha256")
    assert content_sha256(content) == claimed


def test_an_altered_file_is_refused(tmp_path, toy):
    path = tmp_path / "m.json"
    write_manifest(resolve(CONDITION, toy), path)
    content = json.loads(path.read_text())
    content["train"]["indices"][0] += 1
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"m\.json: its sha256 does not fit"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not JSON"), ("{}", "condition"), ("[1]", "manifest")]
)
def test_a_file_that_is_no_manifest_is_refused(tmp_path, text, message):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_manifest(tmp_path / "m.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.json: cannot be read"):
        read_manifest(tmp_path / "none.json")


def test_a_pin_replaces_what_would_be_drawn(toy):
    manifest = resolve(CONDITION, toy)
    # The first images of each class in place of those that are drawn.
    by_class = [np.flatnonzero(toy.train.labels == label) for label in range(toy.num_classes)]
    counted = zip(by_class, manifest.class_counts, strict=True)
    drawn = tuple(sorted(int(index) for images, count in counted for index in images[:count]))
    assert manifest.train.indices != drawn
    fields = {name: value for name, value in manifest if name != "sha256"}
    pin = Manifest.seal(**{**fields, "train": Selection(split="train", indices=drawn)})
    assert resolve(CONDITION, toy, pins=[pin]) == pin


def test_a_pin_of_another_condition_or_protocol_is_passed_over(toy):
    strict = resolve(CONDITION, toy)
    other = resolve(parse_condition("toy@5x:subset-2"), toy)
    paper = parse_condition("toy@10x:subset-2", "paper")
    assert resolve(paper, toy, pins=[strict, other]).protocol == "paper"


def test_a_pin_made_from_other_data_is_refused(toy, toy_dataset):
    pin = resolve(CONDITION, toy_dataset([40, 44, 51]))
    with pytest.raises(InputError, match="made from dataset content"):
        resolve(CONDITION, toy, pins=[pin])


def test_a_manifest_cannot_be_changed(toy):
    with pytest.raises(ValidationError):
        resolve(CONDITION, toy).total = 3


def test_a_place_that_cannot_be_written_is_named(tmp_path, toy):
    with pytest.raises(InputError, match=r"gone/m\.json: cannot be written"):
        write_manifest(resolve(CONDITION, toy), tmp_path / "gone" / "m.json")


def forged(manifest: Manifest, **changes: object) -> dict:
    """Plain content with other values and the checksum that fits them."""
    content = json.loads(canonical_json(manifest)) | changes
    del content["sha256"]
    return content | {"sha256": content_sha256(content)}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"total": 7}, "total"),
        ({"total": -1}, "total"),
        ({"class_counts": []}, "class_counts"),
        ({"class_counts": [1, 2, 10**30]}, "class_counts"),
        ({"train": {"split": "train", "indices": [3, 2, 1]}}, "train: indices: they do not ascend"),
        ({"train": {"split": "train", "indices": [-1, 2]}}, "train.indices.0"),
        ({"train": {"split": "train", "indices": [1, 1]}}, "ascend"),
        ({"train": {"split": "train", "indices": ["1"]}}, "sha256"),
        ({"train": {"split": "train", "indices": ["a"]}}, "train.indices.0"),
        ({"test": {"split": "train", "indices": []}}, "test: split"),
        ({"groups": {"many": [0, 1], "medium": None, "few": [1, 2]}}, "groups"),
        ({"groups": {"many": [0], "medium": None, "few": None}}, "groups"),
        ({"tertiles": {"head": [0], "middle": [1], "tail": [7]}}, "tertiles"),
        ({"condition": "toy@"}, "condition"),
        ({"protocol": "none"}, "protocol"),
        ({"dataset_digest": "x"}, "dataset_digest"),
    ],
)
def test_a_forged_manifest_is_refused_with_its_field(tmp_path, toy, changes, told):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(forged(resolve(CONDITION, toy), **changes)))
    with pytest.raises(InputError) as refused:
        read_manifest(path)
    assert str(refused.value).startswith(f"manifest {path}: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a":1,"a":2}', "stands twice"),
        (b"[" * 10**5, "nested too deeply"),
        (b"1" * 5000, "thousands of digits"),
        (b"\xff", "UTF-8"),
    ],
)
def test_json_that_hides_something_is_refused(tmp_path, content, told):
    path = tmp_path / "m.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_manifest(path)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"validation": {"split": "train", "indices": [10**8]}}, "validation: image"),
        ({"class_counts": "swapped"}, "class_counts"),
    ],
)
def test_a_pin_that_does_not_fit_its_data_is_refused(toy, changes, told):
    manifest = resolve(CONDITION, toy)
    if "class_counts" in changes:
        counts = list(manifest.class_counts)
        changes = {"class_counts": [counts[-1], *counts[1:-1], counts[0]]}
    pin = Manifest.model_validate(forged(manifest, **changes))
    with pytest.raises(InputError, match=told):
        resolve(CONDITION, toy, pins=[pin])
