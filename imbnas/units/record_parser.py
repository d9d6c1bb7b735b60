"""Parses the records of a whole run, which share most of their text, in a fraction of the time.

Records of trainings differ in model, identity, metrics, cost and provenance; data, scheme and
recipe come in few versions. Text that was validated once is not validated again, and the parsed
objects are shared. Any text that is not the canonical JSON of a training's record is parsed by
pydantic as a whole, which also raises every error.
"""

import hashlib
import re

from pydantic import TypeAdapter, ValidationError

from imbnas.units.frozen import canonical_json
from imbnas.units.records import Cost, Provenance, Record, TrainMetrics
from imbnas.units.unit import Model, TrainUnit

_FLAT = rb"\{[^{}]*\}"
_TRAINING = re.compile(
    rb'\{"cost":(?P<cost>FLAT),"identity":"(?P<identity>[0-9a-f]{64})","metrics":(?P<metrics>FLAT),'
    rb'"provenance":(?P<provenance>FLAT),"schema_version":1,"unit":'
    rb'(?P<before>\{"data":FLAT,"device_type":"[a-z]+","kind":"train","model":)(?P<model>FLAT)'
    rb"(?P<after>,.*\})\}".replace(b"FLAT", _FLAT)
)
_MODEL: TypeAdapter[Model] = TypeAdapter(Model)


class RecordParser:
    """Parses records; caches models, and the trainings around them, by their text."""

    def __init__(self) -> None:
        self._models: dict[bytes, Model] = {}
        self._examples: dict[tuple[bytes, bytes], tuple[Record, TrainUnit]] = {}

    def parse(self, text: bytes) -> Record:
        """Parse and validate one record; the same as ``Record.model_validate_json``.

        Raises:
            ValidationError: it is not a record, or not that of the unit that its identity names.
        """
        parts = _TRAINING.fullmatch(text)
        if parts is None or not _is_hash_of_unit(parts):
            return Record.model_validate_json(text)
        around = parts["before"], parts["after"]
        example = self._examples.get(around)
        if example is None:
            record = Record.model_validate_json(text)
            if isinstance(record.unit, TrainUnit):
                self._examples[around] = record, record.unit
            return record
        try:
            return self._like(*example, parts)
        except (ValidationError, _NotCanonicalError):
            return Record.model_validate_json(text)

    def _like(self, example: Record, unit: TrainUnit, parts: re.Match[bytes]) -> Record:
        """The record of the same training as the example's, but of another model.

        The example's text around the model and the model's own are both canonical, so the unit's
        identity is the hash of the whole.
        """
        identity = parts["identity"].decode()
        return example.model_copy(
            update={
                "identity": identity,
                "unit": unit.with_model(self._model(parts["model"]), identity),
                "metrics": TrainMetrics.model_validate_json(parts["metrics"]),
                "cost": Cost.model_validate_json(parts["cost"]),
                "provenance": Provenance.model_validate_json(parts["provenance"]),
            }
        )

    def _model(self, text: bytes) -> Model:
        model = self._models.get(text)
        if model is None:
            model = _MODEL.validate_json(text)
            if canonical_json(model).encode() != text:
                raise _NotCanonicalError
            self._models[text] = model
        return model


def _is_hash_of_unit(parts: re.Match[bytes]) -> bool:
    unit = parts["before"] + parts["model"] + parts["after"]
    return hashlib.sha256(unit).hexdigest().encode() == parts["identity"]


class _NotCanonicalError(Exception):
    """A text that is valid but differs from its canonical JSON."""
