"""Every whole number that users and files give has a largest value, and so have lists of them."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from imbnas.baselines.spec import BaselineSpec
from imbnas.data import Manifest
from imbnas.losses import LOSSES
from imbnas.rankers import RANKERS
from imbnas.schemes import POSTHOC_STEPS
from imbnas.search import SEARCHERS
from imbnas.strategies import STRATEGIES
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import SuiteFile
from imbnas.units import bounds
from imbnas.units.frozen import FrozenModel
from imbnas.units.unit import UNIT_ADAPTER

REGISTRIES = (LOSSES, RANKERS, POSTHOC_STEPS, SEARCHERS, STRATEGIES)


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for model in (SuiteFile, ResolvedSuite, BaselineSpec, Manifest):
        yield model.__name__, model.model_json_schema()
    yield "units", UNIT_ADAPTER.json_schema()
    for registry in REGISTRIES:
        for name in registry.names():
            entry = registry.get(name)
            if isinstance(entry, type) and issubclass(entry, BaseModel):
                yield f"{registry.kind} {name}", entry.model_json_schema()


def unbounded(place: str, schema: Any) -> Iterator[str]:
    """Places of whole numbers without a largest value."""
    if isinstance(schema, list):
        for position, each in enumerate(schema):
            yield from unbounded(f"{place}[{position}]", each)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "integer" and not {"maximum", "const", "enum"} & schema.keys():
        yield place
    for key, each in schema.items():
        yield from unbounded(f"{place}.{key}", each)


@pytest.mark.parametrize(("name", "schema"), list(schemas()), ids=lambda value: str(value)[:30])
def test_every_whole_number_has_a_largest_value(name: str, schema: dict[str, Any]) -> None:
    assert list(unbounded(name, schema)) == []


def test_the_walk_finds_numbers_without_one() -> None:
    class Inner(FrozenModel):
        many: tuple[int, ...] | None = None

    class Outer(FrozenModel):
        inner: dict[str, Inner]
        bounded: bounds.Epochs

    assert len(list(unbounded("Outer", Outer.model_json_schema()))) == 1


def types() -> Iterator[tuple[str, Any]]:
    for name, value in vars(bounds).items():
        if get_origin(value) is Annotated and name[0].isupper():
            yield name, value


@pytest.mark.parametrize(("name", "kind"), list(types()), ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("value", [10**19, 10**30, 10**4000, -1, float(10**19), "9" * 5000])
def test_what_is_out_of_range_is_refused_and_the_bound_named(name: str, kind: Any, value: Any):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    (fault,) = caught.value.errors()
    expected = r"greater than or equal to \d|less than or equal to \d|exceeded maximum size"
    assert re.search(f"{expected}|valid integer", fault["msg"])


def test_there_are_types() -> None:
    assert len(list(types())) > 10
    assert get_args(bounds.Epochs)[0] is int
