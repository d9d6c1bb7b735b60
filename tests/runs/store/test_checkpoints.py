"""Long trainings and searches go on where they were killed, to the same bits."""

import itertools
import json
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from imbnas.data.dataset import ArraySplit, Dataset
from imbnas.data.image_sets import select_images
from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Selection
from imbnas.data.streams import open_stream
from imbnas.execution.runner import Runner
from imbnas.runs.store.checkpoints import Checkpointing, KeptState, Suspended, remove_checkpoints
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.unit_state import UnitState
from imbnas.schemes import build_scheme, resolve_scheme
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.supernet.scoring import Scorer
from imbnas.training.fitting import Fit, Trainer
from imbnas.units.recipes import Augmentation, Recipe
from imbnas.units.unit import AdaptUnit, SearchUnit, SupernetUnit, TrainUnit, Unit

from ...factories import varied

LOCATIONS = DataLocations.from_options(offline=True)
COUNTS = (40, 10)
EPOCHS = 5


class KilledError(Exception):
    """Stands for the end of the process."""


class NoisyNetwork(nn.Module):
    """Draws from torch's global generator, as networks with dropout do."""

    def __init__(self) -> None:
        super().__init__()
        self.num_features = 4
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.2)
        )
        self.classifier: nn.Module = nn.Linear(4, 2)

    def forward_features(self, images: Tensor) -> Tensor:
        return self.backbone(images).mean((2, 3))

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.forward_features(images))


@dataclass
class Counter:
    """A companion of a training."""

    values: list[int] = field(default_factory=lambda: [0])

    def __call__(self, epoch: int, images: int) -> None:
        self.values[0] += images

    def state_dict(self) -> dict[str, Any]:
        return {"value": self.values[0]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.values[0] = state["value"]


def images() -> Any:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], COUNTS)
    pixels = rng.normal(100 + 60 * labels[:, None, None, None], 40, (50, 6, 6, 1))
    split = ArraySplit(labels, pixels.clip(0, 255).astype(np.uint8))
    dataset = Dataset("two", ("a", "b"), split, split, "0" * 64, (0.45,), (0.2,))
    return select_images(dataset, Selection(split="train", indices=tuple(range(50))))


def fit(
    checkpoint: KeptState | None, scheme: str, kill_in: int | None = None, **recipe: Any
) -> tuple[Fit, dict[str, Tensor], list[int], int]:
    """Train; gives fit, weights, the epochs that were really computed, and the companion."""
    freeze = recipe.pop("freeze", None)
    made = Recipe(epochs=EPOCHS, batch_size=16, lr=0.02, **recipe)
    torch.manual_seed(0)
    network, companion, epochs = NoisyNetwork(), Counter(), []
    fitting = Trainer(
        network=network,
        stream=open_stream(
            images(), 16, Augmentation(pad=1, flip=True), torch.Generator().manual_seed(1)
        ),
        scheme=build_scheme(resolve_scheme(scheme), COUNTS, EPOCHS),
        recipe=made,
        class_counts=COUNTS,
        mixing_generator=torch.Generator().manual_seed(2),
        before_pass=companion,
        freeze_backbone_from=freeze,
        companion=companion,
        **({} if checkpoint is None else {"checkpoint": checkpoint}),
    )
    compute = fitting._epoch

    def watched(epoch: int, *rest: Any) -> Any:
        if epoch == kill_in:
            raise KilledError
        epochs.append(epoch)
        return compute(epoch, *rest)

    fitting._epoch = watched  # type: ignore[method-assign]
    with torch.random.fork_rng(devices=[]):
        return fitting.run(), network.state_dict(), epochs, companion.values[0]


def keeping(tmp_path: Path, interval: float = 0.0) -> Checkpointing:
    return Checkpointing(RunDirectory(tmp_path), interval)


def kept_state(tmp_path: Path, unit: Unit, interval: float = 0.0) -> KeptState:
    return keeping(tmp_path, interval).attempt([unit]).open()


