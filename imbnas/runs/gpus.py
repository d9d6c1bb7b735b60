"""Which GPU each worker of a machine computes on; it imports no torch."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible_gpus(count: int, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` has them.

    Args:
        count: how many torch finds.
        environ: environment variables; where they name some GPUs, those count.
    """
    named = [name.strip() for name in environ.get(VISIBLE, "").split(",") if name.strip()]
    return tuple(named[:count] if len(named) >= count else map(str, range(count)))


@dataclass
class GpuShares:
    """Spreads worker processes evenly over the GPUs.

    Attributes:
        gpus: names; empty where workers compute on the CPU.
    """

    gpus: tuple[str, ...] = ()
    _held: dict[int, str] = field(default_factory=dict)

    def next(self, alive: Iterable[int]) -> str | None:
        """The GPU that fewest of the processes ``alive`` compute on; ``None`` where there is none.

        The first of several in the order given.
        """
        if not self.gpus:
            return None
        busy = Counter(self._held[pid] for pid in alive if pid in self._held)
        return min(self.gpus, key=lambda gpu: busy[gpu])

    def note(self, pid: int, gpu: str | None) -> None:
        """Remember which GPU a process was started for."""
        if gpu is not None:
            self._held[pid] = gpu
