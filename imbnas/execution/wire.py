"""Images, tensors and outcomes as they pass between a worker and a process of its own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from imbnas.data.image_sets import FileSet, Images, ImageSet, normalisation
from imbnas.execution.outcome import Outcome, Untested
from imbnas.isolation.channel import BadMessageError, Message, Part
from imbnas.isolation.failures import ForeignCodeError, described
from imbnas.units.metrics import Metrics
from imbnas.validation import first_fault

_METRICS: TypeAdapter[Metrics] = TypeAdapter(Metrics)
_COUNTED = ("images_seen", "macs")
_MEASURED = ("train_images_per_second", "latency", "core_seconds")


def packed_tensor(tensor: Tensor) -> tuple[dict[str, Any], Part]:
    """A tensor as its type and shape, and its bytes."""
    array = tensor.detach().cpu().contiguous().numpy()
    return {"dtype": array.dtype.name, "shape": list(array.shape)}, array.reshape(-1).data


def unpacked_tensor(head: dict[str, Any], content: bytearray) -> Tensor:
    """The tensor that was packed; it owns its memory.

    Raises:
        BadMessageError: they do not go together.
    """
    try:
        array = np.frombuffer(content, dtype=np.dtype(head["dtype"])).reshape(head["shape"])
        return torch.from_numpy(array)
    except (TypeError, ValueError, KeyError):
        raise BadMessageError("what came is no tensor") from None


def packed_images(images: Images) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """A set of images with its labels, without whatever else it shares memory with."""
    labels, values = packed_tensor(images.labels)
    if isinstance(images, FileSet):
        place = {"root": str(images.root), "paths": images.paths, "side": images.resolution}
        return {"labels": labels, "files": place}, (values,)
    own = images.pixels if images.rows is None else images.pixels.index_select(0, images.rows)
    pixels, content = packed_tensor(own)
    return {"labels": labels, "pixels": pixels}, (values, content)


def unpacked_images(message: Message, facts: dict[str, Any], device: torch.device) -> Images:
    """The set of images on a device; ``facts`` are those of the dataset."""
    head, parts = message.head, message.parts
    labels = unpacked_tensor(head["labels"], parts[0]).to(device)
    normalise = normalisation(facts["mean"], facts["std"], device)
    if "files" in head:
        place = head["files"]
        root, paths = Path(place["root"]), tuple(place["paths"])
        return FileSet(labels, facts["num_classes"], normalise, root, paths, place["side"])
    pixels = unpacked_tensor(head["pixels"], parts[1]).to(device)
    return ImageSet(labels, facts["num_classes"], normalise, pixels, None)


def packed_outcomes(outcomes: "list[Outcome | Exception]") -> bytes:
    """Outcomes of units as JSON."""
    return json.dumps(list(map(_packed_outcome, outcomes)), default=_plain).encode()


def unpacked_outcomes(content: bytes, count: int) -> list[Outcome | Exception]:
    """The outcomes of so many units.

    Raises:
        BadMessageError: they are none.
    """
    try:
        fields = json.loads(content)
        if len(fields) != count:
            raise BadMessageError(f"a result is of {len(fields)} units, not of {count}")
        return list(map(_unpacked_outcome, fields))
    except ValidationError as error:
        raise BadMessageError(f"a result cannot be: {first_fault(error)}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadMessageError("what came is no result") from None


def _packed_outcome(outcome: Outcome | Exception) -> dict[str, Any]:
    if isinstance(outcome, Exception):
        return {"failed": described(outcome)}
    kind = "untested" if isinstance(outcome.metrics, Untested) else "metrics"
    spent = {name: getattr(outcome, name) for name in (*_COUNTED, *_MEASURED)}
    return {kind: outcome.metrics.model_dump(mode="json"), **spent}


def _unpacked_outcome(fields: dict[str, Any]) -> Outcome | Exception:
    if "failed" in fields:
        return ForeignCodeError(fields["failed"])
    metrics: Metrics | Untested
    if "untested" in fields:
        metrics = Untested.model_validate_json(json.dumps(fields["untested"]))
    else:
        metrics = _METRICS.validate_json(json.dumps(fields["metrics"]))
    counted = (fields[name] for name in _COUNTED)
    return Outcome(metrics, *counted, *(fields.get(name) for name in _MEASURED))


def _plain(value: Any) -> Any:
    """Numbers of NumPy and torch, which code of plug-ins may count with."""
    return value.item()
