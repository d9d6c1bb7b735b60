"""Keeps a strategy, built-in or plug-in, from harming anything but its own result."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from imbnas.data.split_guard import sealed
from imbnas.errors import ImbnasError
from imbnas.execution.store import Store
from imbnas.execution.weights import load_into, to_bytes
from imbnas.supernet.supernet import Supernet


class StrategyError(ImbnasError):
    """A strategy did what no strategy may, or returned what cannot be searched."""


@contextmanager
def guarded(strategy: str, store: Store, source_weights: bytes) -> Iterator[None]:
    """Run a strategy's own code.

    While it runs no dataset can be loaded and no split be read: a strategy has what it is given.
    Afterwards the stored source supernet is what it was before, since other strategies start from
    it, and so are those of torch's settings that would change other units' results.

    Args:
        strategy: its label.
        store: holds the source's weights.
        source_weights: their content.

    Raises:
        SealedDataError: the strategy asked for a dataset, even if it caught the refusal.
        StrategyError: it changed the stored source supernet.
    """
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    deterministic = torch.are_deterministic_algorithms_enabled()
    try:
        with (
            sealed(f"strategy {strategy!r} has adaptation.train_images and no other image"),
            torch.enable_grad(),
        ):
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.use_deterministic_algorithms(deterministic)
        harmed = store.mend_weights(source_weights)
    if harmed:
        raise StrategyError(
            f"strategy {strategy!r} changed the stored source supernet, which other strategies "
            "start from; it was put back. Change adaptation.supernet, a copy, instead"
        )


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
