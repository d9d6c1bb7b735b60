"""What everything took; the one table with wall-clock figures."""

import math

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.units.records import Record
from imbnas.units.work import AdaptUnit, SearchUnit, SupernetUnit, TrainUnit

COLUMNS = (
    "kind", "what", "condition", "scheme", "units", "seconds", "seconds_mean", "images_seen",
    "images_per_second", "train_images_per_second", "latency_ms", "macs", "device",
)  # fmt: skip
_KEYS = ["kind", "what", "condition", "scheme", "device"]


def cost(results: Results) -> pd.DataFrame:
    """Seconds (wall clock), images and multiply-accumulates by kind of unit and training.

    ``images_per_second`` counts images through the network, training and evaluation together.
    ``train_images_per_second`` (training alone) and ``latency_ms`` (milliseconds of a forward pass
    of one image) are medians over units; other work on the machine slows both. They are empty
    where no unit trains a network of its own, and for records of versions that did not measure.
    """
    rows = pd.DataFrame([_row(record) for record in results.records.values()])
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    grouped = rows.groupby(_KEYS, sort=True, as_index=False).agg(
        units=("seconds", "size"),
        seconds=("seconds", "sum"),
        images_seen=("images_seen", "sum"),
        macs=("macs", "sum"),
        train_images_per_second=("train_images_per_second", "median"),
        latency_ms=("latency_ms", "median"),
    )
    grouped["seconds_mean"] = grouped["seconds"] / grouped["units"]
    grouped["images_per_second"] = grouped["images_seen"] / grouped["seconds"]
    return grouped[list(COLUMNS)]


def _row(record: Record) -> dict[str, object]:
    match record.unit:
        case TrainUnit() as unit:
            what = unit.model.label if unit.model.source == "baseline" else unit.model.space
            named = (what, unit.data.condition, unit.scheme.name)
        case SupernetUnit() as unit:
            named = (unit.space, unit.data.condition, unit.scheme.name)
        case AdaptUnit() as unit:
            named = (unit.strategy.name, unit.target.condition, unit.scheme.name)
        case SearchUnit() as unit:
            named = (unit.searcher.name, unit.scored_on.condition, "")
    return {
        "kind": record.unit.kind,
        "what": named[0],
        "condition": named[1],
        "scheme": named[2],
        "device": record.cost.device,
        "seconds": record.cost.seconds,
        "images_seen": record.cost.images_seen,
        "macs": record.cost.macs,
        "train_images_per_second": _number(record.cost.train_images_per_second),
        "latency_ms": 1000 * _number(record.cost.latency),
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value
