"""Counts of datasets whose images are not at hand."""

import json
from pathlib import Path

import pytest

from imbnas.data.dataset import ArraySplit, Dataset
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.published_counts import PUBLISHED_COUNTS, UNKNOWN_DIGEST, counted
from imbnas.data.resolving import resolve
from imbnas.units.conditions import parse_condition

TOTALS = {
    "cifar10": (50_000, 10_000, 10),
    "cifar100": (50_000, 10_000, 100),
    "fashion-mnist": (60_000, 10_000, 10),
    "svhn": (73_257, 26_032, 10),
}
"""As the datasets' papers give them."""

CONDITIONS = ("@1x", "@100x", "@10x:step", "@natural", "@100x:order-numeric", "@20x:half-2")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root without any data, and a cache without any downloads."""
    monkeypatch.setenv("IMBNAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("imbnas.data.published.DEBIAN_FASHION", tmp_path / "none")
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_totals_are_the_published_ones() -> None:
    assert {
        name: (sum(known.train), sum(known.test), len(known.class_names))
        for name, known in PUBLISHED_COUNTS.items()
    } == TOTALS


@pytest.mark.parametrize("name", PUBLISHED_COUNTS)
@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_every_kind_of_condition_is_counted(name: str, protocol: str) -> None:
    for rest in CONDITIONS:
        condition = parse_condition(name + rest, protocol)  # type: ignore[arg-type]
        found = resolve(condition, counted(name))
        assert found.total == sum(found.class_counts) <= TOTALS[name][0]


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_counts_are_those_of_the_images(name: str, empty: Path) -> None:
    """Of a dataset of the same labels in another order."""
    known = counted(name)
    assert isinstance(known.train, ArraySplit)
    turned = ArraySplit(known.train.labels[::-1], known.train.images)
    images = Dataset(name, known.class_names, turned, known.test, "1" * 64, (0.5,) * 3, (1.0,) * 3)
    for rest in CONDITIONS:
        condition = parse_condition(name + rest)
        alone, whole = resolve(condition, known), resolve(condition, images)
        for field in ("class_counts", "total", "groups", "tertiles", "notes"):
            assert getattr(alone, field) == getattr(whole, field), (rest, field)
        assert len(alone.validation.indices) == len(whole.validation.indices)


@pytest.mark.parametrize("more", [(), ("--offline",)])
def test_a_condition_is_shown_without_images_and_says_so(
    bench_here, empty: Path, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("something was downloaded")

    monkeypatch.setattr("imbnas.data.published._download", never)
    shown = json.loads(
        bench_here(
            "show", "condition", "cifar10@100x", "--data-root", empty, "--json", *more
        ).stdout
    )
    # floor(4500 · 100^(-i/9)), of what a validation split of a tenth leaves
    assert shown["class_counts"] == [4500, 2697, 1617, 969, 581, 348, 208, 125, 75, 45]
    assert (shown["validation"], shown["test"]) == (5000, 10_000)
    assert (shown["sha256"], shown["dataset_digest"]) == (None, None)
    assert shown["notes"] == [
        "images of cifar10 are not at hand: counted as published, without hashes"
    ]
    assert list(empty.iterdir()) == []


def test_indices_are_not_made_up(bench_here, empty: Path) -> None:
    out = empty / "m.json"
    done = bench_here(
        "show", "condition", "cifar10@100x", "--data-root", empty, "--offline", "--manifest", out
    )
    assert done.returncode == 2
    assert "dataset 'cifar10' not found" in done.stderr
    assert not out.exists()


def test_a_folder_that_was_named_is_not_passed_over(bench_here, empty: Path) -> None:
    done = bench_here("show", "condition", "cifar10@100x", "--dataset", f"cifar10={empty}")
    assert done.returncode == 2
    assert "dataset 'cifar10' not found" in done.stderr


def test_files_that_are_not_complete_are_not_passed_over(bench_here, empty: Path) -> None:
    (empty / "cifar-10-batches-py").mkdir()
    (empty / "cifar-10-batches-py" / "test_batch").write_bytes(b"")
    done = bench_here("show", "condition", "cifar10@100x", "--data-root", empty)
    assert done.returncode == 2
    assert "6 of 7 files" in done.stderr


def test_digests_tell_counts_from_images(empty: Path) -> None:
    digits = load_dataset("digits", DataLocations.from_options(empty))
    assert digits.digest != UNKNOWN_DIGEST == counted("svhn").digest
