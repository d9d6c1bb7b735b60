"""What a training's record holds beside its counts, and what is refused as impossible."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.stats import hmean

from imbnas.training.answers import Answers
from imbnas.units.correct_bits import number_of_ones, pack, unpack
from imbnas.units.frozen import canonical_json
from imbnas.units.metrics import CalibrationBin, CurvePoint, TrainMetrics
from imbnas.units.recipes import Recipe
from imbnas.units.record_checks import check_bits
from imbnas.units.record_parser import RecordParser
from imbnas.units.records import Record
from imbnas.units.sealing import read_sealed, seal
from imbnas.units.unit import SpaceModel, TrainUnit

from ..factories import make_record, make_unit, train_metrics, varied

STORED = Path(__file__).resolve().parents[1] / "data_of_records" / "version-1" / "train-space.json"
FLAGS = st.lists(st.booleans(), max_size=70)


def answers(seed: int, images: int = 500, classes: int = 7) -> Answers:
    rng = np.random.default_rng(seed)
    return Answers(
        labels=rng.integers(classes, size=images),
        right=rng.random(images) < 0.6,
        confidence=rng.uniform(1 / classes, 1, images),
        num_classes=classes,
    )


def metrics_of(given: Answers, **fields: Any) -> TrainMetrics:
    return train_metrics(
        **{
            "class_correct": given.correct,
            "class_total": given.total,
            "correct_bits": given.bits,
            "calibration": given.calibration,
            **fields,
        }
    )


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """As MiSLAS and netcal write it: images are put into bins by ``np.digitize``."""
    edges = np.linspace(0, 1, 16)
    place = np.digitize(confidence, edges, right=True) - 1
    error = 0.0
    for each in range(15):
        inside = place == each
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            error += inside.mean() * gap
    return error


@pytest.mark.parametrize("seed", range(5))
def test_the_calibration_error_is_that_of_an_independent_computation(seed: int) -> None:
    given = answers(seed)
    found = metrics_of(given).expected_calibration_error()
    assert found == pytest.approx(calibration_error(given.confidence, given.right), rel=1e-12)


def test_a_probability_on_an_edge_is_of_the_bin_below() -> None:
    edges = np.linspace(0, 1, 16)
    right = np.ones(15, bool)
    found = Answers(np.zeros(15, np.int64), right, edges[1:], 1).calibration
    assert found is not None
    assert [each.images for each in found] == [1] * 15
    above = Answers(np.zeros(14, np.int64), right[1:], np.nextafter(edges[1:-1], 1), 1).calibration
    assert above is not None
    assert [each.images for each in above] == [0] + [1] * 14


def test_perfect_and_useless_confidence() -> None:
    labels, right = np.zeros(8, np.int64), np.array([True] * 8)
    sure = metrics_of(Answers(labels, right, np.ones(8), 1))
    assert sure.expected_calibration_error() == 0
    wrong = metrics_of(Answers(labels, ~right, np.ones(8), 1))
    assert wrong.expected_calibration_error() == 1


def test_a_confidence_that_is_not_a_number_leaves_no_calibration() -> None:
    given = Answers(np.zeros(2, np.int64), np.array([True, False]), np.array([0.5, np.nan]), 1)
    metrics = metrics_of(given)
    assert metrics.calibration is None
    assert metrics.expected_calibration_error() is None
    assert metrics.correct_bits is not None


def test_no_test_image_has_neither_error_nor_harmonic_mean() -> None:
    nothing = np.zeros(0)
    metrics = metrics_of(Answers(nothing.astype(np.int64), nothing.astype(bool), nothing, 2))
    assert metrics.correct_bits == ""
    assert metrics.expected_calibration_error() is None
    assert metrics.harmonic_mean() is None


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=12))
def test_the_harmonic_mean_is_scipys_and_leaves_out_empty_classes(
    pairs: list[tuple[int, int]],
) -> None:
    known = [(min(correct, total), total) for correct, total in pairs]
    correct, total = zip(*known, (0, 0), strict=True)
    metrics = train_metrics(class_correct=correct, class_total=total)
    recalls = [c / t for c, t in known if t]
    if not recalls:
        assert metrics.harmonic_mean() is None
    else:
        assert metrics.harmonic_mean() == pytest.approx(hmean(recalls), abs=1e-12)


def test_one_class_without_a_right_answer_makes_the_harmonic_mean_0() -> None:
    assert train_metrics(class_correct=(4, 0), class_total=(4, 4)).harmonic_mean() == 0


@given(FLAGS)
def test_bits_are_read_as_they_were_written(right: list[bool]) -> None:
    text = pack(right)
    assert unpack(text, len(right)).tolist() == right
    assert number_of_ones(text, len(right)) == sum(right)
    assert len(base64.b64decode(text)) == -(-len(right) // 8)


def test_the_first_image_is_the_highest_bit() -> None:
    assert base64.b64decode(
        pack([True, False, False, False, False, False, False, False, True])
    ) == (b"\x80\x80")


@pytest.mark.parametrize(
    ("bits", "images", "said"),
    [
        ("gA=", 1, "not base64"),
        ("g!A=", 1, "not base64"),
        ("gB==", 1, "as it is written"),
        ("gA==", 9, "one bit for each of 9"),
        ("gAA=", 8, "one bit for each of 8"),
        ("wA==", 1, "behind the last image"),
    ],
)
def test_other_texts_are_no_bits(bits: str, images: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        unpack(bits, images)


@given(st.integers(0, 10**6))
def test_bits_are_checked_class_by_class_where_labels_are_known(seed: int) -> None:
    given = answers(seed, images=40, classes=3)
    metrics = metrics_of(given)
    check_bits(metrics, given.labels)
    # Another image of another class: the sum stays, the classes do not.
    rights, wrongs = np.flatnonzero(given.right), np.flatnonzero(~given.right)
    pairs = [(r, w) for r in rights for w in wrongs if given.labels[r] != given.labels[w]]
    if pairs:
        swapped = given.right.copy()
        swapped[list(pairs[0])] = ~swapped[list(pairs[0])]
        with pytest.raises(ValueError, match="differ in a class"):
            check_bits(varied(metrics, correct_bits=pack(swapped)), given.labels)
    with pytest.raises(ValueError, match="manifest"):
        check_bits(metrics, np.roll(given.labels, 1)[:-1])


def test_an_older_record_has_no_bits_to_check() -> None:
    with pytest.raises(ValueError, match="no correct_bits"):
        check_bits(train_metrics(), [0, 0])


def bins(**changed: tuple[int, float, int]) -> list[tuple[int, float, int]]:
    """Two images, one right, in bin 8 (0.53 to 0.6)."""
    found = [(0, 0.0, 0)] * 15
    found[8] = (2, 1.1, 1)
    for place, each in changed.items():
        found[int(place.removeprefix("bin"))] = each
    return found


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"correct_bits": pack([True, True])}, "how many images are correct"),
        ({"correct_bits": "?"}, "not base64"),
        ({"calibration": bins()[:-1]}, "at least 15"),
        ({"calibration": bins(bin9=(1, 0.65, 0))}, "how many images there are"),
        ({"calibration": bins(bin8=(2, 1.1, 2))}, "how many images are correct"),
        ({"calibration": bins(bin8=(2, 1.3, 1))}, "bin 8 holds"),
        ({"calibration": bins(bin8=(2, 1.0, 1))}, "bin 8 holds"),
        ({"calibration": bins(bin8=(1, 0.55, 0), bin9=(1, 0.65, 2))}, "how many images are"),
        ({"calibration": bins(bin8=(2, 1.1, 0), bin9=(0, 0.0, 1))}, "bin 9 holds"),
        ({"calibration": bins(bin8=(2, float("nan"), 1))}, "finite"),
        ({"curve": []}, "at least 1"),
        ({"curve": [(0, (1,), (2,))]}, "greater than or equal to 1"),
        ({"curve": [(2, (1,), (2,)), (1, (1,), (2,))]}, "do not ascend"),
        ({"curve": [(1, (3,), (2,))]}, "more correct"),
        ({"curve": [(1, (1, 1), (2, 2))]}, "number of classes"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], said: str) -> None:
    known = {"class_correct": (1,), "class_total": (2,), "params": 1, "macs": 1, "train_loss": 0.5}
    assert TrainMetrics.model_validate({**known, "calibration": bins()})
    with pytest.raises(ValidationError, match=said):
        TrainMetrics.model_validate({**known, **fields})


def test_what_is_absent_is_not_written() -> None:
    written = json.loads(canonical_json(train_metrics()))
    assert set(written) == {
        "class_correct", "class_total", "kind", "macs", "params", "train_loss",
    }  # fmt: skip
    old = Record.model_validate_json(STORED.read_bytes()).metrics
    assert isinstance(old, TrainMetrics)
    assert (old.correct_bits, old.calibration, old.curve) == (None, None, None)
    assert old.expected_calibration_error() is None
    assert old.harmonic_mean() == 0


def test_a_whole_record_survives_storing_and_is_parsed_with_its_like() -> None:
    """Text with a brace inside of its metrics would be parsed alone, which takes longer."""
    curve = (CurvePoint(1, (3, 0), (4, 4)), CurvePoint(2, (4, 0), (4, 4)))
    assert [point.mean_accuracy() for point in curve] == [0.375, 0.5]
    parser, parsed = RecordParser(), []
    for name in ("|none~0|", "|skip_connect~0|"):
        model = SpaceModel(space="nats-tss", version="1", architecture=name)
        unit = make_unit(recipe=Recipe(epochs=4, curve_points=2), model=model)
        metrics = metrics_of(answers(0, classes=2), curve=curve)
        record = make_record(unit, metrics)
        text = seal(record)
        parsed.append(parser.parse(text)[0])
        assert parsed[-1] == record == read_sealed(Record, text)[0]
        assert isinstance(parsed[-1].metrics, TrainMetrics)
        assert isinstance(parsed[-1].metrics.calibration, tuple)
        assert isinstance(parsed[-1].metrics.calibration[0], CalibrationBin)
    first, second = (record.unit for record in parsed)
    assert isinstance(first, TrainUnit)
    assert isinstance(second, TrainUnit)
    assert first.recipe is second.recipe


@given(st.lists(st.integers(0, 80), min_size=2, max_size=12))
def test_as_many_right_answers_in_other_classes_are_a_tie(counts):
    moved = min(counts[0], 80 - counts[1])
    other = [counts[0] - moved, counts[1] + moved, *counts[2:]][::-1]
    one, two = (
        train_metrics(class_correct=tuple(each), class_total=(80,) * len(each))
        for each in (counts, other)
    )
    assert one.mean_accuracy() == two.mean_accuracy()


def test_one_image_more_is_no_tie():
    # As many as iNaturalist 2018 has: the least difference that there is.
    totals = (3,) * 8142
    one, other = (
        train_metrics(class_correct=(right, *(2,) * 8141), class_total=totals) for right in (1, 2)
    )
    assert other.mean_accuracy() - one.mean_accuracy() == pytest.approx(1 / 3 / 8142)
