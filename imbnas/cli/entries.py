"""What is known of one entry of a registry: its options, and where it comes from."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from imbnas.registry import BUILT_IN, Entry
from imbnas.schemes.parts import read_parts
from imbnas.schemes.resolve import resolve_scheme
from imbnas.units.schemes import SchemeSpec
from imbnas.validation import allowed_values

_ARXIV = re.compile(r"arxiv[: ]\s*(\d{4}\.\d{4,5})", re.IGNORECASE)
_SECTION = re.compile(r"^(?:Attributes|Args):\n((?:(?:    .*)?\n)*)", re.MULTILINE)
_ITEM = re.compile(r"^    (\w[\w, ]*): +(.*\n(?:        .*\n)*)", re.MULTILINE)
_NOT_SET = {"name", "version", "part_versions", "loss_options", "posthoc_options"}
"""Fields of a scheme that are no options, and those that hold the options of its parts."""
_CATALOG = "imbnas/schemes/catalog.py"
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Option:
    """An option of an entry.

    Attributes:
        name: of the option.
        default: what holds where it is not given; of a scheme, what the scheme sets.
        required: whether it must be given.
        allowed: range or choices in words; empty where there are none.
        text: what it does.
    """

    name: str
    default: Any
    required: bool
    allowed: str
    text: str


def options_of(target: Any) -> list[Option]:
    """Options of a class or function that is registered, in the order of their declaration."""
    texts = documented(target)
    if inspect.isclass(target) and issubclass(target, BaseModel):
        return [*_fields(target, {}, texts)]
    parameters = inspect.signature(target).parameters.values()
    return [
        Option(
            each.name,
            None if each.default is each.empty else each.default,
            each.default is each.empty,
            "" if each.annotation is each.empty else inspect.formatannotation(each.annotation),
            texts.get(each.name, ""),
        )
        for each in parameters
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]


def settings_of_scheme(name: str) -> list[Option]:
    """Everything that a scheme sets, with the options of its loss and of its post-hoc step.

    Raises:
        InputError: no such scheme.
    """
    spec = resolve_scheme(name)
    found = [*_fields(SchemeSpec, dict(spec), documented(SchemeSpec), leaving_out=_NOT_SET)]
    own = {option.name for option in found}
    for part, config in read_parts(spec)._asdict().items():
        if config is not None:
            model = type(config)
            options = _fields(model, dict(config), documented(model), leaving_out=own)
            found += (replace(each, name=f"{part}_options.{each.name}") for each in options)
    return found


def documented(target: Any) -> dict[str, str]:
    """Option → what the docstring says of it; of a class also what those that it extends say."""
    found: dict[str, str] = {}
    for each in reversed(inspect.getmro(target)) if inspect.isclass(target) else (target,):
        section = _SECTION.search(inspect.cleandoc(each.__doc__ or "") + "\n")
        for names, text in _ITEM.findall(section[1]) if section else ():
            for name in names.split(", "):
                found[name] = " ".join(text.replace("``", "").split())
    return found


def source_of(entry: Entry, target: Any) -> str:
    """The file that an entry is written in, and what it is called there."""
    try:
        file = Path(inspect.getsourcefile(target) or entry.origin)
    except TypeError:  # data, as schemes are
        return _CATALOG if entry.origin == BUILT_IN else entry.origin
    called = getattr(target, "__qualname__", entry.name)
    if file.is_relative_to(_PACKAGE):
        return f"{file.relative_to(_PACKAGE.parent)}, {called}"
    return f"{file}, {called}" + ("" if entry.origin == file.name else f", of {entry.origin}")


def citations_of(summary: str) -> list[str]:
    """Addresses of the papers that a summary names."""
    return [f"https://arxiv.org/abs/{number}" for number in _ARXIV.findall(summary)]


def _fields(
    model: type[BaseModel],
    values: Mapping[str, Any],
    texts: Mapping[str, str],
    leaving_out: "set[str] | frozenset[str]" = frozenset(),
) -> Iterator[Option]:
    """The fields of a model; values that are given stand in the place of defaults."""
    for name, field in model.model_fields.items():
        if name not in leaving_out:
            default = field.get_default(call_default_factory=True, validated_data={})
            required = default is PydanticUndefined
            value = values.get(name, None if required else default)
            allowed = allowed_values(model, name) or ""
            yield Option(name, value, required and name not in values, allowed, texts.get(name, ""))
