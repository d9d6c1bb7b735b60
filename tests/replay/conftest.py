"""Tables of a whole space with a known truth."""

from collections.abc import Callable

import numpy as np
import pytest

from imbnas.spaces import get_space
from imbnas.table.arrays import Columns, Lists, RepeatedLists, Texts
from imbnas.table.benchmark import Benchmark
from imbnas.table.index import RowIndex

IMAGES = 10_000
MakeBench = Callable[..., Benchmark]


@pytest.fixture(scope="session")
def make_bench() -> MakeBench:
    """Make a table from (A, R) mean recalls in percent by training, of one class."""

    def make(
        accuracies: dict[tuple[str, str], np.ndarray],
        architectures: tuple[str, ...] | None = None,
        compared: bool = True,
    ) -> Benchmark:
        known = get_space("nats-tss")
        first = next(iter(accuracies.values()))
        names = architectures or known.representatives()[: len(first)]  # type: ignore[attr-defined]
        rows = [
            (name, known.functional_id(name), *training, replicate, value)
            for training, values in accuracies.items()
            for name, of in zip(names, values, strict=True)
            for replicate, value in enumerate(of)
        ]
        name, function, condition, scheme, replicate, value = zip(*rows, strict=True)
        n, failed = len(rows), np.isnan(value)
        correct = [None if v != v else (round(v / 100 * IMAGES),) for v in value]
        total = [None if v != v else (IMAGES,) for v in value]
        none = RepeatedLists(np.full(n, -1, np.int32), ())
        one = np.ones(n, np.int64)
        trainings = list(accuracies)
        return Benchmark(
            RowIndex(
                Columns(
                    source="made", suite="made@1/up",
                    comparisons=((trainings[0], *trainings[1:]),) if compared else (),
                    role=Texts.of(["population"] * n), space=Texts.of(["nats-tss"] * n),
                    architecture=Texts.of(name), functional_id=Texts.of(function),
                    condition=Texts.of(condition), scheme=Texts.of(scheme),
                    replicate=np.array(replicate), failed=failed, params=one, macs=one,
                    seconds=np.ones(n), class_correct=Lists.of(correct),
                    class_total=RepeatedLists.of(Lists.of(total)), many=none, medium=none, few=none,
                )
            )
        )  # fmt: skip

    return make
