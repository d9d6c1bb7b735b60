"""From a scheme's name to its checked, stored form, without importing torch."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from imbnas.data.registry import SAMPLERS
from imbnas.errors import InputError, suggest
from imbnas.losses.registry import LOSSES
from imbnas.registry import Registry
from imbnas.schemes.parts import SchemeParts, read_parts
from imbnas.schemes.posthoc.registry import POSTHOC_STEPS
from imbnas.schemes.registry import SCHEMES
from imbnas.units.schemes import SchemeSpec
from imbnas.validation import describe_value, first_fault

_FIXED = {"name", "version", "part_versions"}


def resolve_scheme(name: str, overrides: Mapping[str, Any] | None = None) -> SchemeSpec:
    """Look a scheme up and check that its parts work together.

    Args:
        name: entry in ``SCHEMES``.
        overrides: fields of ``SchemeSpec`` to change. ``loss_options`` and ``posthoc_options``
            are mappings, merged into the scheme's own unless the loss or the step changes too;
            a switch given as an epoch replaces one given as a fraction, and the reverse.

    Raises:
        InputError: an unknown name, an unknown option, or parts that cannot work together.
    """
    held = SCHEMES.get(name)
    spec = held if isinstance(held, SchemeSpec) else held()
    fields = _override(name, dict(spec), overrides or {})
    fields |= {"name": name, "version": _version(SCHEMES, name)}
    try:
        resolved = SchemeSpec.model_validate(fields)
    except ValidationError as error:
        fault = first_fault(error)
        message = describe_value(SchemeSpec, fields, fault)
        raise InputError(f"scheme {name!r}: field {fault.place[0]!r}: {message}") from None
    typed = _typed_options(resolved, read_parts(resolved))
    return resolved.model_copy(update=typed | {"part_versions": _part_versions(resolved)})


def _override(name: str, fields: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    known = sorted(set(fields) - _FIXED)
    for key, value in overrides.items():
        if key not in known:
            raise InputError(f"scheme {name!r}: unknown field {key!r}{suggest(key, known)}")
        part = key.removesuffix("_options")
        if part != key:
            if not isinstance(value, Mapping):
                raise InputError(f"scheme {name!r}: {key} must be a table of options")
            fields[key] = ({} if part in overrides else dict(fields[key])) | dict(value)
        else:
            fields[key] = value
        # A switch is a fraction of the training or an epoch.
        other = key.removesuffix("_epoch") if key.endswith("_epoch") else f"{key}_epoch"
        if other in fields and other not in overrides:
            fields[other] = None
        if f"{key}_options" in fields and f"{key}_options" not in overrides:
            fields[f"{key}_options"] = {}
    for key in ("loss_options", "posthoc_options"):
        fields[key] = tuple(sorted(dict(fields[key]).items()))
    return fields


def _typed_options(spec: SchemeSpec, parts: SchemeParts) -> dict[str, Any]:
    """Options in the types of their models, so that 0 and 0.0 are one scheme."""
    return {
        f"{part}_options": tuple((key, getattr(getattr(parts, part), key)) for key, _ in options)
        for part, options in (("loss", spec.loss_options), ("posthoc", spec.posthoc_options))
    }


def _part_versions(spec: SchemeSpec) -> tuple[tuple[str, str], ...]:
    parts: list[tuple[str, Registry[Any], str | None]] = [
        ("loss", LOSSES, spec.loss),
        ("sampler", SAMPLERS, spec.sampler),
        ("posthoc", POSTHOC_STEPS, spec.posthoc),
    ]
    return tuple((part, _version(held, name)) for part, held, name in parts if name is not None)


def _version(registry: Registry[Any], name: str) -> str:
    source = registry.source_sha256(name)
    version = registry.entry(name).version
    return version if source is None else f"{version}+{source}"
