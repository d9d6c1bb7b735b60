"""Parses the records of a whole run, which share most of their text, in a fraction of the time.

Records of trainings differ in model, identity, metrics, cost and provenance; data, scheme and
recipe come in few versions. Text that was validated once is not validated again, and the parsed
objects are shared. Any text that is not written as the record of a training is parsed by
``read_sealed`` as a whole, which also raises every error.
"""

import hashlib
import re

from pydantic import TypeAdapter

from imbnas.units.frozen import FrozenModel, canonical_json
from imbnas.units.metrics import TrainMetrics
from imbnas.units.records import Cost, Provenance, Record, check_result
from imbnas.units.sealing import read_sealed
from imbnas.units.unit import Model, TrainUnit

_VALUE = r'(?:"[^"\\]*"|null|true|false|-?[0-9][0-9.eE+-]*|\[(?:[][0-9,.eE+-]|"[^"\\]*")*\])'


def _flat(kind: type[FrozenModel]) -> str:
    """Pattern of the canonical JSON of a model without nested objects.

    Every key comes once and in its order, so that none can stand twice.
    """
    members = (rf'(?:"{name}":{_VALUE}(?:,|(?=\}})))?' for name in sorted(kind.model_fields))
    return rf"\{{{''.join(members)}\}}"


_TRAINING = re.compile(
    (
        rf'(?P<start>\{{"cost":(?P<cost>{_flat(Cost)}),"identity":"(?P<identity>[0-9a-f]{{64}})",'
        rf'"metrics":(?P<metrics>{_flat(TrainMetrics)}),'
        rf'"provenance":(?P<provenance>{_flat(Provenance)}),"schema_version":1,)'
        r'(?:"sha256":"(?P<sha256>[0-9a-f]{64})",)?(?P<rest>"unit":'
        r'(?P<before>\{"data":\{[^{}]*\},"device_type":"[a-z]+","kind":"train","model":)'
        r"(?P<model>\{[^{}]*\})(?P<after>,.*\})\})"
    ).encode()
)
_MODEL: TypeAdapter[Model] = TypeAdapter(Model)


class RecordParser:
    """Parses records; caches models, and the trainings around them, by their text."""

    def __init__(self) -> None:
        self._models: dict[bytes, Model] = {}
        self._examples: dict[tuple[bytes, bytes], tuple[Record, TrainUnit]] = {}

    def parse(self, text: bytes) -> tuple[Record, bool]:
        """Parse and validate one record; the same as ``read_sealed``.

        Returns:
            The record, and whether it had a checksum.

        Raises:
            AlteredError: it is not as it was written.
            ValidationError: it is not a record, or not that of the unit that its identity names.
        """
        parts = _TRAINING.fullmatch(text)
        if parts is None or not _is_as_written(parts):
            return read_sealed(Record, text)
        around = parts["before"], parts["after"]
        example = self._examples.get(around)
        if example is None:
            record, checked = read_sealed(Record, text)
            if isinstance(record.unit, TrainUnit):
                self._examples[around] = record, record.unit
            return record, checked
        try:
            return self._like(*example, parts), parts["sha256"] is not None
        except (ValueError, _NotCanonicalError):
            return read_sealed(Record, text)

    def _like(self, example: Record, unit: TrainUnit, parts: re.Match[bytes]) -> Record:
        """The record of the same training as the example's, but of another model.

        The example's text around the model and the model's own are both canonical, so the unit's
        identity is the hash of the whole.
        """
        identity = parts["identity"].decode()
        unit = unit.with_model(self._model(parts["model"]), identity)
        metrics = TrainMetrics.model_validate_json(parts["metrics"])
        check_result(unit, metrics)
        return example.model_copy(
            update={
                "identity": identity,
                "unit": unit,
                "metrics": metrics,
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


def _is_as_written(parts: re.Match[bytes]) -> bool:
    """Whether identity and checksum are the hashes that they should be."""
    unit = parts["before"] + parts["model"] + parts["after"]
    if hashlib.sha256(unit).hexdigest().encode() != parts["identity"]:
        return False
    sealed = parts["sha256"]
    if sealed is None:
        return True
    return hashlib.sha256(parts["start"] + parts["rest"]).hexdigest().encode() == sealed


class _NotCanonicalError(Exception):
    """A text that is valid but differs from its canonical JSON."""
