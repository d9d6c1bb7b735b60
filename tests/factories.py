"""Objects that many tests need, each made in one place; keywords replace what a test is about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from imbnas.data.locations import DataLocations
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.metrics import Metrics, TrainMetrics
from imbnas.units.recipes import Recipe
from imbnas.units.records import Cost, Provenance, Record
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import DataRef, SpaceModel, TrainUnit, Unit

Model = TypeVar("Model", bound=BaseModel)

OFFLINE = DataLocations.from_options(offline=True)
PROVENANCE = Provenance(
    imbnas="0", python="3", torch="2", torchvision="0", timm="1", numpy="2", git_revision=None,
    threads=1, platform="none", utc="2026-01-01T00:00:00+00:00",
    aten="AVX2", mkl_branch="OFF",
)  # fmt: skip


def varied(model: Model, /, **changes: Any) -> Model:
    """A copy with other values; a mapping changes fields of a model or entries of a mapping."""
    return model.model_copy(
        update={name: _varied(getattr(model, name), value) for name, value in changes.items()}
    )


def _varied(held: Any, value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(held, BaseModel):
        return varied(held, **value)
    if isinstance(value, Mapping) and isinstance(held, Mapping):
        return held | {name: _varied(held.get(name), each) for name, each in value.items()}
    return value


def with_parts(resolved: ResolvedSuite, /, **parts: Any) -> ResolvedSuite:
    """A resolved suite that has these parts and no others, nor claims on others."""
    claims = {name: c for name, c in resolved.suite.claims.items() if c.part in parts}
    suite = resolved.suite.model_copy(update={"parts": parts, "claims": claims})
    return resolved.model_copy(update={"suite": suite})


def edited(folder: Path, suite: Path, *changes: tuple[str, str], more: str = "") -> Path:
    """A copy of a suite's file in which each text, which occurs once, is replaced by another."""
    text = suite.read_text()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = folder / "s.toml"
    path.write_text(text + more)
    return path


def resolve(path: Path, *, replicates: int | None = None, **changes: Any) -> ResolvedSuite:
    """The only fidelity of a suite's file, some of it changed."""
    suite = varied(read_suite(path), **changes)
    return resolve_suite(SuiteRequest(suite, "only", OFFLINE, replicates=replicates))


def make_unit(**fields: Any) -> TrainUnit:
    """A training that is written down and never done."""
    data = DataRef(
        condition="digits@20x:subset-0",
        protocol="strict",
        dataset_digest="a" * 64,
        manifest_sha256="b" * 64,
    )
    known = {
        "model": SpaceModel(space="nats-tss", version="1", architecture="|none~0|"),
        "data": data,
        "scheme": SchemeSpec(name="ce", version="1", loss="ce"),
        "recipe": Recipe(epochs=3),
        "replicate": 0,
    }
    return TrainUnit(**{**known, **fields})


def train_metrics(**fields: Any) -> TrainMetrics:
    """One image of two is right."""
    known = {"class_correct": (1,), "class_total": (2,), "params": 1, "macs": 1, "train_loss": 0.5}
    return TrainMetrics(**{**known, **fields})


def possible_spending(unit: TrainUnit, macs: int, images: int, evaluated: int) -> dict[str, int]:
    """What a training of a network without post-hoc step spends.

    Args:
        unit: the training.
        macs: of one image.
        images: that it trains on.
        evaluated: images that it validates and tests on.
    """
    recipe = unit.recipe
    each = images if recipe.steps_per_epoch is None else recipe.steps_per_epoch * recipe.batch_size
    trained = recipe.epochs * each
    return {"images_seen": trained + evaluated, "macs": macs * (3 * trained + evaluated)}


def make_record(unit: Unit, metrics: Metrics, **spent: Any) -> Record:
    """The record of a unit that nobody did."""
    known = {"seconds": 1.0, "device": "none", "images_seen": 1, "macs": 1}
    return Record(
        identity=unit.identity,
        unit=unit,
        metrics=metrics,
        cost=Cost(**{**known, **spent}),
        provenance=PROVENANCE,
    )
