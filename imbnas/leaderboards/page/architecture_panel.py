"""What the page shows beside a chart of the architecture or network that is pointed at."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from imbnas.leaderboards.page.graphs import Drawing, drawing
from imbnas.leaderboards.tables.architectures import trainings
from imbnas.leaderboards.tables.formats import to_rows

Facts = list[tuple[str, str]]


def contents(space: str, tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Name → ``graphs`` and ``widths`` as in ``Drawing``, and ``facts`` as (what, text).

    Names are architectures of the population, and models of the table ``baselines``.

    Args:
        space: of the population and of what strategies find.
        tables: name → table; ``architectures`` and ``baselines`` are read.
    """
    shown: dict[str, dict[str, Any]] = {}
    for row in to_rows(tables["baselines"]):
        name, searched = row["model"], row["source"].startswith("searched")
        drawn = drawing(space if searched else row["source"], name)
        if searched and drawn == Drawing():
            # Replicates found different ones; the name says how many.
            continue
        cell = shown.setdefault(name, asdict(drawn) | {"facts": []})
        cell["facts"] += [fact for fact in _baseline_facts(row) if fact not in cell["facts"]]
    for row in to_rows(tables["architectures"]):
        name = row["architecture"]
        shown[name] = asdict(drawing(space, name)) | {"facts": _population_facts(row)}
    return shown


def _baseline_facts(row: Mapping[str, Any]) -> Facts:
    facts = _counts(row)
    if row["accuracy_mean"] is not None:
        text = _percent(row["accuracy_mean"], row["accuracy_sd"])
        facts.append((f"{row['condition']} {row['scheme']}", text))
    return facts


def _population_facts(row: Mapping[str, Any]) -> Facts:
    facts = _counts(row)
    for training in trainings(row):
        if row[f"mean {training}"] is not None:
            text = _percent(row[f"mean {training}"], row[f"sd {training}"])
            facts.append((training, f"{text}, rank {row[f'rank {training}']:g}"))
    return facts


def _counts(row: Mapping[str, Any]) -> Facts:
    return [(name, f"{row[name]:,}") for name in ("params", "macs") if row[name] is not None]


def _percent(mean: float, sd: float | None) -> str:
    return f"{mean:.2f} %" + ("" if sd is None else f" ± {sd:.2f}")
