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
_ALTERNATIVES = {
    "deferred_from": "deferred_from_epoch",
    "deferred_from_epoch": "deferred_from",
    "sampler_deferred_from": "sampler_deferred_from_epoch",
    "sampler_deferred_from_epoch": "sampler_deferred_from",
}


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
        if key in _ALTERNATIVES and _ALTERNATIVES[key] not in overrides:
            fields[_ALTERNATIVES[key]] = None
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
    versions = (
        ("loss", _version(LOSSES, spec.loss)),
        ("sampler", _version(SAMPLERS, spec.sampler)),
    )
    if spec.posthoc is None:
        return versions
    return (*versions, ("posthoc", _version(POSTHOC_STEPS, spec.posthoc)))


def _version(registry: Registry[Any], name: str) -> str:
    source = registry.source_sha256(name)
    version = registry.entry(name).version
    return version if source is None else f"{version}+{source}"
