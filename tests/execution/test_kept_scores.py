"""Rankings go on where they were stopped, inside a short training, too; results stay the same."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.execution.attempts import SingleAttempt
from imbnas.execution.runner import Runner
from imbnas.rankers.candidate import Candidate
from imbnas.runs.store.checkpoints import Checkpointing, Suspended
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.training.checkpoints import Snapshot
from imbnas.units.records import Record
from imbnas.units.unit import Component, RankUnit, Unit

from ..factories import varied

LOCATIONS = DataLocations.from_options(offline=True)
EPOCHS = 2


@pytest.fixture
def unit(expansion: Expansion) -> RankUnit:
    rankers = {"short-training": Component(name="short-training", version="1")}
    resolved = varied(expansion.resolved, rankers=rankers)
    part = resolved.suite.parts["transfer"]
    short = Expansion(resolved).ranking("short-training", part.targets[0], 0)
    return varied(short, recipe={"epochs": 10 * EPOCHS, "steps_per_epoch": 2})


class StoppedError(Exception):
    """Stands for the end of the process."""


class StopsAtEveryOffer(SingleAttempt):
    """Keeps each state as JSON and copied tensors, then ends the attempt."""

    def __init__(self, kept: Snapshot | None) -> None:
        super().__init__(())
        self.kept = kept

    def open(self) -> "StopsAtEveryOffer":
        return self

    def load(self) -> Snapshot | None:
        return self.kept

    def offer(self, take: Callable[[], Snapshot], reached: object = None) -> None:
        taken = take()
        facts = json.loads(json.dumps(dict(taken.facts), allow_nan=False))
        self.kept = Snapshot(facts, {name: t.clone() for name, t in taken.tensors.items()})
        raise StoppedError


def in_attempts(unit: RankUnit, folder: Path) -> tuple[Record, int]:
    """The record of a unit that is stopped at every occasion, and how often it was."""
    kept: Snapshot | None = None
    stops = 0
    while True:
        attempt = StopsAtEveryOffer(kept)

        def begin(_units: Sequence[Unit], attempt: StopsAtEveryOffer = attempt) -> SingleAttempt:
            return attempt

        try:
            return Runner(RunDirectory(folder), LOCATIONS, attempt=begin).execute(unit), stops
        except StoppedError:
            kept, stops = attempt.kept, stops + 1


def same_result(one: Record, other: Record) -> bool:
    return (one.metrics, one.cost.images_seen, one.cost.macs) == (
        other.metrics,
        other.cost.images_seen,
        other.cost.macs,
    )


def test_a_ranking_stopped_at_every_occasion_ends_with_the_same_scores(
    unit: RankUnit, tmp_path: Path
) -> None:
    whole = Runner(RunDirectory(tmp_path), LOCATIONS).execute(unit)
    resumed, stops = in_attempts(unit, tmp_path)
    assert same_result(resumed, whole)
    # After each epoch, and after each architecture: nothing is done twice.
    assert stops == len(unit.architectures) * (EPOCHS + 1)


@pytest.mark.parametrize("name", ["snip", "synflow", "naswot"])
def test_other_rankers_go_on_with_the_next_architecture(
    unit: RankUnit, tmp_path: Path, name: str
) -> None:
    other = unit.model_copy(update={"ranker": Component(name=name, version="1")})
    whole = Runner(RunDirectory(tmp_path), LOCATIONS).execute(other)
    resumed, stops = in_attempts(other, tmp_path)
    assert same_result(resumed, whole)
    assert stops == len(unit.architectures)


class Undecided:
    def score(self, candidate: Candidate) -> object:
        return candidate.scored(float("nan"), forward=1)


def test_what_is_no_number_is_kept_as_nothing(
    unit: RankUnit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imbnas.execution.rank.build_ranker", lambda *_: Undecided())
    resumed, _ = in_attempts(unit, tmp_path)
    assert same_result(resumed, Runner(RunDirectory(tmp_path), LOCATIONS).execute(unit))


def test_at_the_deadline_a_ranking_stops_in_the_midst_of_a_short_training(
    unit: RankUnit, tmp_path: Path
) -> None:
    directory = RunDirectory(tmp_path)
    checkpointing = Checkpointing(directory, interval=3600.0, suspending=True)
    runner = Runner(directory, LOCATIONS, attempt=checkpointing.attempt)
    with pytest.raises(Suspended):
        runner.execute(unit)
    (path,) = directory.checkpoints.glob("*.safetensors")
    assert path.name.startswith(unit.identity)
    checkpointing.suspending = False
    whole = Runner(RunDirectory(tmp_path / "other"), LOCATIONS).execute(unit)
    assert same_result(runner.execute(unit), whole)
