"""A record and its repetition, on the same machine and on another one."""

import numpy as np
import pytest

from imbnas.submissions.comparison import (
    Compared,
    Likeness,
    compare,
    drift_fault,
    noise_between_replicates,
    other_circumstances,
)
from imbnas.units.records import Record

from ..factories import make_record, make_unit, train_metrics

TOTAL = 1000


def trained(correct: int, replicate: int = 0, aten: str = "AVX2", **fields) -> Record:
    unit = make_unit(replicate=replicate, **fields)
    record = make_record(unit, train_metrics(class_correct=(correct,), class_total=(TOTAL,)))
    provenance = record.provenance.model_copy(update={"aten": aten})
    return record.model_copy(update={"provenance": provenance})


def test_equal_bits_are_equal() -> None:
    assert compare(trained(600), trained(600), None).likeness is Likeness.EQUAL
    assert compare(trained(600), trained(600, aten="AVX512"), None).likeness is Likeness.EQUAL


def test_one_image_more_is_another_result_on_the_same_machine() -> None:
    found = compare(trained(601), trained(600), 50.0)
    assert found.likeness is Likeness.DIFFERENT
    assert found.difference == pytest.approx(0.1)
    assert not found.passed


@pytest.mark.parametrize(
    ("correct", "likeness"),
    [(601, Likeness.WITHIN_NOISE), (656, Likeness.WITHIN_NOISE), (658, Likeness.DIFFERENT)],
)
def test_elsewhere_the_noise_between_replicates_decides(correct: int, likeness: Likeness) -> None:
    found = compare(trained(correct), trained(600, aten="AVX512"), 1.0)
    assert found.likeness is likeness
    assert "aten" in found.detail


def test_without_noise_it_cannot_be_told() -> None:
    found = compare(trained(601), trained(600, aten="AVX512"), None)
    assert found.likeness is Likeness.CANNOT_TELL
    assert found.passed


@pytest.mark.parametrize("field", ["processor", "onednn", "mkl_branch", "libc", "openblas_kernels"])
def test_what_rounds_otherwise_is_named(field: str) -> None:
    here = trained(1)
    there = here.model_copy(
        update={"provenance": here.provenance.model_copy(update={field: "other"})}
    )
    assert other_circumstances(there, here) == field
    assert other_circumstances(here, here) is None


def test_reproducible_units_need_not_have_the_same_processor() -> None:
    here = trained(1, reproducible=True)
    there = here.model_copy(
        update={"provenance": here.provenance.model_copy(update={"processor": "other"})}
    )
    assert other_circumstances(there, here) is None


def test_noise_is_pooled_over_networks() -> None:
    rng = np.random.default_rng(5)
    means, values = (400, 700), rng.normal(0, 20, (2, 8)).round().astype(int)
    recipe = make_unit().recipe
    records = [
        trained(mean + int(value), replicate, recipe=recipe.model_copy(update={"lr": lr}))
        for mean, row, lr in zip(means, values, (0.1, 0.2), strict=True)
        for replicate, value in enumerate(row)
    ]  # fmt: skip
    expected = np.sqrt(np.mean([row.var(ddof=1) for row in values])) / TOTAL * 100
    assert noise_between_replicates(records) == pytest.approx(expected)
    assert noise_between_replicates(records[:1]) is None


def test_small_differences_in_one_direction_add_up() -> None:
    def all_by(points: float) -> list[Compared]:
        return [Compared(str(n), "", Likeness.WITHIN_NOISE, "", points) for n in range(30)]

    assert drift_fault(all_by(0.1), 1.0) is None
    assert drift_fault(all_by(-2.0), 1.0) is None
    assert "2.00 points above" in str(drift_fault(all_by(2.0), 1.0))
    assert drift_fault([], 1.0) is None
