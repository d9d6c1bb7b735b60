"""Options and stored models checked by pydantic, with every fault phrased as one line."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from imbnas.error_texts import shortened
from imbnas.errors import InputError, suggest

T = TypeVar("T")

_LONGEST_SHOWN = 80
_OWN_WORDS = ("value_error", "assertion_error", "missing", "extra_forbidden")


class Fault(NamedTuple):
    """One thing that is wrong with a model's input.

    Attributes:
        place: keys and positions that lead to it; empty where it is the whole.
        kind: pydantic's name for the type of the error.
        message: what is wrong, without the place.
    """

    place: tuple[int | str, ...]
    kind: str
    message: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (".".join(map(str, self.place)), self.message)))


def first_fault(error: ValidationError) -> Fault:
    """The fault to report of all that pydantic found.

    A misspelt key is also a missing one; naming the misspelling helps more.
    """
    fault = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    return Fault(fault["loc"], fault["type"], fault["msg"].removeprefix("Value error, "))


def fault_of(error: ValueError) -> str:
    """The fault that a model or a checksum was refused for, as one line of bounded length."""
    told = str(first_fault(error)) if isinstance(error, ValidationError) else str(error)
    # Keys and values of a damaged file may hold anything.
    return shortened(told.replace("\n", "\\n"))


def make_with_options(factory: Callable[..., T], options: Mapping[str, Any], owner: str) -> T:
    """Call a class or function with options as its keyword arguments.

    Args:
        factory: often a frozen model, whose fields are the options.
        options: option name → value.
        owner: what the options belong to, for messages, such as ``"loss 'ldam'"``.

    Raises:
        InputError: an option is unknown or out of range; names the owner, the option and what
            it allows.
    """
    parameters = inspect.signature(factory).parameters
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    for name in () if takes_any else options:
        if name not in parameters:
            why = f"unknown option{suggest(name, parameters)}" if parameters else "it takes none"
            raise InputError(f"{owner}: option {name!r}: {why}")
    try:
        return factory(**options)
    except ValidationError as error:
        fault = first_fault(error)
        if not fault.place:
            raise InputError(f"{owner}: {fault.message}") from None
        message = describe_value(factory, options, fault)
        raise InputError(f"{owner}: option {fault.place[0]!r}: {message}") from None
    except (TypeError, ValueError) as error:
        raise InputError(f"{owner}: cannot be made with its options: {error}") from error


def describe_value(model: object, values: Mapping[str, Any], fault: Fault) -> str:
    """Say which value is wrong and what is allowed, such as ``"2 must be a number in [0, 1)"``.

    Args:
        model: what refused the values.
        values: field name → value.
        fault: of one field; its own message is kept where the field's type has neither a range
            nor choices, and where a validator of the model's own spoke.
    """
    name = str(fault.place[0])
    if fault.kind in _OWN_WORDS:
        return fault.message
    allowed = allowed_values(model, name)
    return f"{_shown(values.get(name))} must be {allowed}" if allowed else fault.message


def allowed_values(model: object, name: str) -> str | None:
    """Say what a field takes, such as ``"a number in [0, 1)"``.

    Returns:
        ``None`` for no field, and for one whose type has neither a range nor choices.
    """
    fields = getattr(model, "model_fields", {})
    if name not in fields:
        return None
    try:
        return _allowed(TypeAdapter(fields[name].rebuild_annotation()).json_schema())
    except PydanticUserError:  # a type that JSON does not know
        return None


def _shown(value: Any) -> str:
    # An integer of very many digits has no text at all.
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _allowed(schema: Mapping[str, Any]) -> str | None:
    """Phrase the choices or the range of a JSON schema; ``None`` where it has neither."""
    options = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    option = options[0] if len(options) == 1 else {}
    if "enum" in option:
        return "one of " + ", ".join(map(repr, option["enum"]))
    noun = {"integer": "a whole number", "number": "a number"}.get(option.get("type", ""))
    if noun is None:
        return None
    low, high = option.get("exclusiveMinimum", "-inf"), option.get("exclusiveMaximum", "inf")
    left = f"[{option['minimum']}" if "minimum" in option else f"({low}"
    right = f"{option['maximum']}]" if "maximum" in option else f"{high})"
    return f"{noun} in {left}, {right}"
