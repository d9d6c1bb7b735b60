"""What a worker answers to the process of a unit, and what it takes from it as a result."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from imbnas.data.image_sets import Images
from imbnas.data.split_guard import SealedDataError
from imbnas.error_texts import one_line
from imbnas.execution.attempts import Attempt
from imbnas.execution.data_pool import ConditionImages, DataPool
from imbnas.execution.foreign import shown
from imbnas.execution.outcome import Outcome, Untested
from imbnas.execution.remote import packed_snapshot
from imbnas.execution.storable import StrategyError
from imbnas.execution.store import Store
from imbnas.execution.wire import (
    packed_images,
    packed_tensor,
    unpacked_outcomes,
    unpacked_tensor,
)
from imbnas.isolation.channel import BadMessageError, Channel, Message
from imbnas.training.answers import Answers
from imbnas.training.checkpoints import Checkpoint, Reached, Snapshot
from imbnas.units.frozen import canonical_json
from imbnas.units.metrics import (
    AdaptMetrics,
    Metrics,
    SupernetMetrics,
    TrainMetrics,
)
from imbnas.units.records import Record, check_result
from imbnas.units.unit import (
    AdaptUnit,
    DataRef,
    TrainUnit,
    Unit,
)

_REACHED_CHARACTERS: Final = 200


class Service:
    """Answers what the process of one unit, or of a stack, may ask; counts and checks the rest.

    Args:
        units: that the process does.
        pool: the worker's data.
        store: results of earlier units.
        attempt: see ``Runner``.
        loads_data: whether the process has the data itself.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        pool: DataPool,
        store: Store,
        attempt: Callable[[Sequence[Unit]], Attempt],
        loads_data: bool,
    ) -> None:
        self._units, self._pool, self._store = units, pool, store
        self._begin, self._loads_data = attempt, loads_data
        self._attempt: Attempt | None = None
        self._checkpoints: list[Checkpoint] = []
        self._named_weights: set[str] = set()
        self._published: set[str] = set()
        self._answers: list[Answers] = []
        self._conditions: dict[str, tuple[Unit, DataRef]] = {}
        self._sets: dict[str, frozenset[str]] = {}
        for unit in units:
            for data, sets in shown(unit):
                name = data.manifest_sha256
                self._conditions[name] = unit, data
                self._sets[name] = self._sets.get(name, frozenset()) | sets

    @property
    def attempt(self) -> Attempt:
        """The attempt at the units, which begins when the process is ready for them.

        Raises:
            BadMessageError: it has not begun.
        """
        if self._attempt is None:
            raise BadMessageError("the unit has not begun")
        return self._attempt

    def answer(self, message: Message, channel: Channel) -> None:
        """Answer a message of the process.

        Raises:
            BadMessageError: it asks for what no unit asks for.
            SealedDataError: it asks for images that its unit may not see.
        """
        answer = _ANSWERS.get(str(message.head.get("ask")))
        if answer is None:
            raise BadMessageError("a message that nobody expects")
        answer(self, message, channel)

    def checked(self, result: bytes) -> list[Outcome | Exception]:
        """What became of the units, completed with what the process must not know.

        Raises:
            BadMessageError: it cannot be the result of these units.
        """
        outcomes = unpacked_outcomes(result, len(self._units))
        answers = iter(self._answers)
        return [
            outcome if isinstance(outcome, Exception) else self._completed(unit, outcome, answers)
            for unit, outcome in zip(self._units, outcomes, strict=True)
        ]

    def _completed(self, unit: Unit, outcome: Outcome, answers: Iterator[Answers]) -> Outcome:
        metrics = outcome.metrics
        if isinstance(metrics, Untested):
            given = next(answers, None)
            if given is None or not isinstance(unit, TrainUnit):
                raise BadMessageError("a result without answers to test images")
            metrics = metrics.tested(given)
        elif isinstance(metrics, TrainMetrics) and not self._loads_data:
            raise BadMessageError("a result with answers that nobody has seen")
        self._check(unit, metrics)
        return replace(outcome, metrics=metrics)

    def _check(self, unit: Unit, metrics: Metrics) -> None:
        try:
            check_result(unit, metrics)
            if isinstance(metrics, AdaptMetrics | SupernetMetrics):
                self._check_published(metrics.weights_sha256)
        except ValueError as error:
            raise BadMessageError(f"no result of a {unit.kind} unit: {error}") from None

    def _check_published(self, sha256: str) -> None:
        if sha256 not in self._published:
            raise ValueError("it names weights that it has not left")

    def _answer_begin(self, _message: Message, channel: Channel) -> None:
        self._attempt = self._attempt or self._begin(self._units)
        channel.send({})

    def _answer_facts(self, message: Message, channel: Channel) -> None:
        channel.send(_facts(self._images(message.head)))

    def _answer_images(self, message: Message, channel: Channel) -> None:
        told, parts = packed_images(self._selected(message.head))
        channel.send(told, *parts)

    def _answer_record(self, message: Message, channel: Channel) -> None:
        channel.send({}, canonical_json(self._record(message.head)).encode())

    def _answer_weights(self, message: Message, channel: Channel) -> None:
        channel.send({}, self._weights(message.head))

    def _answer_publish(self, message: Message, channel: Channel) -> None:
        channel.send({"sha256": self._publish(message)})

    def _answer_open(self, _message: Message, channel: Channel) -> None:
        self._checkpoints.append(self.attempt.open())
        channel.send({"number": len(self._checkpoints) - 1})

    def _answer_load(self, message: Message, channel: Channel) -> None:
        kept = self._checkpoint(message.head).load()
        if kept is None:
            channel.send({})
        else:
            channel.send(*packed_snapshot(kept))

    def _images(self, head: dict[str, Any]) -> ConditionImages:
        found = self._conditions.get(str(head.get("data")))
        if found is None or self._loads_data:
            raise SealedDataError("a condition that is not the unit's is out of reach")
        unit, data = found
        return self._pool.images(data, unit.recipe.resolution, unit.recipe.channel_statistics)

    def _selected(self, head: dict[str, Any]) -> Images:
        images, what = self._images(head), str(head.get("what"))
        if what not in self._sets[str(head["data"])]:
            raise SealedDataError(f"images for {what!r} are out of reach of this unit")
        match what:
            case "train":
                return images.train
            case "validation":
                return images.validation
            case "scored":
                return images.scored(head["limit"])
        calibration = images.calibration(int(head["count"]), int(head["seed"]))
        if calibration is None:
            raise BadMessageError("a message that nobody expects")
        return calibration

    def _answer_examine(self, message: Message, channel: Channel) -> None:
        """Let the process answer to test images, of which it gets no label."""
        head = message.head
        images, (unit, _) = self._images(head), self._conditions[str(head["data"])]
        if not isinstance(unit, TrainUnit) or len(self._answers) == len(self._units):
            raise SealedDataError("test images are out of reach of this unit")
        num_classes = images.dataset.num_classes

        def predict(batch: Tensor) -> Tensor:
            told, content = packed_tensor(batch)
            answer = channel.ask({"images": told}, content)
            if not answer.parts or not isinstance(answer.head.get("logits"), dict):
                raise BadMessageError("what came are no logits")
            logits = unpacked_tensor(answer.head["logits"], answer.parts[0])
            if logits.shape != (len(batch), num_classes) or not logits.is_floating_point():
                raise BadMessageError(
                    f"answers of shape {tuple(logits.shape)} to {len(batch)} images of "
                    f"{num_classes} classes"
                )
            return logits.to(batch.device)

        self._answers.append(images.examine(predict, unit.recipe.evaluation_batch_size))
        channel.send({})

    def _record(self, head: dict[str, Any]) -> Record:
        identity = str(head.get("identity"))
        if not any(identity in unit.requires for unit in self._units):
            raise SealedDataError("the record of another unit is out of reach")
        record = self._store.read_record(str(head.get("kind")), identity)
        if isinstance(record.metrics, AdaptMetrics | SupernetMetrics):
            self._named_weights.add(record.metrics.weights_sha256)
        return record

    def _weights(self, head: dict[str, Any]) -> bytes:
        sha256 = str(head.get("sha256"))
        if sha256 not in self._named_weights:
            raise SealedDataError("weights of another unit are out of reach")
        return self._store.read_weights(sha256)

    def _publish(self, message: Message) -> str:
        (unit, *_) = self._units
        if unit.kind not in ("supernet", "adapt") or len(message.parts) != 1:
            raise BadMessageError("weights that nobody expects")
        content = bytes(message.parts[0])
        _check_weights(unit, content)
        sha256 = self._store.publish_weights(content)
        self._published.add(sha256)
        return sha256

    def _checkpoint(self, head: dict[str, Any]) -> Checkpoint:
        number = head.get("number")
        if type(number) is not int or not 0 <= number < len(self._checkpoints):
            raise BadMessageError("a checkpoint that nobody has opened")
        return self._checkpoints[number]

    def _answer_offer(self, message: Message, channel: Channel) -> None:
        wanted = False

        def take() -> Snapshot:
            nonlocal wanted
            wanted = True
            state = channel.ask({"wanted": True})
            facts = state.head.get("facts")
            if not isinstance(facts, dict) or len(state.parts) != 1:
                raise BadMessageError("what came is no state")
            try:
                return Snapshot(facts, load(bytes(state.parts[0])))
            except SafetensorError:
                raise BadMessageError("what came is no state") from None

        self._checkpoint(message.head).offer(take, _reached(message.head.get("reached")))
        channel.send({} if wanted else {"wanted": False})


