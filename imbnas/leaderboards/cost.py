"""What everything took; the one table with wall-clock figures."""

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.units.records import Record
from imbnas.units.work import AdaptUnit, SearchUnit, SupernetUnit, TrainUnit

COLUMNS = (
    "kind", "what", "condition", "scheme", "units", "seconds", "seconds_mean", "images_seen",
    "images_per_second", "macs", "device",
)  # fmt: skip
_KEYS = ["kind", "what", "condition", "scheme", "device"]


def cost(results: Results) -> pd.DataFrame:
    """Seconds (wall clock), images and multiply-accumulates by kind of unit and training.

    ``images_per_second`` counts images through the network, training and evaluation together.
    """
    rows = pd.DataFrame([_row(record) for record in results.records.values()])
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    grouped = rows.groupby(_KEYS, sort=True, as_index=False).agg(
        units=("seconds", "size"),
        seconds=("seconds", "sum"),
        images_seen=("images_seen", "sum"),
        macs=("macs", "sum"),
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
    }
