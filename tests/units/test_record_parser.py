"""A parser that remembers gives and refuses the same as validating each record by itself."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from imbnas.units.frozen import canonical_json
from imbnas.units.record_parser import RecordParser
from imbnas.units.records import Record
from imbnas.units.sealing import AlteredError, read_sealed, seal
from imbnas.units.unit import SpaceModel, TrainUnit

from ..factories import varied

STORED = sorted((Path(__file__).resolve().parents[1] / "data_of_records").glob("*/*.json"))
RECORDS = [path for path in STORED if path.stem not in ("suite", "failure")]
FIRST = Record.model_validate_json(
    next(path for path in RECORDS if path.stem == "train-space").read_bytes()
)


def retold(architecture: str) -> Record:
    """The first record as that of another architecture."""
    assert isinstance(FIRST.unit, TrainUnit)
    model = SpaceModel(space="nats-tss", version="1", architecture=architecture)
    unit = varied(FIRST.unit, model=model)
    return varied(FIRST, unit=unit, identity=unit.identity)


def alone(text: bytes) -> tuple[Record, bool]:
    return read_sealed(Record, text)


def outcome(parse, text: bytes) -> object:
    try:
        return parse(text)
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False)
    except AlteredError as error:
        return str(error)


def sealed(text: str) -> bytes:
    """A text with its checksum at the place where it is written, whatever else it is."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return text.replace(',"unit":', f',"sha256":"{sha256}","unit":', 1).encode()


def warm_parser() -> RecordParser:
    parser = RecordParser()
    for architecture in ("|none~0|", "|skip_connect~0|"):
        parser.parse(seal(retold(architecture)))
    return parser


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_kind_of_record_is_parsed(path: Path) -> None:
    plain = Record.model_validate_json(path.read_bytes())
    text = canonical_json(plain).encode()
    parser = RecordParser()
    for _ in range(2):
        for written in (text, path.read_bytes(), seal(plain)):
            record, checked = parser.parse(written)
            assert record == plain
            assert checked == (written == seal(plain))
            assert record.unit.identity == plain.identity
            assert record.unit.model_fields_set == plain.unit.model_fields_set
            assert canonical_json(record).encode() == text


def test_what_trainings_have_in_common_is_held_once() -> None:
    parser = RecordParser()
    texts = [seal(retold(name)) for name in ("|none~0|", "|skip_connect~0|")]
    first, second, again = (parser.parse(text)[0].unit for text in (*texts, texts[1]))
    assert isinstance(first, TrainUnit)
    assert isinstance(second, TrainUnit)
    assert isinstance(again, TrainUnit)
    assert first.recipe is second.recipe
    assert second.model is again.model
    assert second.model != first.model


@given(data=st.data())
def test_a_changed_text_has_the_outcome_that_it_has_alone(data: st.DataObject) -> None:
    text = canonical_json(retold("|skip_connect~0|"))
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(start + 3, len(text))))
    put = data.draw(st.text('{}[]",:0129-.eantu\\ é', max_size=3))
    changed = text[:start] + put + text[stop:]
    # With a checksum that fits what was changed, and without one.
    for written in (changed.encode(), sealed(changed)):
        assert outcome(warm_parser().parse, written) == outcome(alone, written)


@pytest.mark.parametrize("part", ["cost", "metrics", "provenance", "unit"])
def test_a_key_that_stands_twice_is_refused_in_every_part(part: str) -> None:
    text = canonical_json(retold("|skip_connect~0|"))
    for key, value in json.loads(text)[part].items():
        member = f'"{key}":{canonical_json(value)}'
        assert member in text
        escaped = f'"\\u00{ord(key[0]):02x}{key[1:]}":0'
        for twice in (f"{member},{member}", f'"{key}" :0,{member}', f"{escaped},{member}"):
            changed = text.replace(member, twice)
            for written in (changed.encode(), sealed(changed)):
                for parse in (warm_parser().parse, alone):
                    assert "twice" in str(outcome(parse, written)), written


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        ('"space":"nats-tss"', '"space":"nats\\u002dtss"'),
        ('"source":"space",', '"source": "space",'),
        ('"momentum":0.9', '"momentum":0.90'),
        ('"momentum":0.9', '"momentum":0.9,"path_sampling":"uniform"'),
        ('"replicate":0', '"replicate":00'),
    ],
)
def test_a_hash_of_a_text_that_is_not_canonical_is_no_identity(
    written: str, otherwise: str
) -> None:
    text = canonical_json(retold("|skip_connect~0|"))
    unit = text[text.index('"unit":') + len('"unit":') : -1]
    assert written in unit
    other = unit.replace(written, otherwise)
    sha256 = hashlib.sha256(other.encode()).hexdigest()
    forged = text.replace(unit, other).replace(json.loads(text)["identity"], sha256).encode()
    for parser in (RecordParser(), warm_parser()):
        told = outcome(parser.parse, forged)
        assert isinstance(told, list | str)
        assert told == outcome(alone, forged)
