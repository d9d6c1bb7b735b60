"""Results of a run or of published tables, as frames and as answers to single questions."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from imbnas.errors import InputError, UnknownNameError
from imbnas.leaderboards.headline import findings
from imbnas.leaderboards.published_tables import read_published
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.architectures import trainings
from imbnas.leaderboards.tables.build import build_tables
from imbnas.leaderboards.tables.formats import to_rows
from imbnas.leaderboards.tables.shared.summary import QUALITIES
from imbnas.leaderboards.trainings import finished_trainings, training_key
from imbnas.runs.store.opening import has_records, open_run

KEYS = ("space", "architecture", "condition", "scheme")
Key = tuple[str, str, str, str]
"""Values of ``KEYS``."""


@dataclass(frozen=True)
class Accuracy:
    """What one architecture or baseline reaches on one training.

    Attributes:
        mean: per-class test accuracy in percent, mean over replicates; ``None`` if one is missing.
        sd: its standard deviation over replicates; ``None`` with fewer than two.
        n_replicates: finished replicates.
        params: trainable parameters.
        macs: multiply-accumulates of one image.
        harmonic_mean: of the class accuracies in percent, 0 where one of them is 0; mean over
            replicates. ``None`` where ``mean`` is, and for published tables without that column.
        calibration_error: expected calibration error in percentage points, see
            ``TrainMetrics.expected_calibration_error``; mean over replicates. ``None`` as above,
            and where a record does not hold it.
    """

    mean: float | None
    sd: float | None
    n_replicates: int
    params: int
    macs: int
    harmonic_mean: float | None = None
    calibration_error: float | None = None


@dataclass(frozen=True, repr=False)
class LoadedResults:
    """Tables of a suite, tidy frames made from them, and an index for single questions.

    Attributes:
        source: the folder they were read from.
        tables: name → table, as in the CSV files.
        records: one row per finished training of a run: model, condition, scheme, replicate,
            accuracy (percent), cost, harmonic mean of class accuracies (percent), expected
            calibration error (percentage points); ``None`` for published tables, which hold no
            records.
    """

    source: Path
    tables: Mapping[str, pd.DataFrame]
    records: pd.DataFrame | None

    def __repr__(self) -> str:
        """One line: frames have thousands of them."""
        known = "" if self.records is None else f", {len(self.records):,} trainings"
        return f"<LoadedResults {self.source}: {len(self.tables)} tables{known}>"

    @classmethod
    def of(
        cls, source: Path, results: Results, tables: Mapping[str, pd.DataFrame]
    ) -> "LoadedResults":
        """What a run's records and the tables that were made of them hold.

        Args:
            source: the run's folder.
            results: its suite and records.
            tables: as ``build_tables`` makes them.
        """
        return cls(source, tables, _records(results))

    @property
    def answer(self) -> str:
        """What was found, in a sentence or two."""
        return " ".join(findings(self.tables))

    @cached_property
    def accuracies(self) -> pd.DataFrame:
        """One row per model and training: space, architecture, condition, scheme, ``Accuracy``.

        ``space`` is ``timm`` for baselines, or ``imbnas`` for those that imbnas builds itself.
        """
        rows = [(*key, *vars(accuracy).values()) for key, accuracy in self.index.items()]
        names = [field.name for field in fields(Accuracy)]
        return pd.DataFrame(rows, columns=[*KEYS, *names])

    @cached_property
    def index(self) -> dict[Key, Accuracy]:
        """(space, architecture, condition, scheme) → accuracy."""
        return {**dict(_baselines(self.tables)), **dict(_population(self.tables))}


def load_results(path: str | Path) -> LoadedResults:
    """Read a run directory, a board, its archive, or a folder of published tables.

    Damaged records are left out with a warning; another one counts those without a checksum.

    Args:
        path: a folder that holds ``suite.json`` and records, an archive or a folder with one, or
            a folder that holds ``rank_correlation.csv``.

    Raises:
        InputError: it is none of them, or a file of it is not what its name says.

    Example:
        >>> import imbnas
        >>> results = imbnas.load_results("runs/mine")
        >>> print(results.answer)
        4 architectures are too few for a rank correlation, which needs 10 distinct ones. Of 2
        strategies, the data tell no two apart by the accuracy of what they find (digits@1x to
        digits@10x).
        >>> results.tables["adaptation"]["strategy"].tolist()[:2]
        ['p0', 'p1']
        >>> results.records.groupby("condition")["accuracy"].mean().index.tolist()
        ['digits@10x', 'digits@1x']
    """
    folder = Path(path)
    if has_records(folder):
        results = Results.read(open_run(folder))
        for line in (*results.notes, *results.damaged):
            warnings.warn(line, stacklevel=2)
        loaded = LoadedResults.of(folder, results, build_tables(results))
    elif (folder / "rank_correlation.csv").exists():
        loaded = LoadedResults(folder, read_published(folder), None)
    else:
        raise InputError(
            f"{folder}: neither a run directory (suite.json), nor an archive of records, nor a "
            "folder of tables (rank_correlation.csv); give the --out of a run or a folder of "
            "leaderboards/"
        )
    # Built now, so that the first question is as fast as every other.
    _ = loaded.index
    return loaded


def query(
    space: str, architecture: str, condition: str, scheme: str, results: LoadedResults
) -> Accuracy:
    """Look up what an architecture reaches; takes microseconds.

    Args:
        space: of the architecture; ``timm`` or ``imbnas`` for a baseline.
        architecture: its published string, or the baseline's name.
        condition: such as ``digits@20x``, without a subset seed.
        scheme: such as ``ce``.
        results: from ``load_results``.

    Raises:
        InputError: the results do not hold it; the message names near ones.

    Example:
        >>> import imbnas
        >>> results = imbnas.load_results("runs/mine")
        >>> found = imbnas.query("timm", "mobilenetv3_small_050", "digits@10x", "cb-drw", results)
        >>> found.n_replicates, found.params
        (2, 578186)
    """
    key = (space, architecture, condition, scheme)
    found = results.index.get(key)
    if found is not None:
        return found
    held = list(results.index)
    for place, (kind, name) in enumerate(zip(KEYS, key, strict=True)):
        known = {other[place] for other in held}
        if name not in known:
            raise UnknownNameError(f"{kind} in {results.source}:", name, known)
        held = [other for other in held if other[place] == name]
    raise InputError(f"{results.source}: holds no {space} {architecture!r} on {condition} {scheme}")


def _population(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[Key, Accuracy]]:
    for row in to_rows(tables.get("architectures", pd.DataFrame())):
        space = str(row["population"]).partition(":")[0]
        for training in trainings(row):
            # A column of another part is empty here.
            if row[f"n {training}"] is None:
                continue
            condition, _, scheme = training.partition(" ")
            key = (space, row["architecture"], condition, scheme)
            columns = ("mean", "sd", "n", *QUALITIES)
            yield key, _accuracy(row, *(f"{column} {training}" for column in columns))


def _baselines(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[Key, Accuracy]]:
    """Baselines with a finished training; rows of searched networks may name several at once."""
    for row in to_rows(tables.get("baselines", pd.DataFrame())):
        if not str(row["source"]).startswith("searched") and row["params"] is not None:
            key = (row["source"], row["model"], row["condition"], row["scheme"])
            yield key, _accuracy(row, "accuracy_mean", "accuracy_sd", "n_replicates", *QUALITIES)


def _accuracy(
    row: Mapping[str, Any], mean: str, sd: str, n_replicates: str, *qualities: str
) -> Accuracy:
    """The accuracy in the named columns of a row; older tables lack those of ``QUALITIES``."""
    numbers = int(row[n_replicates]), int(row["params"]), int(row["macs"])
    return Accuracy(row[mean], row[sd], *numbers, *map(row.get, qualities))


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _records(results: Results) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **training_key(results, unit),
            "accuracy": _percent(metrics.mean_accuracy()),
            "train_loss": metrics.train_loss,
            "params": metrics.params,
            "macs": metrics.macs,
            "seconds": record.cost.seconds,
            "harmonic_mean": _percent(metrics.harmonic_mean()),
            "calibration_error": _percent(metrics.expected_calibration_error()),
        }
        for record, unit, metrics in finished_trainings(results)
    )
