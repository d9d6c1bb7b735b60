"""Rank units in the executor."""

from pathlib import Path
from typing import Any

import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.execution.data_pool import ConditionImages
from imbnas.execution.runner import Runner
from imbnas.rankers.candidate import Candidate
from imbnas.rankers.registry import RANKERS
from imbnas.runs.store.directory import RunDirectory
from imbnas.schemes import resolve_scheme
from imbnas.suites.expand import Expansion
from imbnas.units.metrics import RankMetrics
from imbnas.units.records import Record
from imbnas.units.unit import Component, RankUnit

from ..factories import varied

LOCATIONS = DataLocations.from_options(offline=True)
BUILT_IN = [entry.name for entry in RANKERS.entries() if entry.origin == "imbnas"]


@pytest.fixture(scope="module")
def unit(expansion: Expansion) -> RankUnit:
    resolved = varied(expansion.resolved, rankers={"snip": Component(name="snip", version="1")})
    part = resolved.suite.parts["transfer"]
    return Expansion(resolved).ranking("snip", part.targets[0], 0)


def by(unit: RankUnit, name: str, **options: object) -> RankUnit:
    ranker = Component(name=name, version="1", options=tuple(sorted(options.items())))
    return unit.model_copy(update={"ranker": ranker})


@pytest.fixture
def executor(tmp_path: Path) -> Runner:
    return Runner(RunDirectory(tmp_path), LOCATIONS)


def scores(record: Record) -> dict[str, float | None]:
    assert isinstance(record.metrics, RankMetrics)
    return dict(record.metrics.scores)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_score_depends_on_no_other_architecture(
    unit: RankUnit, executor: Runner, name: str
) -> None:
    all_of_them = executor.execute(by(unit, name))
    assert tuple(scores(all_of_them)) == unit.architectures
    last = unit.architectures[-1]
    torch.manual_seed(99)
    alone = executor.execute(by(unit, name).model_copy(update={"architectures": (last,)}))
    assert scores(alone)[last] == scores(all_of_them)[last]
    assert Record.model_validate_json(all_of_them.model_dump_json()) == all_of_them


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_test_split_is_never_read(
    unit: RankUnit, executor: Runner, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ConditionImages) -> Any:
        raise AssertionError("the test split was read")

    monkeypatch.setattr(ConditionImages, "test", property(refuse))
    record = executor.execute(by(unit, name))
    assert record.unit.data.protocol == "strict"
    assert not hasattr(Candidate, "test_images")


def test_cost_is_the_sum_over_architectures(unit: RankUnit, executor: Runner) -> None:
    record = executor.execute(by(unit, "snip", batch_size=16))
    each = [
        executor.execute(by(unit, "snip", batch_size=16).model_copy(update={"architectures": (a,)}))
        for a in unit.architectures
    ]
    assert record.cost.images_seen == 16 * len(each) == sum(r.cost.images_seen for r in each)
    assert record.cost.macs == sum(r.cost.macs for r in each) > 0
    short = executor.execute(by(unit, "short-training"))
    # One epoch of two steps of 32 images, then the validation images.
    per_architecture = short.cost.images_seen / len(unit.architectures)
    images = executor._pool.images(unit.data, None)
    assert per_architecture == 64 + len(images.validation)


def test_replicates_have_other_weights_and_other_images(unit: RankUnit, executor: Runner) -> None:
    first = executor.execute(by(unit, "synflow"))
    second = executor.execute(by(unit, "synflow").model_copy(update={"replicate": 1}))
    assert all(scores(first)[a] != scores(second)[a] for a in unit.architectures)


@pytest.mark.parametrize("scheme", ["ldam-drw", "lade", "cb-ce", "gcl", "mixup", "seesaw"])
def test_schemes_with_losses_and_classifiers_of_their_own(
    unit: RankUnit, executor: Runner, scheme: str
) -> None:
    other = unit.model_copy(update={"scheme": resolve_scheme(scheme)})
    for name in ("grad-norm", "snip", "short-training"):
        assert all(
            value is not None for value in scores(executor.execute(by(other, name))).values()
        )


class Odd:
    """Returns what a plug-in by mistake might."""

    def score(self, candidate: Candidate) -> float:
        return 1.0


class Undecided:
    def score(self, candidate: Candidate) -> object:
        value = float("nan") if candidate.counts.params % 2 else float("inf")
        return candidate.scored(value, forward=1)


def test_what_is_no_number_is_kept_as_nothing(
    unit: RankUnit, executor: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imbnas.execution.rank.build_ranker", lambda *_: Undecided())
    record = executor.execute(unit)
    assert set(scores(record).values()) == {None}
    assert record.cost.images_seen == len(unit.architectures)


def test_a_ranker_that_returns_something_else_is_named(
    unit: RankUnit, executor: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imbnas.execution.rank.build_ranker", lambda *_: Odd())
    with pytest.raises(TypeError, match="ranker 'snip' returned float, not a Score"):
        executor.execute(unit)


def test_the_identity_holds_what_decides_the_scores(unit: RankUnit) -> None:
    others = [
        by(unit, "naswot"),
        by(unit, "snip", batch_size=8),
        unit.model_copy(update={"replicate": 1}),
        unit.model_copy(update={"architectures": unit.architectures[:1]}),
        unit.model_copy(update={"scheme": resolve_scheme("ce")}),
        varied(unit, recipe={"width": 8}),
    ]
    copies = [RankUnit.model_validate(other.model_dump()) for other in (unit, *others)]
    assert len({copy.identity for copy in copies}) == len(copies)
