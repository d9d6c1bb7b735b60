"""What everything took; the one table with wall-clock figures."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.suites.schema import Training, TransferPart
from imbnas.units.records import Record
from imbnas.units.unit import (
    AdaptUnit,
    DataRef,
    RankUnit,
    SearchUnit,
    SupernetUnit,
    TrainUnit,
    Unit,
)

COLUMNS = (
    "kind", "what", "condition", "scheme", "units", "n_missing", "seconds", "seconds_mean",
    "images_seen", "images_per_second", "train_images_per_second", "latency_ms", "macs",
    "device", "population", "n_architectures", "n_replicates", "protocol", "fidelity",
)  # fmt: skip


class _Key(NamedTuple):
    kind: str
    what: str
    condition: str
    scheme: str


def cost(results: Results) -> pd.DataFrame:
    """Seconds (wall clock), images and multiply-accumulates by kind of unit and training.

    ``images_per_second`` counts images through the network, training and evaluation together.
    ``train_images_per_second`` (training alone) and ``latency_ms`` (milliseconds of a forward pass
    of one image) are medians over units; other work on the machine slows both. They are empty
    where no unit trains a network of its own, and for records of versions that did not measure.
    ``n_missing`` counts units that failed or are not finished; trainings of architectures that a
    search has still to find are not among them. ``device`` names every processor that took part;
    ``n_architectures`` counts distinct networks trained from scratch.
    """
    conditions = {
        ref.manifest_sha256: name
        for name, facts in results.resolved.conditions.items()
        for ref in facts.replicates
    }
    rows = [
        {**_key(unit, conditions)._asdict(), **_spent(results.record(unit))}
        | {"model": _model(unit), "replicate": unit.replicate}
        for unit in _units(results)
    ]
    rows += _missing_population(results)
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    grouped = (
        pd.DataFrame(rows)
        .groupby(list(_Key._fields), sort=True, as_index=False)
        .agg(
            units=("done", "sum"),
            n_missing=("missing", "sum"),
            seconds=("seconds", "sum"),
            images_seen=("images_seen", "sum"),
            macs=("macs", "sum"),
            train_images_per_second=("train_images_per_second", "median"),
            latency_ms=("latency_ms", "median"),
            device=("device", _names),
            n_architectures=("model", "nunique"),
            n_replicates=("replicate", "nunique"),
        )
    )
    grouped["seconds_mean"] = grouped["seconds"] / grouped["units"].where(grouped["units"] > 0)
    grouped["images_per_second"] = grouped["images_seen"] / grouped["seconds"].where(
        grouped["seconds"] > 0
    )
    # Supernets, adaptations and searches hold all architectures of a space, not so many.
    trained = grouped["n_architectures"] > 0
    networks = grouped["n_architectures"].astype("Int64").where(trained)
    grouped = grouped.assign(n_architectures=networks)
    scope = {name: str(results.scope[name]) for name in ("population", "protocol", "fidelity")}
    return grouped.assign(**scope)[list(COLUMNS)]


def _units(results: Results) -> Iterator[Unit]:
    """Finished units, and those that the plan still misses but for the population's trainings."""
    yield from (record.unit for record in results.records.values())
    parts = results.resolved.suite.parts
    plan = results.expansion.plan(name for name in parts if parts[name].kind != "transfer")
    found = {
        retraining.waits_for: best
        for retraining in plan.retrainings
        if (best := results.found(retraining.chain)) is not None
    }
    ranked = (
        unit
        for _, part in results.parts("transfer")
        if isinstance(part, TransferPart)
        for unit in results.expansion.rankings(part)
    )
    planned = {unit.identity: unit for unit in (*plan.units, *plan.found_units(found), *ranked)}
    population = _population(results)
    for identity, unit in planned.items():
        if identity not in results.records and identity not in population:
            yield unit


def _population(results: Results) -> dict[str, tuple[Training, str, int]]:
    """Identity → training, architecture and replicate of every training of the population."""
    trainings = {
        training
        for _, part in results.parts("transfer")
        if isinstance(part, TransferPart)
        for training in part.trainings
    }
    members = results.resolved.population
    return {
        identity: (training, member.architecture, replicate)
        for training in trainings
        for replicate in range(results.resolved.replicates)
        for identity, member in zip(results.population(training, replicate), members, strict=True)
    }


def _missing_population(results: Results) -> list[dict[str, object]]:
    space = results.resolved.suite.space
    return [
        {**_Key("train", space, training.condition, training.scheme)._asdict(), **_spent(None)}
        | {"model": architecture, "replicate": replicate}
        for identity, (training, architecture, replicate) in _population(results).items()
        if identity not in results.records
    ]


def _key(unit: Unit, conditions: dict[str, str]) -> _Key:
    def name(data: DataRef) -> str:
        return conditions.get(data.manifest_sha256, data.condition)

    match unit:
        case TrainUnit():
            what = unit.model.label if unit.model.source == "baseline" else unit.model.space
            return _Key("train", what, name(unit.data), unit.scheme.name)
        case SupernetUnit():
            return _Key("supernet", unit.space, name(unit.data), unit.scheme.name)
        case AdaptUnit():
            return _Key("adapt", unit.strategy.label, name(unit.target), unit.scheme.name)
        case SearchUnit():
            return _Key("search", unit.searcher.name, name(unit.scored_on), "")
        case RankUnit():
            return _Key("rank", unit.ranker.label, name(unit.data), unit.scheme.name)


def _model(unit: Unit) -> str | None:
    return unit.model.label if isinstance(unit, TrainUnit) else None


def _spent(record: Record | None) -> dict[str, object]:
    if record is None:
        spent = {"done": 0, "missing": 1, "seconds": 0.0, "images_seen": 0, "macs": 0, "device": ""}
        return {**spent, "train_images_per_second": math.nan, "latency_ms": math.nan}
    return {
        "done": 1,
        "missing": 0,
        "seconds": record.cost.seconds,
        "images_seen": record.cost.images_seen,
        "macs": record.cost.macs,
        "device": record.cost.device,
        "train_images_per_second": _number(record.cost.train_images_per_second),
        "latency_ms": 1000 * _number(record.cost.latency),
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _names(values: "pd.Series[str]") -> str:
    return ", ".join(sorted(set(values) - {""}))
