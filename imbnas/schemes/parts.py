"""A scheme's loss and post-hoc step with checked options, and whether all parts go together."""

from typing import NamedTuple

from imbnas.data.registry import SAMPLERS
from imbnas.errors import InputError, suggest
from imbnas.losses.configs import LossConfig
from imbnas.losses.registry import LOSSES
from imbnas.registry import build_entry
from imbnas.schemes.posthoc.configs import PostHocConfig
from imbnas.schemes.posthoc.registry import POSTHOC_STEPS
from imbnas.units.schemes import SchemeSpec

_SCHEDULED_BY_SPEC = ("normalise", "deferred_from", "deferred_from_epoch")


class SchemeParts(NamedTuple):
    """The parts of a scheme that have options, as checked models.

    Attributes:
        loss: with the scheme's normaliser and schedule.
        posthoc: ``None`` for a scheme without post-hoc step.
    """

    loss: LossConfig
    posthoc: PostHocConfig | None


def read_parts(spec: SchemeSpec) -> SchemeParts:
    """Check a scheme's options and that its parts work together, without importing torch.

    Raises:
        InputError: names the scheme, the parts and the remedy.
    """
    try:
        parts = SchemeParts(_loss(spec), _posthoc(spec))
        _check(spec, parts)
    except InputError as error:
        raise InputError(f"scheme {spec.name!r}: {error}") from None
    return parts


def _loss(spec: SchemeSpec) -> LossConfig:
    options = dict(spec.loss_options)
    for key in _SCHEDULED_BY_SPEC:
        if key in options:
            raise InputError(f"{key} is a field of the scheme; take it out of loss_options")
        if getattr(spec, key) is not None:
            options[key] = getattr(spec, key)
    return build_entry(LOSSES, spec.loss, options)


def _posthoc(spec: SchemeSpec) -> PostHocConfig | None:
    if spec.posthoc is not None:
        return build_entry(POSTHOC_STEPS, spec.posthoc, dict(spec.posthoc_options))
    if spec.posthoc_options:
        raise InputError("posthoc_options without posthoc; name the post-hoc step")
    return None


def _check(spec: SchemeSpec, parts: SchemeParts) -> None:
    needs = parts.loss.needs
    wanted = "cosine" if needs.cosine_classifier else "linear"
    if spec.classifier != wanted:
        raise InputError(
            f"loss {spec.loss!r} needs a {wanted} classifier, not {spec.classifier!r}; "
            f"set classifier to {wanted!r}"
        )
    _check_sampler(spec)
    if spec.mixing != "none" and needs.hard_targets:
        raise InputError(
            f"loss {spec.loss!r} takes integer labels only, mixing {spec.mixing!r} makes soft "
            "ones; set mixing to 'none' or choose another loss"
        )
    step = parts.posthoc
    if step is not None and step.needs_linear_classifier and spec.classifier != "linear":
        raise InputError(
            f"post-hoc step {spec.posthoc!r} reads weight norms, which a {spec.classifier} "
            "classifier does not have; choose a loss with a linear classifier"
        )


def _check_sampler(spec: SchemeSpec) -> None:
    if spec.sampler not in SAMPLERS:
        known = SAMPLERS.names()
        raise InputError(f"unknown sampler {spec.sampler!r}{suggest(spec.sampler, known)}")
    switches = (spec.sampler_deferred_from, spec.sampler_deferred_from_epoch)
    if None not in switches:
        raise InputError(
            "give either sampler_deferred_from or sampler_deferred_from_epoch, not both"
        )
    if spec.sampler == "instance" and switches != (None, None):
        raise InputError(
            "sampler_deferred_from has nothing to defer with sampler 'instance'; "
            "choose another sampler"
        )
