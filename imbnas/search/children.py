"""Children of architectures as they are scored."""

from collections.abc import Callable

from imbnas.spaces.space import Space, SpellingSpace
from imbnas.spaces.variation import MacBound


def respelling(space: Space, bound: MacBound | None) -> Callable[[str], str | None]:
    """Make the function that gives a child the spelling that is scored; ``None`` out of bounds.

    A supernet's training samples one spelling of a structure; others use weights that were never
    trained together.
    """
    # Asked once: the question takes longer than a mutation.
    spelling = space.spelling if isinstance(space, SpellingSpace) else str

    def respelled(child: str) -> str | None:
        scored = spelling(child)
        return scored if bound is None or bound.allows(space, scored) else None

    return respelled
