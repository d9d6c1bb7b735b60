"""Everything asked of timm: which models it knows, how they fit by default, and building one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import timm
from timm.models import get_pretrained_cfg, is_model
from torch import nn

from imbnas.baselines.pretrained import Pretrained, load_pretrained
from imbnas.baselines.spec import BaselineSpec, SmallImageFitting
from imbnas.baselines.stride_removal import limit_reduction
from imbnas.errors import InputError, UnknownNameError

# Modules of timm whose models cut square patches of a size that their constructor takes.
_PATCH_TOKEN_MODULES = ("vision_transformer", "deit", "eva", "beit")
_AD_HOC_GRID = 8
# Large enough that every map of a five-stage network still has an even side.
_TRACE_RESOLUTION = 256


def timm_names() -> tuple[str, ...]:
    """Names of all models that timm builds, without tags of weights."""
    return tuple(timm.list_models())


def is_timm_model(name: str) -> bool:
    """Whether timm builds a model of this name; a tag of weights must be one it knows."""
    try:
        return bool(is_model(name)) and ("." not in name or get_pretrained_cfg(name) is not None)
    except RuntimeError:
        return False


def ad_hoc_fitting(name: str) -> SmallImageFitting:
    """Choose how a model without a TOML file is fitted.

    Patch-token models get smaller patches; models tied to one input size take only that size;
    all others lose strides.

    Args:
        name: a name that timm knows.
    """
    if any(
        timm.list_models(name.partition(".")[0], module=module) for module in _PATCH_TOKEN_MODULES
    ):
        published = re.search(r"patch(\d+)", name)
        return SmallImageFitting(
            patch_grid=_AD_HOC_GRID, largest_patch=int(published[1]) if published else 16
        )
    config = get_pretrained_cfg(name)
    if config is not None and config.fixed_input_size:
        size = config.input_size[-1]
        return SmallImageFitting(smallest_resolution=size, largest_resolution=size)
    return SmallImageFitting()


def create_body(
    spec: BaselineSpec, *, resolution: int, in_channels: int, pretrained: Pretrained = False
) -> nn.Module:
    """Build a timm model without classifier, fitted to images of a size.

    Args:
        spec: a baseline whose source is ``timm``.
        resolution: side in pixels of the images that reach the timm model.
        in_channels: channels of the images.
        pretrained: ``False`` for random weights of torch's global generator, ``True`` for timm's
            published ones, or a file that holds the published model's weights.

    Returns:
        A module that maps (B, in_channels, resolution, resolution) to (B, F).

    Raises:
        UnknownNameError: timm does not know the model.
        InputError: timm refuses the options or the weights cannot be loaded.
    """
    if not is_timm_model(spec.model):
        raise UnknownNameError(f"timm model (baseline {spec.name})", spec.model, timm_names())
    create = partial(timm.create_model, spec.model, in_chans=in_channels, num_classes=0)
    create = partial(create, **_options(spec, resolution))
    if pretrained is False:
        with _refused_in_one_line(spec):
            body: nn.Module = create()
    else:
        body = load_pretrained(create, spec, pretrained)
    if spec.fitting.patch_grid is None:
        with _refused_in_one_line(spec):
            limit_reduction(
                body,
                spec.fitting.target_reduction(resolution),
                in_channels=in_channels,
                resolution=trace_resolution(spec),
                keep_weights=pretrained is not False,
            )
    return body


@contextmanager
def _refused_in_one_line(spec: BaselineSpec) -> Iterator[None]:
    """Phrase what timm's code raises as one line."""
    try:
        yield
    except Exception as error:
        # Constructors check few options; lists of a wrong length fail anywhere, in the first
        # forward pass too, with any class of error.
        reason = (str(error).strip() or "no reason given").splitlines()[0]
        raise InputError(
            f"baseline {spec.name}: model_options or fitting: {spec.model} refuses them: "
            f"{type(error).__name__}: {reason}"
        ) from error


def _options(spec: BaselineSpec, resolution: int) -> dict[str, Any]:
    options: dict[str, Any] = dict(spec.model_options)
    if spec.fitting.pooling is not None:
        options["global_pool"] = spec.fitting.pooling
    if spec.fitting.patch_grid is not None:
        options["img_size"] = resolution
        options["patch_size"] = spec.fitting.patch_size(resolution)
    return options


def trace_resolution(spec: BaselineSpec) -> int:
    """Side in pixels of images on which all strides of the published model show."""
    config = get_pretrained_cfg(spec.model)
    if config is not None and config.fixed_input_size:
        return int(config.input_size[-1])
    return _TRACE_RESOLUTION