@pytest.fixture(scope="module")
def expansion(tiny_suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Expansion:
    """The tiny suite with five epochs a training."""
    path = tmp_path_factory.mktemp("suite") / "long.toml"
    text = tiny_suite.read_text().replace("epochs = 2", f"epochs = {EPOCHS}")
    path.write_text(text.replace('["p0", "p1"]', '["p2", "p1"]'))
    return Expansion(resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS)))


def first(expansion: Expansion, kind: type) -> Any:
    return next(unit for unit in expansion.plan().units if isinstance(unit, kind))


VARIANTS = [
    ("ce", {}),
    ("ce", {"momentum": 0.0, "nesterov": False}),
    ("ce", {"average_from": 0.3, "steps_per_epoch": 3}),
    ("ce", {"freeze": 2}),
    ("ce", {"freeze": 0}),
    ("seesaw", {}),
    ("equalization", {}),
    ("cutmix", {}),
    ("progressive-sampling", {"schedule": "step", "milestones": (2,)}),
    ("ldam-drw", {"clip_norm": 1.0}),
]


@pytest.mark.parametrize(("scheme", "recipe"), VARIANTS)
@pytest.mark.parametrize("killed_in", [1, 3])
def test_a_training_goes_on_to_the_same_bits(
    expansion: Expansion, tmp_path: Path, scheme: str, recipe: dict[str, Any], killed_in: int
) -> None:
    unit = first(expansion, TrainUnit)
    expected = fit(None, scheme, **recipe)
    with pytest.raises(KilledError):
        fit(kept_state(tmp_path, unit), scheme, kill_in=killed_in, **recipe)
    done, weights, epochs, counted = fit(kept_state(tmp_path, unit), scheme, **recipe)
    assert epochs == list(range(killed_in, EPOCHS))
    assert done == expected[0]
    assert counted == expected[3]
    for name, value in expected[1].items():
        assert torch.equal(weights[name], value), name


def test_a_training_that_was_killed_after_its_last_epoch_computes_none(
    expansion: Expansion, tmp_path: Path
) -> None:
    unit = first(expansion, TrainUnit)
    expected = fit(kept_state(tmp_path, unit), "ce")
    done, weights, epochs, _ = fit(kept_state(tmp_path, unit), "ce")
    assert epochs == []
    assert done == expected[0]
    assert all(torch.equal(weights[name], value) for name, value in expected[1].items())


def damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    match how:
        case "empty":
            content.clear()
        case "truncated":
            del content[len(content) // 2 :]
        case "flipped":
            content[-20] ^= 1
        case "text":
            content[:] = b"not a checkpoint at all"
        case "metadata":
            position = content.index(b'\\"epoch\\":') + len(b'\\"epoch\\":')
            content[position : position + 1] = b"2"
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["empty", "truncated", "flipped", "text", "metadata"])
def test_a_damaged_checkpoint_is_not_used(expansion: Expansion, tmp_path: Path, how: str) -> None:
    unit = first(expansion, TrainUnit)
    with pytest.raises(KilledError):
        fit(kept_state(tmp_path, unit), "ce", kill_in=3)
    state = kept_state(tmp_path, unit)
    assert state.load() is not None
    damage(state.path, how)
    done, _, epochs, _ = fit(kept_state(tmp_path, unit), "ce")
    assert epochs == list(range(EPOCHS))
    assert done == fit(None, "ce")[0]


