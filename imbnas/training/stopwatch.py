"""How long a training takes, by the clock on the wall and by that of the process."""

import time

from imbnas.training.state import TrainingProgress


class Stopwatch:
    """Goes on where the progress of a training stands; wall-clock and processor seconds.

    Args:
        progress: of earlier attempts, if any.
    """

    def __init__(self, progress: TrainingProgress) -> None:
        self._wall = time.perf_counter() - progress.seconds
        # Older checkpoints do not say what earlier attempts spent.
        spent = progress.core_seconds
        self._core = None if spent is None else time.process_time() - spent

    def read(self, progress: TrainingProgress) -> None:
        """Write the time into the progress."""
        progress.seconds = time.perf_counter() - self._wall
        progress.core_seconds = None if self._core is None else time.process_time() - self._core
