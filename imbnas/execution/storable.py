"""Whether what a strategy returns can be searched."""

from collections.abc import Callable

import torch

from imbnas.errors import ImbnasError
from imbnas.execution.weights import load_into, to_bytes
from imbnas.supernet.supernet import Supernet


class StrategyError(ImbnasError):
    """A strategy returned what cannot be searched."""


def storable(strategy: str, adapted: object, fresh: Callable[[], Supernet]) -> bytes:
    """Serialise what a strategy returned, certain that a search can rebuild it.

    Args:
        strategy: its label.
        adapted: what it returned.
        fresh: builds a supernet as the search will.

    Raises:
        TypeError: it is no supernet.
        StrategyError: it has other tensors than a supernet of the space, or some that are not
            finite.
    """
    if not isinstance(adapted, Supernet):
        raise TypeError(f"strategy {strategy!r} returned {type(adapted).__name__}, not a supernet")
    content = to_bytes(adapted)
    rebuilt = fresh()
    try:
        load_into(rebuilt, content)
    except (RuntimeError, KeyError, ValueError) as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise StrategyError(
            f"strategy {strategy!r} returned a supernet that cannot be rebuilt from its weights, "
            f"with a linear or cosine classifier: {first}"
        ) from error
    for name, tensor in rebuilt.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise StrategyError(
                f"strategy {strategy!r} returned weights that are not finite: {name}"
            )
    return content
