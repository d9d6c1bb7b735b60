"""Whether a space's networks can have another stem than the published one."""

from imbnas.errors import InputError
from imbnas.spaces.space import Space
from imbnas.units.stem import Stem, is_default_stem


def check_stem(space: Space, stem: Stem, resolution: int | None = None) -> None:
    """Refuse a stem that a space does not build, or that leaves too little to its stages.

    A space that builds every stem of a ``NetworkShape`` declares ``stage_reduction``: by how much
    its stages reduce the side that the stem leaves, 4 for two halvings.

    Args:
        space: of the networks.
        stem: the default one is never refused.
        resolution: side of the images in pixels; ``None`` where it is not known yet.

    Raises:
        InputError: names the field to change.
    """
    if is_default_stem(stem):
        return
    reduction = getattr(space, "stage_reduction", None)
    if reduction is None:
        raise InputError(f"networks of space {space.name!r} have a stem of their own; leave it out")
    if resolution is None:
        return
    if stem.kernel > resolution:
        raise InputError(
            f"stem kernel {stem.kernel} is larger than a resolution of {resolution} pixels; "
            "change stem.kernel or resolution"
        )
    side = stem.side(resolution)
    if stem.stride > 1 and side % reduction:
        raise InputError(
            f"stem stride {stem.stride} leaves {side} of {resolution} pixels, which the stages of "
            f"{space.name} must be able to reduce by {reduction}; change stem.stride, or "
            f"resolution to a multiple of {stem.stride * reduction}"
        )
