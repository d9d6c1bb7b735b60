"""Options checked against a frozen model, with messages that name the option and its range."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

import annotated_types
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from imbnas.errors import InputError, suggest
from imbnas.units.frozen import FrozenModel

M = TypeVar("M", bound=FrozenModel)


def read_options(model: type[M], options: Mapping[str, Any], owner: str) -> M:
    """Check options and return them as an instance of their model.

    Args:
        model: its fields are the options, with defaults.
        options: option name → value.
        owner: what the options belong to, for messages, such as ``"loss 'ldam'"``.

    Raises:
        InputError: an unknown option, or a value outside the allowed range.
    """
    for name in options:
        if name not in model.model_fields:
            raise InputError(
                f"{owner}: unknown option {name!r}{suggest(name, sorted(model.model_fields))}"
            )
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:
            reason = str(first["msg"]).removeprefix("Value error, ")
            raise InputError(f"{owner}: {reason}") from None
        name = str(first["loc"][0])
        allowed = allowed_values(model.model_fields[name])
        raise InputError(f"{owner}: {name}={options.get(name)!r} must be {allowed}") from None


def allowed_values(field: FieldInfo) -> str:
    """Say what a field accepts, such as ``"a number in [0, 1)"`` or ``"one of 'a', 'b'"``."""
    choices = _choices(field.annotation)
    if choices:
        return "one of " + ", ".join(repr(choice) for choice in choices)
    noun = "a whole number" if int in _kinds(field.annotation) else "a number"
    low, high = "(-inf", "inf)"
    for limit in _limits(field):
        if isinstance(limit, annotated_types.Ge):
            low = f"[{limit.ge}"
        elif isinstance(limit, annotated_types.Gt):
            low = f"({limit.gt}"
        elif isinstance(limit, annotated_types.Le):
            high = f"{limit.le}]"
        elif isinstance(limit, annotated_types.Lt):
            high = f"{limit.lt})"
    return f"{noun} in {low}, {high}"


def _kinds(annotation: Any) -> set[Any]:
    """The plain types in an annotation such as ``Annotated[int, …] | None``."""
    parts = get_args(annotation)
    return {annotation}.union(*(_kinds(part) for part in parts))


def _limits(field: FieldInfo) -> list[Any]:
    found = list(field.metadata)
    for part in get_args(field.annotation):
        for item in getattr(part, "__metadata__", ()):
            found.extend(getattr(item, "metadata", None) or [item])
    return found


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    for part in get_args(annotation):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()