_ANSWERS: Final[dict[str, Callable[[Service, Message, Channel], None]]] = {
    "begin": Service._answer_begin,
    "facts": Service._answer_facts,
    "images": Service._answer_images,
    "examine": Service._answer_examine,
    "record": Service._answer_record,
    "weights": Service._answer_weights,
    "publish": Service._answer_publish,
    "open": Service._answer_open,
    "load": Service._answer_load,
    "offer": Service._answer_offer,
}


def _check_weights(unit: Unit, content: bytes) -> None:
    """Refuse what is no safetensors file, or, of an adaptation, weights that are not finite.

    Raises:
        StrategyError: it is none of that.
    """
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError):
        raise StrategyError(f"{unit.label}: left what are no weights") from None
    for name, tensor in tensors.items():
        if isinstance(unit, AdaptUnit) and not torch.isfinite(tensor).all():
            raise StrategyError(f"{unit.label}: left weights that are not finite: {name}")


def _reached(told: object) -> Reached | None:
    """How far a process says that its unit is; nothing if it says what cannot be."""
    match told:
        case [str(text), None]:
            return Reached(one_line(text[:_REACHED_CHARACTERS]))
        case [str(text), int() | float() as share] if 0 <= share <= 1:
            return Reached(one_line(text[:_REACHED_CHARACTERS]), float(share))
    return None


def _facts(images: ConditionImages) -> dict[str, Any]:
    dataset = images.dataset
    names = ("name", "resolution", "channels", "num_classes")
    return {
        "dataset": {name: getattr(dataset, name) for name in names},
        "num_classes": dataset.num_classes,
        "mean": dataset.mean,
        "std": dataset.std,
        "class_counts": images.class_counts,
        "test_size": images.test_size,
    }
