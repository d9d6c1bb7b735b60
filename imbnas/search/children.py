"""Children of architectures as they are scored."""

from imbnas.spaces.space import Space, SpellingSpace
from imbnas.spaces.variation import MacBound


def respelled(space: Space, child: str, bound: MacBound | None) -> str | None:
    """A child in the spelling that is scored; ``None`` where that is out of bounds.

    A supernet's training samples one spelling of a structure; others use weights that were never
    trained together.
    """
    if isinstance(space, SpellingSpace):
        child = space.spelling(child)
    return child if bound is None or bound.allows(space, child) else None
