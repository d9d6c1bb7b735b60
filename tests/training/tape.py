"""What a CUDA graph is, on a CPU: operations on tensors where they are, and no Python."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from imbnas.training.step_graphs import CaptureError, Recording

READS = (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default)


class Tape(TorchDispatchMode):
    """Notes each operation with its arguments and the tensors that it gave.

    Numbers of the host are held as they were, memory is where it was, and a value that is read on
    the host is an error: as in a graph that is captured.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, list[Tensor]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in READS:
            raise CaptureError(f"{func} reads a value on the host")
        kwargs = kwargs or {}
        given = func(*args, **kwargs)
        tensors = [each for each in tree_leaves(given) if isinstance(each, Tensor)]
        self.calls.append((func, args, kwargs, tensors))
        return given

    @torch.no_grad()
    def replay(self) -> None:
        for func, args, kwargs, held in self.calls:
            given = func(*args, **kwargs)
            tensors = [each for each in tree_leaves(given) if isinstance(each, Tensor)]
            for place, tensor in zip(held, tensors, strict=True):
                if place.data_ptr() != tensor.data_ptr():
                    place.copy_(tensor)


class TapeRecorder:
    """Records steps on tapes; what recording does is undone, since a capture does nothing."""

    def __init__(self, state: Callable[[], Iterable[Tensor]]) -> None:
        self.state = state
        self.recorded = self.done = self.replayed = 0

    def at_once(self, step: Callable[[], Tensor]) -> Tensor:
        self.done += 1
        return step()

    def record(
        self, step: Callable[[], Tensor], generators: Iterable[torch.Generator]
    ) -> Recording:
        self.recorded += 1
        random = [(each, each.get_state()) for each in generators]
        kept = [(tensor, tensor.clone()) for tensor in self.state()]
        with Tape() as tape:
            loss = step()
        with torch.no_grad():
            for tensor, before in kept:
                tensor.copy_(before)
        for generator, before in random:
            generator.set_state(before)

        def replay() -> None:
            self.replayed += 1
            tape.replay()

        return Recording(loss, replay)
