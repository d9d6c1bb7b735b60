"""From a scheme's name to its checked, stored form, without importing torch."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from imbnas.data.registry import SAMPLERS
from imbnas.errors import InputError, suggest
from imbnas.losses.build import read_loss
from imbnas.losses.configs import LossConfig
from imbnas.losses.options import allowed_values, read_options
from imbnas.losses.registry import LOSSES
from imbnas.registry import Registry
from imbnas.schemes.posthoc.configs import PostHocConfig
from imbnas.schemes.posthoc.registry import POSTHOC_STEPS
from imbnas.schemes.registry import SCHEMES
from imbnas.units.schemes import SchemeSpec

_FIXED = {"name", "version", "part_versions"}
_ALTERNATIVES = {
    "deferred_from": "deferred_from_epoch",
    "deferred_from_epoch": "deferred_from",
    "sampler_deferred_from": "sampler_deferred_from_epoch",
    "sampler_deferred_from_epoch": "sampler_deferred_from",
}
_SCHEDULED_BY_SPEC = ("normalise", "deferred_from", "deferred_from_epoch")


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
        key = str(error.errors()[0]["loc"][0])
        allowed = allowed_values(SchemeSpec.model_fields[key])
        raise InputError(f"scheme {name!r}: {key}={fields[key]!r} must be {allowed}") from None
    check_scheme(resolved)
    return resolved.model_copy(update=_settled(resolved))


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


def _settled(spec: SchemeSpec) -> dict[str, Any]:
    """Options in the types of their models, so that 0 and 0.0 are one scheme; part versions."""
    loss, step = loss_config(spec), posthoc_config(spec)
    settled: dict[str, Any] = {
        "loss_options": tuple((key, getattr(loss, key)) for key, _ in spec.loss_options),
        "part_versions": (
            ("loss", _version(LOSSES, spec.loss)),
            ("sampler", _version(SAMPLERS, spec.sampler)),
        ),
    }
    if spec.posthoc is not None:
        settled["posthoc_options"] = tuple(
            (key, getattr(step, key)) for key, _ in spec.posthoc_options
        )
        settled["part_versions"] += (("posthoc", _version(POSTHOC_STEPS, spec.posthoc)),)
    return settled


def _version(registry: Registry[Any], name: str) -> str:
    source = registry.source_sha256(name)
    version = registry.entry(name).version
    return version if source is None else f"{version}+{source}"


def check_scheme(spec: SchemeSpec) -> None:
    """Refuse a scheme whose parts cannot work together.

    Raises:
        InputError: names the scheme, the parts and the remedy.
    """
    loss = loss_config(spec)
    _check_classifier(spec, loss)
    _check_sampler(spec)
    if spec.mixing != "none" and loss.needs.hard_targets:
        raise InputError(
            f"scheme {spec.name!r}: loss {spec.loss!r} takes integer labels only, mixing "
            f"{spec.mixing!r} makes soft ones; set mixing to 'none' or choose another loss"
        )
    step = posthoc_config(spec)
    if step is not None and step.needs_linear_classifier and spec.classifier != "linear":
        raise InputError(
            f"scheme {spec.name!r}: post-hoc step {spec.posthoc!r} reads weight norms, which a "
            f"{spec.classifier} classifier does not have; choose a loss with a linear classifier"
        )


def loss_config(spec: SchemeSpec) -> LossConfig:
    """Checked options of a scheme's loss, its schedule and normaliser included."""
    options = dict(spec.loss_options)
    for key in _SCHEDULED_BY_SPEC:
        if key in options:
            raise InputError(
                f"scheme {spec.name!r}: {key} is a field of the scheme; take it out of loss_options"
            )
    options["normalise"] = spec.normalise
    if spec.deferred_from is not None:
        options["deferred_from"] = spec.deferred_from
    if spec.deferred_from_epoch is not None:
        options["deferred_from_epoch"] = spec.deferred_from_epoch
    try:
        return read_loss(spec.loss, options)
    except InputError as error:
        raise InputError(f"scheme {spec.name!r}: {error}") from None


def posthoc_config(spec: SchemeSpec) -> PostHocConfig | None:
    """Checked options of a scheme's post-hoc step."""
    if spec.posthoc is None:
        if spec.posthoc_options:
            raise InputError(
                f"scheme {spec.name!r}: posthoc_options without posthoc; name the post-hoc step"
            )
        return None
    try:
        model = POSTHOC_STEPS.get(spec.posthoc)
        return read_options(model, dict(spec.posthoc_options), f"post-hoc step {spec.posthoc!r}")
    except InputError as error:
        raise InputError(f"scheme {spec.name!r}: {error}") from None


def _check_classifier(spec: SchemeSpec, loss: LossConfig) -> None:
    wanted = "cosine" if loss.needs.cosine_classifier else "linear"
    if spec.classifier != wanted:
        raise InputError(
            f"scheme {spec.name!r}: loss {spec.loss!r} needs a {wanted} classifier, not "
            f"{spec.classifier!r}; set classifier to {wanted!r}"
        )


def _check_sampler(spec: SchemeSpec) -> None:
    if spec.sampler not in SAMPLERS.names():
        raise InputError(
            f"scheme {spec.name!r}: unknown sampler {spec.sampler!r}"
            f"{suggest(spec.sampler, SAMPLERS.names())}"
        )
    both = (spec.sampler_deferred_from, spec.sampler_deferred_from_epoch)
    if None not in both:
        raise InputError(
            f"scheme {spec.name!r}: give either sampler_deferred_from or "
            "sampler_deferred_from_epoch, not both"
        )
    if spec.sampler == "instance" and both != (None, None):
        raise InputError(
            f"scheme {spec.name!r}: sampler_deferred_from has nothing to defer with sampler "
            "'instance'; choose another sampler"
        )