def test_a_foreign_checkpoint_is_not_used(
    expansion: Expansion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit, other = expansion.plan().units[-2:]
    with pytest.raises(KilledError):
        fit(kept_state(tmp_path, unit), "ce", kill_in=3)
    mine, theirs = kept_state(tmp_path, unit), kept_state(tmp_path, other)
    theirs.path.write_bytes(mine.path.read_bytes())
    assert theirs.load() is None
    # Another network, and another optimizer, under the right name.
    assert fit(kept_state(tmp_path, unit), "ce", momentum=0.0, nesterov=False)[2][0] == 0
    monkeypatch.setattr("imbnas.runs.store.checkpoints.__version__", "99")
    assert mine.load() is None


def test_at_most_one_checkpoint_a_minute_and_none_of_a_short_unit(
    expansion: Expansion, tmp_path: Path
) -> None:
    unit = first(expansion, TrainUnit)
    Runner(
        RunDirectory(tmp_path), LOCATIONS, attempt=Checkpointing(RunDirectory(tmp_path)).attempt
    ).execute(unit)
    assert not (tmp_path / "checkpoints").exists()


def interrupted(monkeypatch: pytest.MonkeyPatch, target: Any, name: str, calls: int) -> None:
    """Let the process 'die' at one call of a method."""
    original, count = getattr(target, name), 0

    def fatal(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == calls:
            raise KilledError
        return original(*arguments)

    monkeypatch.setattr(target, name, fatal)


def chain(expansion: Expansion, strategy: str) -> list[Unit]:
    units = [u for u in expansion.plan().units if isinstance(u, SupernetUnit)][:1]
    adapt = next(
        u
        for u in expansion.plan().units
        if isinstance(u, AdaptUnit) and u.strategy.name == strategy and u.replicate == 0
    )
    search = next(
        u
        for u in expansion.plan().units
        if isinstance(u, SearchUnit) and u.adapted == adapt.identity
    )
    return [*units, adapt, search]


@pytest.mark.parametrize("strategy", ["p1", "p2"])
def test_every_unit_of_a_chain_resumes_with_the_same_result_and_cost(
    expansion: Expansion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    for unit in [*chain(expansion, strategy), first(expansion, TrainUnit)]:
        directory = RunDirectory(tmp_path)
        plain = Runner(directory, LOCATIONS).execute(unit)
        target, name, call = (
            (Scorer, "score", 5) if unit.kind == "search" else (Trainer, "_epoch", 4)
        )
        keep = keeping(tmp_path)
        with monkeypatch.context() as patch:
            interrupted(patch, target, name, call)
            executor = Runner(directory, LOCATIONS, attempt=keep.attempt)
            with pytest.raises(KilledError):
                executor.execute(unit)
        assert list(directory.checkpoints.iterdir())
        calls: list[None] = []
        original = getattr(target, name)
        with monkeypatch.context() as patch:
            patch.setattr(target, name, lambda *a, o=original, c=calls: (c.append(None), o(*a))[1])
            resumed = Runner(directory, LOCATIONS, attempt=keep.attempt).execute(unit)
        assert len(calls) == (2 if unit.kind != "search" else len(plain.metrics.scores) - 4)
        assert resumed.metrics == plain.metrics
        assert resumed.cost.images_seen == plain.cost.images_seen
        assert resumed.cost.macs == plain.cost.macs
        directory.publish_record(plain)
        remove_checkpoints(directory, unit.identity)
        assert list(directory.checkpoints.iterdir()) == []


def test_a_strategy_that_trains_twice_resumes_in_its_second_training(
    expansion: Expansion, tmp_path: Path
) -> None:
    unit = first(expansion, TrainUnit)
    attempt = keeping(tmp_path).attempt([unit])
    fit(attempt.open(), "ce")
    with pytest.raises(KilledError):
        fit(attempt.open(), "cutmix", kill_in=2)
    again = keeping(tmp_path).attempt([unit])
    assert fit(again.open(), "ce")[2] == []
    assert fit(again.open(), "cutmix")[2] == [2, 3, 4]


def test_a_suspended_unit_stops_right_after_a_checkpoint(
    expansion: Expansion, tmp_path: Path
) -> None:
    unit, keep = first(expansion, TrainUnit), keeping(tmp_path, interval=1e9)
    keep.suspending = True
    with pytest.raises(Suspended):
        fit(keep.attempt([unit]).open(), "ce")
    assert fit(kept_state(tmp_path, unit), "ce")[2] == [1, 2, 3, 4]


def test_seconds_count_what_was_taken_over(expansion: Expansion, tmp_path: Path) -> None:
    unit = first(expansion, TrainUnit)
    attempt = keeping(tmp_path).attempt([unit])
    attempt.start -= 500
    with pytest.raises(KilledError):
        fit(attempt.open(), "ce", kill_in=3)
    later = keeping(tmp_path).attempt([unit])
    assert later.seconds < 400
    fit(later.open(), "ce")
    assert later.seconds >= 500


def with_clock(patch: pytest.MonkeyPatch, step: float) -> None:
    """Let the clock of the process go on by a step whenever it is read."""
    clock = itertools.count(1000.0, step)
    patch.setattr("imbnas.training.stopwatch.time.process_time", lambda: next(clock))


def test_processor_seconds_of_attempts_are_summed(
    expansion: Expansion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = first(expansion, TrainUnit)
    with_clock(monkeypatch, 7.0)
    whole, *_ = fit(None, "ce")
    # The clock is read once at the start and once after each epoch.
    assert whole.core_seconds == 7.0 * EPOCHS
    with pytest.raises(KilledError):
        fit(kept_state(tmp_path, unit), "ce", kill_in=3)
    with_clock(monkeypatch, 7.0)  # another process, whose clock begins again
    resumed, _, epochs, _ = fit(kept_state(tmp_path, unit), "ce")
    assert epochs == [3, 4]
    assert resumed.core_seconds == whole.core_seconds


def test_older_checkpoints_do_not_tell_processor_seconds(
    expansion: Expansion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = first(expansion, TrainUnit)
    with monkeypatch.context() as patch:
        patch.setattr("imbnas.training.state.vars", _older, raising=False)
        with pytest.raises(KilledError):
            fit(kept_state(tmp_path, unit), "ce", kill_in=3)
    resumed, _, epochs, _ = fit(kept_state(tmp_path, unit), "ce")
    assert epochs == [3, 4]
    assert resumed.core_seconds is None
    assert resumed.seconds > 0


def _older(progress: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(progress).items() if name != "core_seconds"}


def test_checkpoints_are_json_and_safetensors(expansion: Expansion, tmp_path: Path) -> None:
    unit = first(expansion, TrainUnit)
    state = kept_state(tmp_path, unit)
    fit(state, "ce")
    assert load_file(state.path)["network/classifier.weight"].shape == (2, 4)
    content = state.path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    facts = json.loads(header["__metadata__"]["facts"])
    assert facts["name"] == f"{unit.identity}.0.safetensors" == state.path.name
    assert facts["snapshot"]["progress"]["epoch"] == EPOCHS


def test_a_killed_process_leaves_a_checkpoint_that_gives_the_same_supernet(
    start: Any, expansion: Expansion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs = 60
    supernet = {"supernet": {"epochs": epochs}}
    suite = {"fidelities": {"only": supernet}}
    longer = Expansion(varied(expansion.resolved, settings=supernet, suite=suite))
    unit = first(longer, SupernetUnit)
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(longer.resolved)
    worker = start(
        "worker", directory.path, "--offline", "--part", "adaptation", "--only", "supernet*",
        "--checkpoint-seconds", "0",
    )  # fmt: skip
    path = directory.checkpoints / f"{unit.identity}.0.safetensors"
    deadline = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < deadline
        assert worker.poll() is None
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    assert worker.wait(timeout=60) == -signal.SIGKILL
    assert directory.state(unit) is UnitState.CLAIMED
    counted: list[int] = []
    compute = Trainer._epoch

    def count(self: Trainer, epoch: int, *rest: Any) -> Any:
        counted.append(epoch)
        return compute(self, epoch, *rest)

    monkeypatch.setattr(Trainer, "_epoch", count)
    keep = Checkpointing(directory)
    resumed = Runner(directory, LOCATIONS, attempt=keep.attempt).execute(unit)
    assert counted[0] > 0
    assert counted[-1] == epochs - 1
    undisturbed = Runner(RunDirectory(tmp_path / "other"), LOCATIONS).execute(unit)
    assert resumed.metrics == undisturbed.metrics
    assert resumed.cost.macs == undisturbed.cost.macs
