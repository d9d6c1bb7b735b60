"""Fields of the models that files are read into: what they mean, what they may be."""

import inspect
import re
from importlib import import_module
from typing import Any

from pydantic import BaseModel, TypeAdapter

from generators.markdown import code, docstring_text, table

Schema = dict[str, Any]
_KINDS = {
    "integer": "whole number", "number": "number", "string": "text", "boolean": "true or false",
    "object": "table", "array": "list",
}  # fmt: skip
_LIMITS = {
    "minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below",
    "minItems": "at least", "maxItems": "at most", "minLength": "at least", "maxLength": "at most",
}  # fmt: skip


def text(place: str) -> str:
    """What a model is, and a table of its fields.

    Args:
        place: ``module:Class``.
    """
    module, name = place.split(":")
    model = getattr(import_module(module), name)
    said, schema = _attributes(model), _schema(model)
    rows = []
    for field, content in schema["properties"].items():
        default = "" if field in schema.get("required", ()) else _default(content)
        meaning = docstring_text(said.get(field, ""), cell=True)
        rows.append((code(field), _kind(content), default, meaning))
    first = docstring_text((inspect.getdoc(model) or "").split("\n\n")[0])
    return f"{first}\n\n" + table(("field", "value", "default", "meaning"), rows)


def _schema(model: Any) -> Schema:
    if issubclass(model, BaseModel):
        return model.model_json_schema()
    # A named tuple: its fields in their order.
    items = TypeAdapter(model).json_schema()["prefixItems"]
    return {"properties": dict(zip(model._fields, items, strict=True)), "required": model._fields}


def _attributes(model: type) -> dict[str, str]:
    """Field → what the docstrings of a model and its bases say of it."""
    said: dict[str, str] = {}
    for each in reversed(model.__mro__):
        _, _, listed = inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")
        for match in re.finditer(r"^    (\w+): (.+(?:\n        .+)*)", listed, re.MULTILINE):
            said[match[1]] = " ".join(match[2].split())
    return said


def _kind(schema: Schema) -> str:
    """What a value may be, in words."""
    for several in ("anyOf", "oneOf"):
        if several in schema:
            kinds = [_kind(each) for each in schema[several] if each != {"type": "null"}]
            return " or ".join(dict.fromkeys(kinds))
    if "$ref" in schema:
        return code(schema["$ref"].rpartition("/")[2])
    if "const" in schema or "enum" in schema:
        return ", ".join(map(_value, schema.get("enum") or [schema["const"]]))
    kind = _KINDS.get(schema.get("type", ""), "any value")
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        kind = f"list of {_kind(schema['items'])}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        kind = f"table of {_kind(schema['additionalProperties'])} by name"
    limits = [f"{word}\u00a0{schema[key]:,}" for key, word in _LIMITS.items() if key in schema]
    unit = " characters" if "maxLength" in schema or "minLength" in schema else ""
    return f"{kind} {' '.join(limits)}{unit}".strip()


def _default(schema: Schema) -> str:
    value = schema.get("default")
    if isinstance(value, dict):
        return "its own"
    return "none" if value in (None, [], {}) else _value(value)


def _value(value: Any) -> str:
    return code(str(value).lower() if isinstance(value, bool) else str(value))
