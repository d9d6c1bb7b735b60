"""Records → rows: one for each training that was finished or failed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from imbnas.leaderboards.results import Results
from imbnas.leaderboards.trainings import finished_trainings, training_key
from imbnas.spaces import SPACES, get_space
from imbnas.suites.schema import AdaptationPart, BaselinesPart, MotivationPart, TransferPart
from imbnas.table.columns import NAMES, ROLES, Comparisons
from imbnas.units.frozen import content_sha256
from imbnas.units.recipes import Recipe
from imbnas.units.records import Failure
from imbnas.units.unit import TrainUnit

_ORDER = ["role", "space", "condition", "scheme", "architecture", "replicate", "identity"]


@dataclass(frozen=True)
class Table:
    """A table and what its suite says of it.

    Attributes:
        suite: title, ``SUITE@VERSION/FIDELITY``.
        frame: columns ``NAMES``, a row for each training, sorted; lists are tuples, and a missing
            value is ``None``.
        n_planned: trainings that the suite asks for, as far as they are known: those of found
            networks are known once the search has ended.
        n_missing: of them, how many are neither finished nor failed.
        comparisons: what the suite compares.
    """

    suite: str
    frame: pd.DataFrame
    n_planned: int
    n_missing: int
    comparisons: Comparisons


def table_of(results: Results, failures: Mapping[str, Failure]) -> Table:
    """Make the table of a suite from its records.

    Args:
        results: the suite and its records.
        failures: identity → failure; those of units that are no trainings are not looked at.
    """
    roles: dict[str, str] = {}
    for role, unit in planned(results):
        roles.setdefault(unit.identity, role)
    rows = _Rows(results, roles)
    found = [
        rows.row(unit)
        | {
            "class_correct": metrics.class_correct,
            "class_total": metrics.class_total,
            "params": metrics.params,
            "macs": metrics.macs,
            "seconds": record.cost.seconds,
            "device": record.cost.device,
        }
        for record, unit, metrics in finished_trainings(results)
    ]
    open_failures = {each for each in failures if each in roles and each not in results.records}
    if open_failures:
        for _, unit in planned(results):
            if unit.identity in open_failures:
                open_failures.remove(unit.identity)
                found.append(rows.failed(unit, failures[unit.identity]))
    known = {row["identity"] for row in found}
    return Table(
        suite=results.resolved.heading,
        frame=_sorted(found),
        n_planned=len(roles),
        n_missing=len(roles.keys() - known),
        comparisons=tuple(
            tuple((training.condition, training.scheme) for training in part.trainings)
            for _, part in results.parts(TransferPart)
        ),
    )


def planned(results: Results) -> Iterator[tuple[str, TrainUnit]]:
    """Every training that the suite asks for, with its role; one that has two comes twice.

    The trainings of found networks are those whose search has ended.
    """
    expansion = results.expansion
    for _, transfer in results.parts(TransferPart):
        yield from (("population", unit) for unit in expansion.transfer(transfer))
    for _, baselines in results.parts(BaselinesPart):
        yield from (("baseline", unit) for unit in expansion.baselines(baselines))
    for _, adaptation in results.parts(AdaptationPart):
        for chain in expansion.chains(adaptation):
            best = results.found(chain)
            for again in expansion.retrainings(adaptation, chain) if best else ():
                yield "found", expansion.retrain(again, str(best))
    for name, motivation in results.parts(MotivationPart):
        yield from (("motivation", unit) for unit in expansion.motivation(name, motivation))


@dataclass(frozen=True)
class _Rows:
    """What rows say of a unit, finished or not."""

    results: Results
    roles: Mapping[str, str]
    recipes: dict[Recipe, str] = field(default_factory=dict)
    functions: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def row(self, unit: TrainUnit) -> dict[str, Any]:
        resolved = self.results.resolved
        key = training_key(self.results, unit)
        facts = resolved.conditions.get(str(key["condition"]))
        groups = facts.groups if facts else {}
        if unit.recipe not in self.recipes:
            self.recipes[unit.recipe] = content_sha256(unit.recipe)
        return {
            **dict.fromkeys(NAMES),
            **key,
            "suite": resolved.heading,
            "fidelity": resolved.fidelity,
            "role": self.roles.get(unit.identity, "other"),
            "functional_id": self._function(unit),
            "class_train": facts.class_counts if facts else None,
            **{name: groups.get(name) for name in ("many", "medium", "few")},
            "stack": unit.stack,
            "failed": False,
            "manifest_sha256": unit.data.manifest_sha256,
            "recipe_sha256": self.recipes[unit.recipe],
        }

    def failed(self, unit: TrainUnit, failure: Failure) -> dict[str, Any]:
        resolved = self.results.resolved
        members = {member.architecture: member for member in resolved.population}
        of_baseline = unit.model.source == "baseline"
        counted = (resolved.baselines if of_baseline else members).get(unit.model.label)
        counts = {"params": counted.params, "macs": counted.macs} if counted else {}
        return self.row(unit) | counts | {"failed": True, "error": failure.error}

    def _function(self, unit: TrainUnit) -> str | None:
        model = unit.model
        if model.source == "baseline":
            return model.label
        key = model.space, model.architecture
        if not self.functions:
            space = self.results.resolved.suite.space
            self.functions.update(
                {(space, m.architecture): m.functional_id for m in self.results.resolved.population}
            )
        if key not in self.functions:
            known = model.space in SPACES
            self.functions[key] = (
                get_space(model.space).functional_id(model.architecture) if known else None
            )
        return self.functions[key]


def _sorted(rows: list[dict[str, Any]]) -> pd.DataFrame:
    rows.sort(key=lambda row: (ROLES.index(row["role"]), *(row[name] for name in _ORDER[1:])))
    return pd.DataFrame({name: _column([row[name] for row in rows]) for name in NAMES})


def _column(values: list[Any]) -> "pd.Series[Any]":
    return pd.Series(values, dtype=object)
