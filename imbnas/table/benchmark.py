"""Look-ups in a table in place of trainings."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbnas.errors import InputError
from imbnas.table.arrays import Columns
from imbnas.table.index import RowIndex
from imbnas.table.query_result import ClassGroups, QueryResult
from imbnas.units.recalls import MEAN_DIGITS

Floats = NDArray[np.float64]


class Grid(NamedTuple):
    """Mean recalls of the population on one training.

    Attributes:
        space: of the architectures.
        architectures: distinct functions, as the table spells them.
        replicates: numbers of the columns.
        values: (A, R) mean per-class recalls in [0, 1]; NaN where a training failed or is missing.
    """

    space: str
    architectures: tuple[str, ...]
    replicates: tuple[int, ...]
    values: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Benchmark:
    """A table of trainings that answers in place of them.

    Attributes:
        index: of the table's rows.

    Example:
        >>> import imbnas
        >>> bench = imbnas.load_benchmark("runs/mine")
        >>> bench.title
        'tiny@1/only'
        >>> found = bench.query("mobilenetv3_small_050", "digits@10x", "cb-drw")
        >>> found.replicates, found.class_total[0][:3]
        ((0, 1), (80, 80, 80))
    """

    index: RowIndex

    def __repr__(self) -> str:
        return f"<Benchmark {self.title}: {len(self.columns):,} trainings>"

    @property
    def columns(self) -> Columns:
        """The table in memory."""
        return self.index.columns

    @property
    def title(self) -> str:
        """``SUITE@VERSION/FIDELITY``."""
        return self.columns.suite

    @property
    def architectures(self) -> tuple[str, ...]:
        """Architectures and baselines that were trained, as the table spells them."""
        return self.columns.architecture.values

    def architectures_of(self, space: str) -> tuple[str, ...]:
        """Architectures of one space that were trained."""
        return self.index.names_of(space)

    @property
    def spaces(self) -> tuple[str, ...]:
        """Search spaces; ``timm`` or ``imbnas`` for baselines."""
        return self.columns.space.values

    @property
    def conditions(self) -> tuple[str, ...]:
        """What architectures were trained on."""
        return self.index.conditions

    @property
    def trainings(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a condition and a scheme; those that the suite compares come first."""
        return self.index.trainings

    def replicates(self, architecture: str, condition: str, scheme: str) -> tuple[int, ...]:
        """Numbers of the replicates that ``query`` averages, failed ones included.

        Arguments and errors are those of ``query``.
        """
        rows = self.index.find(architecture, condition, scheme, None, None)
        return tuple(self.columns.replicate[self.index.order[rows.start : rows.stop]].tolist())

    def query(
        self,
        architecture: str,
        condition: str,
        scheme: str,
        replicate: int | Literal["random"] | None = None,
        *,
        space: str | None = None,
        role: str | None = None,
        rng: np.random.Generator | None = None,
    ) -> QueryResult:
        """Look up what an architecture reaches; takes microseconds.

        Args:
            architecture: any spelling of it, or a baseline's name. Where it was not trained itself,
                an architecture that computes the same function answers.
            condition: such as ``digits@20x``, without a subset seed.
            scheme: such as ``ce``.
            replicate: a number; ``"random"`` for one that is drawn, as a training would draw its
                images and weights; ``None`` for the mean over all.
            space: of the architecture, where several have one of that name.
            role: what the trainings are part of; ``None`` for the first of ``population``,
                ``baseline``, ``found``, ``motivation`` and ``other`` that has any.
            rng: draws the random replicate; ``None`` for a new generator, which nobody can repeat.

        Raises:
            UnknownNameError: the table does not hold it; the message names near ones.
            InputError: the architecture is not of the space, or was trained on other conditions.
        """
        rows = self.index.find(architecture, condition, scheme, space, role)
        chosen = self.index.order[rows.start : rows.stop]
        if replicate == "random":
            drawn = np.random.default_rng() if rng is None else rng
            chosen = chosen[[drawn.integers(len(chosen))]]
        elif replicate is not None:
            chosen = chosen[self.columns.replicate[chosen] == replicate]
        if not len(chosen):
            known = self.replicates(architecture, condition, scheme)
            raise InputError(
                f"{self.columns.source}: {architecture!r} has no replicate {replicate!r} on "
                f"{condition} {scheme}; it has {', '.join(map(str, known))}"
            )
        return self._result(chosen.tolist(), rows.role)

    def grid(self, condition: str, scheme: str) -> Grid:
        """Mean recalls of the whole population at once, one row for each function.

        Where a population holds several architectures of one function, the first speaks for it.

        Raises:
            UnknownNameError: nothing was trained on that.
            InputError: no population was, or populations of several spaces were.
        """
        columns = self.columns
        wanted = self.index.spelled(condition, scheme)
        rows = np.flatnonzero(
            (columns.condition.codes == columns.condition.values.index(wanted[0]))
            & (columns.scheme.codes == columns.scheme.values.index(wanted[1]))
            & (columns.role.codes == _code(columns.role.values, "population"))
        )
        spaces = [columns.space.values[code] for code in np.unique(columns.space.codes[rows])]
        if len(spaces) != 1:
            held = " and ".join(spaces) or "none"
            raise InputError(
                f"{columns.source}: populations of one space are looked up together; on "
                f"{' '.join(wanted)} it has {held}"
            )
        named = columns.architecture.codes[rows]
        functions = columns.functional_id.codes[rows].astype(np.int64)
        functions[functions < 0] = -1 - named[functions < 0]
        first: dict[int, int] = {}
        for function, name in zip(functions.tolist(), named.tolist(), strict=True):
            first.setdefault(function, name)
        rows = rows[named == np.array([first[f] for f in functions.tolist()], dtype=np.int64)]
        names = np.unique(columns.architecture.codes[rows])
        numbers = np.unique(columns.replicate[rows])
        values = np.full((len(names), len(numbers)), np.nan)
        places = (
            np.searchsorted(names, columns.architecture.codes[rows]),
            np.searchsorted(numbers, columns.replicate[rows]),
        )
        values[places] = self._mean_recalls(rows)
        texts = tuple(columns.architecture.values[name] for name in names)
        return Grid(spaces[0], texts, tuple(numbers.tolist()), values)

    def _mean_recalls(self, rows: NDArray[np.int64]) -> Floats:
        """(N,) mean recalls of rows; NaN for failed ones."""
        correct, total = self.columns.class_correct, self.columns.class_total
        found = np.full(len(rows), np.nan)
        for code, images in enumerate(total.values):
            at = np.flatnonzero((total.codes[rows] == code) & ~self.columns.failed[rows])
            known = np.flatnonzero(images)
            if len(at) and len(known):
                counts = correct.flat[correct.offsets[rows[at]][:, None] + known]
                found[at] = (counts / np.array(images)[known]).mean(axis=1)
        return found.round(MEAN_DIGITS)

    def _result(self, rows: list[int], role: str) -> QueryResult:
        columns, first = self.columns, rows[0]
        done = [row for row in rows if not columns.failed[row]]
        params, macs = int(columns.params[first]), int(columns.macs[first])
        return QueryResult(
            space=str(columns.space.text(first)),
            architecture=str(columns.architecture.text(first)),
            condition=str(columns.condition.text(first)),
            scheme=str(columns.scheme.text(first)),
            role=role,
            replicates=tuple(columns.replicate[done].tolist()),
            failed=tuple(columns.replicate[row].item() for row in rows if columns.failed[row]),
            class_correct=tuple(map(columns.class_correct.list, done)),
            class_total=tuple(columns.class_total.list(row) or () for row in done),
            groups=ClassGroups(
                *(getattr(columns, name).list(first) for name in ClassGroups._fields)
            ),
            params=None if params < 0 else params,
            macs=None if macs < 0 else macs,
            seconds=float(columns.seconds[done].sum()),
        )


def _code(values: tuple[str, ...], wanted: str) -> int:
    return values.index(wanted) if wanted in values else -2
