"""What everything took; the one table with wall-clock figures."""

from collections.abc import Iterator

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.shared import adaptation_seconds
from imbnas.leaderboards.tables.shared.summary import with_whole_numbers
from imbnas.suites.schema import Training, TransferPart
from imbnas.units.records import Cost, Record
from imbnas.units.unit import AdaptUnit, RankUnit, SearchUnit, SupernetUnit, TrainUnit, Unit

KEYS = ("kind", "what", "condition", "scheme")
Key = tuple[str, str, str, str]
COLUMNS = (
    *KEYS, "units", "n_missing", "seconds", "seconds_mean",
    "images_seen", "images_per_second", "train_images_per_second", "latency_ms", "macs",
    "device", "population", "n_architectures", "n_replicates", "protocol", "fidelity",
    *adaptation_seconds.COLUMNS,
)  # fmt: skip
_NOTHING = Cost(seconds=0.0, device="", images_seen=0, macs=0)


def cost(results: Results) -> pd.DataFrame:
    """Seconds (wall clock), images and multiply-accumulates by kind of unit and training.

    ``images_per_second`` counts images through the network, training and evaluation together.
    ``train_images_per_second`` (training alone) and ``latency_ms`` (milliseconds of a forward pass
    of one image) are medians over units; other work on the machine slows both. They are empty
    where no unit trains a network of its own, and for records of versions that did not measure.
    ``n_missing`` counts units that failed or are not finished; trainings of architectures that a
    search has still to find are not among them. ``device`` names every processor that took part;
    ``n_architectures`` counts distinct networks trained from scratch.

    Rows of kind ``strategy`` follow, one for each strategy of an adaptation part: what its
    adaptation and search took, and what that is relative to ``p3`` in seconds and, beside it, in
    multiply-accumulates (see ``adaptation_seconds``). Sums over units are empty there, since the
    rows above hold them.
    """
    scope = {name: str(results.scope[name]) for name in ("population", "protocol", "fidelity")}
    of_strategies = (
        {"kind": "strategy", **row, **scope}
        for row in adaptation_seconds.seconds_of_strategies(results)
    )
    rows = [*_of_units(results).assign(**scope).to_dict("records"), *of_strategies]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return with_whole_numbers(table, "units", "images_seen", "macs", "n_architectures")


def _of_units(results: Results) -> pd.DataFrame:
    """One row for each kind of unit, what it is about, and training."""
    rows = list(_rows(results))
    if not rows:
        return pd.DataFrame()
    units = pd.DataFrame(rows).astype({"train_images_per_second": float, "latency": float})
    grouped = (
        units.assign(latency_ms=1000 * units["latency"])
        .groupby(list(KEYS), sort=True, as_index=False)
        .agg(
            units=("done", "sum"),
            n_missing=("missing", "sum"),
            seconds=("seconds", "sum"),
            images_seen=("images_seen", _exact_sum),
            macs=("macs", _exact_sum),
            train_images_per_second=("train_images_per_second", "median"),
            latency_ms=("latency_ms", "median"),
            device=("device", _names),
            n_architectures=("model", "nunique"),
            n_replicates=("replicate", "nunique"),
        )
    )
    done, seconds = grouped["units"], grouped["seconds"]
    # Supernets, adaptations and searches have no number: they hold all of a space.
    networks = grouped["n_architectures"]
    return grouped.assign(
        seconds_mean=seconds / done.where(done > 0),
        images_per_second=grouped["images_seen"] / seconds.where(seconds > 0),
        n_architectures=networks.where(networks > 0),
    )


def _rows(results: Results) -> Iterator[dict[str, object]]:
    """One row per unit, finished or missing."""
    for unit in _units(results):
        model = unit.model.label if isinstance(unit, TrainUnit) else None
        yield _row(_key(results, unit), model, unit.replicate, results.record(unit))
    for identity, training, architecture, replicate in _population(results):
        if identity not in results.records:
            key = "train", results.resolved.suite.space, training.condition, training.scheme
            yield _row(key, architecture, replicate, None)


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
        unit for _, part in results.parts(TransferPart) for unit in results.expansion.rankings(part)
    )
    planned = {unit.identity: unit for unit in (*plan.units, *plan.found_units(found), *ranked)}
    population = {identity for identity, *_ in _population(results)}
    for identity, unit in planned.items():
        if identity not in results.records and identity not in population:
            yield unit


def _population(results: Results) -> Iterator[tuple[str, Training, str, int]]:
    """Identity, training, architecture and replicate of every training of the population."""
    members = results.resolved.population
    for training, replicates in results.population_identities.items():
        for replicate, identities in enumerate(replicates):
            for identity, member in zip(identities, members, strict=True):
                yield identity, training, member.architecture, replicate


def _key(results: Results, unit: Unit) -> Key:
    match unit:
        case TrainUnit():
            what = unit.model.label if unit.model.source == "baseline" else unit.model.space
            data, scheme = unit.data, unit.scheme.name
        case SupernetUnit():
            what, data, scheme = unit.space, unit.data, unit.scheme.name
        case AdaptUnit():
            what, data, scheme = unit.strategy.label, unit.target, unit.scheme.name
        case SearchUnit():
            what, data, scheme = unit.searcher.name, unit.scored_on, ""
        case RankUnit():
            what, data, scheme = unit.ranker.label, unit.data, unit.scheme.name
    return unit.kind, what, results.condition(data), scheme


def _row(key: Key, model: str | None, replicate: int, record: Record | None) -> dict[str, object]:
    return {
        **dict(zip(KEYS, key, strict=True)),
        "model": model,
        "replicate": replicate,
        "done": int(record is not None),
        "missing": int(record is None),
        **dict(record.cost if record else _NOTHING),
    }


def _exact_sum(counts: "pd.Series[int]") -> int:
    """Sum without the bounds of 64 bits."""
    if int(counts.max()) * len(counts) < 2**63:
        return int(counts.sum())
    return sum(map(int, counts))


def _names(values: "pd.Series[str]") -> str:
    return ", ".join(sorted(set(values) - {""}))
