"""Ratios that the yardsticks found, and what each is to be read against."""

from dataclasses import dataclass

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

ROWS = pytest.StashKey[list["Row"]]()


@dataclass(frozen=True)
class Row:
    """A ratio, and what it is to be read against.

    Attributes:
        what: is measured.
        ratio: of the measurement.
        target: to be reached; ``None`` for a figure that only informs.
        smaller: whether the ratio is to be at most the target, not at least.
    """

    what: str
    ratio: float
    target: float | None
    smaller: bool = False

    def cells(self) -> tuple[str, ...]:
        if self.target is None:
            return self.what, f"{self.ratio:.2f}", "", ""
        met = self.ratio <= self.target if self.smaller else self.ratio >= self.target
        bound = f"{'≤' if self.smaller else '≥'} {self.target:g}"
        return self.what, f"{self.ratio:.2f}", bound, "yes" if met else "no"


@dataclass(frozen=True)
class Report:
    """Notes ratios for the table, and with further facts in the benchmark's ``extra_info``."""

    benchmark: BenchmarkFixture
    rows: list[Row]

    def __call__(
        self,
        what: str,
        ratio: float,
        target: float | None = None,
        smaller: bool = False,
        key: str = "throughput_ratio",
        **facts: object,
    ) -> None:
        self.benchmark.extra_info.update({key: ratio, **facts})
        if target is not None:
            self.benchmark.extra_info[f"{key}_target"] = target
        self.rows.append(Row(what, ratio, target, smaller))
