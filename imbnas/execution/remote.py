"""A unit in a process of its own: it has no data but asks the worker for what it may see."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from safetensors.torch import load, save

from imbnas.data import DataLocations, Manifest
from imbnas.data.image_sets import Images
from imbnas.data.registry import DATASETS
from imbnas.data.split_guard import sealed
from imbnas.execution.data_pool import DataPool
from imbnas.execution.kinds import do_unit
from imbnas.execution.outcome import Outcome
from imbnas.execution.runner import prepare_process
from imbnas.execution.sources import DataSource
from imbnas.execution.stack import train_stack
from imbnas.execution.wire import (
    packed_outcomes,
    packed_tensor,
    unpacked_images,
    unpacked_tensor,
)
from imbnas.isolation.channel import Channel
from imbnas.registry import Plugin, load_plugins
from imbnas.training.checkpoints import Reached, Snapshot
from imbnas.training.evaluation import Predictor
from imbnas.units.recipes import ChannelStatistics
from imbnas.units.records import Record
from imbnas.units.unit import DataRef, DeviceType, TrainUnit, Unit


@dataclass(frozen=True)
class UnitTask:
    """What a process is given.

    Attributes:
        units: one unit, or those of a stack.
        plugins: to load first; their texts, not their files.
        device_type: where networks run.
        locations: where pretrained weights lie; where data lies, too, if a plug-in loads it.
        loads_data: whether a plug-in loads the data, so that it is here, the test split included.
        pins: manifests of the run, for data that is loaded here.
    """

    units: tuple[Unit, ...]
    plugins: tuple[Plugin, ...]
    device_type: DeviceType
    locations: DataLocations
    loads_data: bool = False
    pins: tuple[Manifest, ...] = ()


def execute(task: UnitTask, channel: Channel) -> bytes:
    """Do the units of a task; the entry point of the process."""
    prepare_process()
    device = torch.device(task.device_type)
    seal: AbstractContextManager[None] = sealed(
        "code of plug-ins has what its unit is given and no other image"
    )
    with nullcontext() if task.loads_data else seal:
        load_plugins(task.plugins)
        channel.ask({"ask": "begin"})
        data: DataSource = (
            DataPool(task.locations, device, task.pins)
            if task.loads_data
            else RemoteData(channel, device, task.locations)
        )
        outcomes = _outcomes(task.units, data, channel)
    return packed_outcomes(outcomes)


def plugin_datasets(plugins: Sequence[Plugin], _channel: Channel) -> bytes:
    """Names of the datasets that plug-ins register, in lines."""
    load_plugins(plugins)
    return "\n".join(name for name in DATASETS.names() if not DATASETS.is_built_in(name)).encode()


def _outcomes(
    units: Sequence[Unit], data: DataSource, channel: Channel
) -> list[Outcome | Exception]:
    checkpoints = RemoteCheckpoints(channel)
    stack = [unit for unit in units if isinstance(unit, TrainUnit) and unit.stack > 1]
    if stack:
        return [*train_stack(stack, data, checkpoints)]
    return [do_unit(unit, data, RemoteStore(channel), checkpoints) for unit in units]


@dataclass(frozen=True)
class DatasetFacts:
    """What networks must know of a dataset."""

    name: str
    resolution: int | None
    channels: int
    num_classes: int


@dataclass(frozen=True)
class RemoteData:
    """Conditions whose images the worker holds; a ``DataSource``."""

    channel: Channel
    device: torch.device
    locations: DataLocations

    def images(
        self, data: DataRef, resolution: int | None, statistics: ChannelStatistics | None = None
    ) -> "RemoteImages":
        """The images of a condition of the unit; the worker knows its recipe."""
        return RemoteImages(self.channel, data.manifest_sha256, self.device)


@dataclass(frozen=True)
class RemoteImages:
    """The images of one condition, asked for when they are first used; ``UnitImages``."""

    channel: Channel
    manifest_sha256: str
    device: torch.device

    @cached_property
    def _facts(self) -> dict[str, Any]:
        return self.channel.ask({"ask": "facts", "data": self.manifest_sha256}).head

    @property
    def dataset(self) -> DatasetFacts:
        """What networks must know of the dataset."""
        return DatasetFacts(**self._facts["dataset"])

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Training images of each class."""
        return tuple(self._facts["class_counts"])

    @property
    def test_size(self) -> int:
        """How many test images there are."""
        return int(self._facts["test_size"])

    @cached_property
    def train(self) -> Images:
        """Training images."""
        return self._images("train")

    @cached_property
    def validation(self) -> Images:
        """Validation images."""
        return self._images("validation")

    def scored(self, limit: int | None) -> Images:
        """The validation images that score sub-networks."""
        return self._images("scored", limit=limit)

    def calibration(self, count: int, seed: int) -> Images | None:
        """A fixed random selection of training images; ``None`` for none of them."""
        return self._images("calibration", count=count, seed=seed) if count else None

    def examine(self, predict: Predictor, batch_size: int) -> None:
        """Answer to the test images, which come without labels; the worker has these."""
        batch = self.channel.ask({"ask": "examine", "data": self.manifest_sha256})
        while "images" in batch.head:
            images = unpacked_tensor(batch.head["images"], batch.parts[0]).to(self.device)
            with torch.no_grad():
                logits, content = packed_tensor(predict(images))
            batch = self.channel.ask({"logits": logits}, content)

    def _images(self, what: str, **how: object) -> Images:
        asked = {"ask": "images", "data": self.manifest_sha256, "what": what, **how}
        return unpacked_images(self.channel.ask(asked), self._facts, self.device)


