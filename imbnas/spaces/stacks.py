"""Whether networks of a space can be trained side by side in one network."""

from imbnas.errors import InputError
from imbnas.spaces.space import Space


def check_stack(space: Space, stack: int) -> None:
    """Refuse stacks in a space that does not declare ``stackable``.

    Args:
        space: of the networks.
        stack: networks side by side; 1 is never refused.

    Raises:
        InputError: the space's networks cannot be stacked.
    """
    if stack > 1 and not getattr(space, "stackable", False):
        raise InputError(f"networks of space {space.name!r} cannot be stacked; leave it out")
