"""From a scheme's name to its checked, stored form, without importing torch."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from imbnas.errors import InputError, suggest
from imbnas.losses.build import read_loss
from imbnas.losses.configs import LossConfig
from imbnas.losses.options import allowed_values, read_options
from imbnas.schemes.posthoc.configs import PostHocConfig
from imbnas.schemes.posthoc.registry import POSTHOC_STEPS
from imbnas.schemes.registry import SCHEMES
from imbnas.units.schemes import SchemeSpec

SAMPLERS = ("instance", "balanced", "sqrt", "progressive", "effective-number")
_SCHEDULED_BY_SPEC = ("normalise", "deferred_from", "deferred_from_epoch")


def resolve_scheme(name: str, overrides: Mapping[str, Any] | None = None) -> SchemeSpec:
    """Look a scheme up and check that its parts work together.

    Args:
        name: entry in ``SCHEMES``.
        overrides: fields of ``SchemeSpec`` to change; ``loss_options`` and ``posthoc_options``
            may be mappings.

    Raises:
        InputError: an unknown name, an unknown option, or parts that cannot work together.
    """
    entry = SCHEMES.entry(name)
    held = SCHEMES.get(name)
    spec = held if isinstance(held, SchemeSpec) else held()
    fields = dict(spec) | {"name": name, "version": entry.version}
    for key, value in (overrides or {}).items():
        if key not in SchemeSpec.model_fields or key in ("name", "version"):
            known = sorted(set(SchemeSpec.model_fields) - {"name", "version"})
            raise InputError(f"scheme {name!r}: unknown field {key!r}{suggest(key, known)}")
        fields[key] = tuple(value.items()) if isinstance(value, Mapping) else value
    for key in ("loss_options", "posthoc_options"):
        fields[key] = tuple(sorted((str(k), v) for k, v in fields[key]))
    try:
        resolved = SchemeSpec.model_validate(fields)
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        allowed = allowed_values(SchemeSpec.model_fields[key])
        raise InputError(f"scheme {name!r}: {key}={fields[key]!r} must be {allowed}") from None
    check_scheme(resolved)
    return resolved


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
    owner = f"scheme {spec.name!r}: post-hoc step {spec.posthoc!r}"
    return read_options(POSTHOC_STEPS.get(spec.posthoc), dict(spec.posthoc_options), owner)


def _check_classifier(spec: SchemeSpec, loss: LossConfig) -> None:
    wanted = "cosine" if loss.needs.cosine_classifier else "linear"
    if spec.classifier != wanted:
        raise InputError(
            f"scheme {spec.name!r}: loss {spec.loss!r} needs a {wanted} classifier, not "
            f"{spec.classifier!r}; set classifier to {wanted!r}"
        )


def _check_sampler(spec: SchemeSpec) -> None:
    if spec.sampler not in SAMPLERS:
        raise InputError(
            f"scheme {spec.name!r}: unknown sampler {spec.sampler!r}"
            f"{suggest(spec.sampler, SAMPLERS)}"
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
