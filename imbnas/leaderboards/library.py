"""Results of a run or of published tables, as frames and as answers to single questions."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from imbnas.errors import InputError, UnknownNameError
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.architectures import trainings
from imbnas.leaderboards.tables.build import TABLES, build_tables
from imbnas.leaderboards.tables.formats import to_rows
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.schema import BaselinesPart, MotivationPart
from imbnas.units.records import TrainMetrics
from imbnas.units.unit import TrainUnit

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
            replicates. ``None`` if one is missing, and where published tables are all there is.
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


@dataclass(frozen=True)
class LoadedResults:
    """Tables of a suite, tidy frames made from them, and an index for single questions.

    Attributes:
        source: the folder they were read from.
        tables: name → table, as in the CSV files.
        records: one row per finished training of a run: model, condition, scheme, replicate,
            accuracy (percent), cost, harmonic mean of class accuracies (percent), expected
            calibration error (percentage points); ``None`` for published tables, which hold no
            records.
        trained: what each accuracy rests on, one entry per replicate and ``None`` where that is
            missing; empty for published tables.
    """

    source: Path
    tables: Mapping[str, pd.DataFrame]
    records: pd.DataFrame | None
    trained: Mapping[Key, Sequence[TrainMetrics | None]] = field(default_factory=dict)

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
        found = {**dict(_baselines(self.tables)), **dict(_population(self.tables))}
        for key in self.trained.keys() & found.keys():
            found[key] = _beyond_tables(found[key], self.trained[key])
        return found


def load_results(path: str | Path) -> LoadedResults:
    """Read a run directory, or a folder of published tables.

    Damaged records are left out with a warning.

    Args:
        path: a folder that holds ``suite.json``, or one that holds ``rank_correlation.csv``.

    Raises:
        InputError: it is neither.
    """
    folder = Path(path)
    directory = RunDirectory(folder)
    if directory.exists():
        results = Results.read(directory)
        for line in results.damaged:
            warnings.warn(line, stacklevel=2)
        tables, trained = build_tables(results), dict(_trained(results))
        loaded = LoadedResults(folder, tables, _records(results), trained)
    elif (folder / "rank_correlation.csv").is_file():
        files = {name: folder / f"{name}.csv" for name in TABLES}
        tables = {name: pd.read_csv(file) for name, file in files.items() if file.is_file()}
        loaded = LoadedResults(folder, tables, None)
    else:
        raise InputError(
            f"{folder}: neither a run directory (suite.json) nor a folder of tables "
            "(rank_correlation.csv); give the --out of a run or a folder of leaderboards/"
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
            condition, _, scheme = training.partition(" ")
            key = (space, row["architecture"], condition, scheme)
            yield key, _accuracy(row, f"mean {training}", f"sd {training}", f"n {training}")


def _baselines(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[Key, Accuracy]]:
    """Baselines with a finished training; rows of searched networks may name several at once."""
    for row in to_rows(tables.get("baselines", pd.DataFrame())):
        if not str(row["source"]).startswith("searched") and row["params"] is not None:
            key = (row["source"], row["model"], row["condition"], row["scheme"])
            yield key, _accuracy(row, "accuracy_mean", "accuracy_sd", "n_replicates")


def _accuracy(row: Mapping[str, Any], mean: str, sd: str, n_replicates: str) -> Accuracy:
    """The accuracy in the named columns of a row."""
    numbers = int(row[n_replicates]), int(row["params"]), int(row["macs"])
    return Accuracy(row[mean], row[sd], *numbers)


def _trained(results: Results) -> Iterator[tuple[Key, list[TrainMetrics | None]]]:
    """The trainings behind the accuracies, found where the tables find them."""
    for _, baselines in results.parts(BaselinesPart):
        for label in baselines.labels:
            facts = results.resolved.baselines[label]
            for training in baselines.trainings:
                key = (facts.source, label, training.condition, training.scheme)
                yield key, results.model_metrics(facts.model, training)
    train = partial(results.expansion.train, recipe="motivation")
    for name, part in results.parts(MotivationPart):
        for model in results.resolved.motivation[name]:
            for training in part.trainings:
                key = (model.space, model.label, training.condition, training.scheme)
                units = (train(model, training, replicate) for replicate in results.replicates)
                yield key, [results.trained(unit) for unit in units]
    space = results.resolved.suite.space
    for training, replicates in results.population_identities.items():
        for member, *ids in zip(results.resolved.population, *replicates, strict=True):
            key = (space, member.architecture, training.condition, training.scheme)
            yield key, [results.metrics(identity) for identity in ids]


def _beyond_tables(accuracy: Accuracy, trained: Sequence[TrainMetrics | None]) -> Accuracy:
    """The accuracy with what no table holds."""
    done = [metrics for metrics in trained if metrics is not None]
    if len(done) < len(trained):
        return accuracy
    return replace(
        accuracy,
        harmonic_mean=_mean_percent([metrics.harmonic_mean() for metrics in done]),
        calibration_error=_mean_percent([m.expected_calibration_error() for m in done]),
    )


def _mean_percent(shares: Sequence[float | None]) -> float | None:
    """Mean in percent, ``None`` if one is missing."""
    known = [share for share in shares if share is not None]
    return 100 * sum(known) / len(known) if known and len(known) == len(shares) else None


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _records(results: Results) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for record in results.records.values():
        unit, metrics = record.unit, record.metrics
        if not isinstance(unit, TrainUnit) or not isinstance(metrics, TrainMetrics):
            continue
        rows.append(
            {
                "identity": record.identity,
                "space": unit.model.space if unit.model.source == "space" else "baseline",
                "architecture": unit.model.label,
                "condition": results.condition(unit.data),
                "scheme": unit.scheme.name,
                "replicate": unit.replicate,
                "accuracy": _percent(metrics.mean_accuracy()),
                "train_loss": metrics.train_loss,
                "params": metrics.params,
                "macs": metrics.macs,
                "seconds": record.cost.seconds,
                "harmonic_mean": _percent(metrics.harmonic_mean()),
                "calibration_error": _percent(metrics.expected_calibration_error()),
            }
        )
    return pd.DataFrame(rows)
