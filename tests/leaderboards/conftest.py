"""Records of suites that were never run, for tests of tables at any size; a browser for pages."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imbnas.leaderboards.results import Results
from imbnas.spaces import Counts, NetworkShape, get_space
from imbnas.suites.choice import RankerChoice
from imbnas.suites.claims import DifferenceClaim
from imbnas.suites.expand import Expansion
from imbnas.suites.fidelity import PopulationRule
from imbnas.suites.resolved import PluginFile, ResolvedSuite
from imbnas.units.metrics import (
    AdaptMetrics,
    Metrics,
    RankMetrics,
    SearchMetrics,
    SupernetMetrics,
    TrainMetrics,
)
from imbnas.units.records import Record
from imbnas.units.unit import (
    AdaptUnit,
    RankUnit,
    SearchUnit,
    SpaceModel,
    SupernetUnit,
    TrainUnit,
    Unit,
)

from .. import factories
from ..factories import make_record, possible_spending, train_metrics, varied

VALIDATION = 18
"""Validation images of each class of digits."""
HOSTILE = ("<script>alert(1)</script>", '=HYPERLINK("x")')
Resolve = Callable[..., ResolvedSuite]


@pytest.fixture(scope="session")
def resolve_tiny(tiny_suite: Path) -> Resolve:
    """Resolve the tiny suite with rankers, a claim, another population and number of replicates."""
    rankers = (RankerChoice(name="synflow"), RankerChoice(name="snip", options={"batch_size": 8}))
    claim = DifferenceClaim(
        kind="not-worse", source="a paper", statement="p1 is at least p0", part="adaptation",
        strategies=("p1",), against="p0", margin=1,
    )  # fmt: skip

    def resolve(replicates: int = 3, **population: object) -> ResolvedSuite:
        drawn = PopulationRule.model_validate({"size": 12, "seed": 3} | population)
        return factories.resolve(
            tiny_suite,
            replicates=replicates,
            fidelities={"only": {"population": drawn, "network": {"curve_points": 1}}},
            parts={"transfer": {"rankers": rankers}},
            claims={"p1": claim},
        )

    return resolve


@pytest.fixture(scope="session")
def fabricated(resolve_tiny: Resolve) -> Results:
    """Twelve architectures, three replicates, every kind of unit, nothing missing."""
    resolved = resolve_tiny()
    return Results.collect(resolved, fabricate(resolved))


@pytest.fixture(scope="session")
def fabricate_records() -> Callable[[ResolvedSuite], Iterator[Record]]:
    """Make a record for every unit of a resolved suite."""
    return fabricate


@pytest.fixture(scope="session")
def hostile(resolve_tiny: Resolve) -> Results:
    """A suite whose names and texts attack browsers, spreadsheets and shells."""
    resolved = resolve_tiny()
    p1 = resolved.strategies["p1"]
    resolved = varied(
        resolved,
        suite={
            "parts": {"adaptation": {"strategies": ("p0", *HOSTILE)}},
            "summary": "</script><img src=x onerror=alert(2)>",
        },
        strategies={name: varied(p1, component={"name": name}) for name in HOSTILE},
        plugins=(PluginFile(name="$(touch pwned);<b>.py", sha256="a" * 64),),
    )
    return Results.collect(resolved, fabricate(resolved))


def fabricate(resolved: ResolvedSuite, seed: int = 0) -> Iterator[Record]:
    """A record for every unit: accuracies of a linear order with noise, in the plan's order."""
    rng = np.random.default_rng(seed)
    plan = Expansion(resolved).plan()
    found = {}
    for unit in plan.units:
        record = _record(unit, resolved, rng)
        if isinstance(record.metrics, SearchMetrics):
            found[record.identity] = record.metrics.best
        yield record
    known = {unit.identity for unit in plan.units}
    for unit in {u.identity: u for u in plan.found_units(found)}.values():
        if unit.identity not in known:
            yield _record(unit, resolved, rng)


def _record(unit: Unit, resolved: ResolvedSuite, rng: np.random.Generator) -> Record:
    metrics = _metrics(unit, resolved, rng)
    spent = {"images_seen": 1000, "macs": 10**9} | _spent(unit, resolved, metrics)
    return make_record(unit, metrics, seconds=1.5, device="fabricated", **spent)


def _spent(unit: Unit, resolved: ResolvedSuite, metrics: Metrics) -> dict[str, int]:
    """What the unit cannot but spend."""
    if isinstance(unit, TrainUnit) and isinstance(metrics, TrainMetrics):
        curve = sum(sum(point.class_total) for point in metrics.curve or ())
        return possible_spending(unit, metrics.macs, 0, curve + sum(metrics.class_total))
    if isinstance(unit, SupernetUnit):
        return {"images_seen": unit.recipe.epochs * 2 * 32}
    if isinstance(unit, SearchUnit) and isinstance(metrics, SearchMetrics):
        each = unit.calibration_images + VALIDATION * 10
        macs = sum(_counts(unit.space, unit, name).macs for name, _ in metrics.scores)
        return {"images_seen": each * len(metrics.scores), "macs": each * macs}
    return {}


def _counts(space: str, unit: TrainUnit | SearchUnit, architecture: str) -> Counts:
    """Of a network for digits."""
    shape = NetworkShape(unit.recipe.width, unit.recipe.depth, 8, 1, 10)
    return get_space(space).counts(architecture, shape)


def _metrics(unit: Unit, resolved: ResolvedSuite, rng: np.random.Generator) -> Metrics:
    members = {
        m.architecture: i / len(resolved.population) for i, m in enumerate(resolved.population)
    }
    match unit:
        case TrainUnit():
            quality = 0.4 + 0.4 * members.get(unit.model.label, 0.5)
            correct = rng.binomial(80, min(quality + rng.normal(0, 0.02), 1), size=10)
            # As sure as it is right, but for a tenth: all in bin 13 (0.87 to 0.93).
            calibration = [(0, 0.0, 0)] * 15
            calibration[13] = (800, 720.0, int(correct.sum()))
            seen = rng.binomial(VALIDATION, 0.7 * quality, size=10)
            curve = [(1, tuple(seen.tolist()), (VALIDATION,) * 10)]
            counts = (
                _counts(unit.model.space, unit, unit.model.label)
                if isinstance(unit.model, SpaceModel)
                else resolved.baselines[unit.model.label]
            )
            return train_metrics(
                curve=curve if unit.recipe.curve_epochs else None,
                class_correct=tuple(correct.tolist()),
                class_total=(80,) * 10,
                params=counts.params,
                macs=counts.macs,
                calibration=tuple(calibration),
            )
        case SupernetUnit():
            return SupernetMetrics(weights_sha256="0" * 64, train_loss=1.0)
        case AdaptUnit():
            return AdaptMetrics(weights_sha256="1" * 64)
        case SearchUnit():
            noisy = ((a, quality + rng.normal(0, 0.2)) for a, quality in members.items())
            scores = tuple((a, min(max(score, 0.0), 1.0)) for a, score in noisy)
            best = max(scores, key=lambda pair: pair[1])[0]
            return SearchMetrics(best=best, scores=scores)
        case RankUnit():
            # Of another scale in every replicate, as with SynFlow.
            scale = 10.0**unit.replicate
            ranked = ((a, scale * (q + rng.normal(0, 0.3))) for a, q in members.items())
            return RankMetrics(scores=tuple(ranked))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium by way of Playwright; tests skip where either is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on the PATH; on Debian: apt-get install chromium")
    # Chromium refuses its sandbox to root, as in containers.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        started.close()
