"""What a resolved suite knows of the images that its comparisons share."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imbnas.data import load_dataset, resolve
from imbnas.data.locations import DataLocations
from imbnas.data.overlap import common_images
from imbnas.suites import images
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import Training, TransferPart
from imbnas.units.conditions import parse_condition
from imbnas.units.frozen import canonical_json
from imbnas.units.image_labels import unpack

from .. import factories
from ..factories import OFFLINE, varied


def transfer(*conditions: str) -> TransferPart:
    reference, *targets = (Training(condition=condition) for condition in conditions)
    return TransferPart(kind="transfer", reference=reference, targets=tuple(targets))


def resolved(tiny_suite: Path, *conditions: str, replicates: int = 3) -> ResolvedSuite:
    parts = {"transfer": transfer(*conditions)}
    return factories.resolve(tiny_suite, replicates=replicates, parts=parts)


def test_shares_are_means_over_manifests(tiny_suite: Path) -> None:
    suite = resolved(tiny_suite, "digits@1x", "digits@20x", "digits@1x:like-20x")
    digits = load_dataset("digits", OFFLINE)
    pairs = {each.conditions: each for each in suite.common_images}
    # The parts transfer (three conditions), baselines (digits@10x alone) and adaptation (from
    # digits@1x to digits@10x).
    assert len(pairs) == 8
    for names, found in pairs.items():
        one, two = (
            [resolve(parse_condition(name).for_replicate(r), digits) for r in range(3)]
            for name in names
        )
        shares = np.array(
            [
                [common_images(a, b).training / min(a.total, b.total) for b in two]
                for a in one
            ]
        )  # fmt: skip
        assert found.same == pytest.approx(np.diag(shares).mean())
        assert found.different == pytest.approx(shares[~np.eye(3, dtype=bool)].mean())
    assert pairs["digits@1x", "digits@20x"].same == 1
    assert pairs["digits@20x", "digits@20x"].different < 0.7


def test_what_there_is_to_know_of_a_dataset_is_told_once(
    tiny_suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = replace(load_dataset("digits", OFFLINE), notes=("dataset digits: two are equal",))
    monkeypatch.setattr(images, "load_dataset", lambda *_: digits)
    resolved(tiny_suite, "digits@1x", "digits@20x")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "dataset digits: two are equal\n")


def test_halves_share_nothing_and_a_single_replicate_has_no_other(tiny_suite: Path) -> None:
    suite = resolved(tiny_suite, "digits@1x:half-1", "digits@20x:half-2", replicates=1)
    assert [each.conditions for each in suite.common_images] == [
        ("digits@10x",) * 2, ("digits@10x", "digits@1x"), ("digits@1x",) * 2,
        ("digits@1x:half-1",) * 2, ("digits@20x:half-2",) * 2,
    ]  # fmt: skip
    assert all((each.same, each.different) == (1, None) for each in suite.common_images)


def test_test_labels_are_kept_where_datasets_are_compared(tiny_suite: Path) -> None:
    assert not resolved(tiny_suite, "digits@1x", "digits@20x").test_labels


def test_neither_is_part_of_any_unit(expansion: Expansion) -> None:
    assert expansion.resolved.common_images
    older = expansion.resolved.model_copy(update={"common_images": ()})
    assert "common_images" not in canonical_json(older)
    assert "test_labels" not in canonical_json(older)
    assert not ResolvedSuite.model_validate_json(canonical_json(older)).common_images
    before, after = (
        [unit.identity for unit in each.plan().units] for each in (Expansion(older), expansion)
    )
    assert before == after


def test_labels_of_two_datasets_of_images_in_folders(tiny_suite: Path, tmp_path: Path) -> None:
    for name in "ab":
        for split, label in ((s, c) for s in ("train", "test") for c in range(2)):
            folder = tmp_path / name / split / str(label)
            folder.mkdir(parents=True)
            for number in range(12):
                shade = 40 * label + number + 100 * (name == "b")
                Image.new("L", (8, 8), shade).save(folder / f"{number}.png")
    folders = [f"{name}={tmp_path / name}" for name in "ab"]
    locations = DataLocations.from_options(datasets=folders, offline=True)
    asked = varied(read_suite(tiny_suite), parts={"transfer": transfer("a@1x", "b@1x")})
    suite = resolve_suite(SuiteRequest(asked, "only", locations))
    assert len(suite.test_labels) == 2
    for name in ("a@1x", "b@1x"):
        digest = suite.conditions[name].replicates[0].dataset_digest
        assert unpack(suite.test_labels[digest]).tolist() == [0] * 12 + [1] * 12
    pairs = [each.conditions for each in suite.common_images]
    assert pairs[:2] == [("a@1x",) * 2, ("b@1x",) * 2]
    assert {name for pair in pairs[2:] for name in pair} == {"digits@10x", "digits@1x"}
