"""Parses the records of a whole run, which share most of their text, at a fraction of the time.

A training's record differs from the next one's in its model, identity, metrics, cost and
provenance; data, scheme and recipe come in few versions. Text that was validated once is not
validated again, and what it gave is shared. Whatever is not laid out as ``canonical_json`` lays
out the record of a training takes the ordinary way, which also words every refusal.
"""

import hashlib
import re

from pydantic import TypeAdapter, ValidationError

from imbnas.units.frozen import canonical_json
from imbnas.units.records import Cost, Provenance, Record, TrainMetrics
from imbnas.units.work import Model, TrainUnit

_FLAT = rb"(\{[^{}]*\})"
_TRAINING = re.compile(
    rb'\{"cost":' + _FLAT + rb',"identity":"([0-9a-f]{64})","metrics":' + _FLAT
    + rb',"provenance":' + _FLAT + rb',"schema_version":1,"unit":'
    + rb'(\{"data":\{[^{}]*\},"device_type":"[a-z]+","kind":"train","model":)' + _FLAT
    + rb"(,.*\})\}"
)  # fmt: skip
_MODEL: TypeAdapter[Model] = TypeAdapter(Model)


class RecordParser:
    """Parses records; remembers models, and the units around them, by their text."""

    def __init__(self) -> None:
        self._models: dict[bytes, Model] = {}
        self._units: dict[tuple[bytes, bytes], TrainUnit] = {}

    def parse(self, text: bytes) -> Record:
        """Parse and validate one record; the same as ``Record.model_validate_json``.

        Raises:
            ValidationError: it is no record, or not that of the unit which its identity names.
        """
        parts = _TRAINING.fullmatch(text)
        if parts is not None:
            try:
                return self._training(parts)
            except (ValidationError, _UnlikeCanonicalError):
                pass
        return Record.model_validate_json(text)

    def _training(self, parts: re.Match[bytes]) -> Record:
        cost, identity, metrics, provenance, before, model, after = parts.groups()
        return Record.model_validate(
            {
                "schema_version": 1,
                "identity": identity.decode(),
                "unit": self._unit(identity.decode(), before, model, after),
                "metrics": TrainMetrics.model_validate_json(metrics),
                "cost": Cost.model_validate_json(cost),
                "provenance": Provenance.model_validate_json(provenance),
            }
        )

    def _unit(self, identity: str, before: bytes, model: bytes, after: bytes) -> TrainUnit:
        """The unit of that text, whose hash is its identity because the text is canonical."""
        if hashlib.sha256(before + model + after).hexdigest() != identity:
            raise _UnlikeCanonicalError
        template = self._units.get((before, after))
        if template is None:
            template = TrainUnit.model_validate_json(before + model + after)
            if template.identity != identity:
                raise _UnlikeCanonicalError
            self._units[before, after] = template
        return template.with_model(self._model(model), identity)

    def _model(self, text: bytes) -> Model:
        model = self._models.get(text)
        if model is None:
            model = _MODEL.validate_json(text)
            if canonical_json(model).encode() != text:
                raise _UnlikeCanonicalError
            self._models[text] = model
        return model


class _UnlikeCanonicalError(Exception):
    """A text says what it says in other words than ``canonical_json`` does."""