@dataclass(frozen=True)
class RemoteStore:
    """Results of earlier units that this one builds on; a ``Store``."""

    channel: Channel

    def read_record(self, kind: str, identity: str) -> Record:
        """The record of a finished unit."""
        answer = self.channel.ask({"ask": "record", "kind": kind, "identity": identity})
        return Record.model_validate_json(bytes(answer.parts[0]))

    def read_weights(self, sha256: str) -> bytes:
        """Safetensors bytes with that hash."""
        return bytes(self.channel.ask({"ask": "weights", "sha256": sha256}).parts[0])

    def publish_weights(self, content: bytes) -> str:
        """Keep safetensors bytes and return their hash."""
        return str(self.channel.ask({"ask": "publish"}, content).head["sha256"])


@dataclass(frozen=True)
class RemoteCheckpoints:
    """The checkpoints of the unit, which the worker keeps; a ``Checkpoints``."""

    channel: Channel

    def open(self) -> "RemoteCheckpoint":
        """The checkpoint of the unit's next training or search."""
        return RemoteCheckpoint(self.channel, self.channel.ask({"ask": "open"}).head["number"])


@dataclass(frozen=True)
class RemoteCheckpoint:
    """The state of one training or search; a ``Checkpoint``."""

    channel: Channel
    number: int

    def load(self) -> Snapshot | None:
        """The state that an earlier attempt left, if any."""
        answer = self.channel.ask({"ask": "load", "number": self.number})
        if not answer.parts:
            return None
        return Snapshot(answer.head["facts"], load(bytes(answer.parts[0])))

    def offer(self, take: Callable[[], Snapshot], reached: Reached | None = None) -> None:
        """Keep the present state if the worker says so."""
        told = {"reached": [reached.text, reached.share]} if reached else {}
        if self.channel.ask({"ask": "offer", "number": self.number, **told}).head["wanted"]:
            self.channel.ask(*packed_snapshot(take()))


def packed_snapshot(snapshot: Snapshot) -> tuple[dict[str, Any], bytes]:
    """A state as JSON, and its tensors as safetensors bytes."""
    # Clones, since safetensors refuses tensors that share memory.
    tensors = {name: t.detach().cpu().clone().contiguous() for name, t in snapshot.tensors.items()}
    return {"facts": dict(snapshot.facts)}, save(tensors)
