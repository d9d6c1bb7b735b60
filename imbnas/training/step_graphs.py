"""Training steps that are recorded once and replayed, as CUDA graphs are.

A step of a small network is hundreds of short kernels, and launching them from Python takes longer
than they do. A graph is launched as one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from imbnas.errors import ImbnasError

Step = Callable[[Tensor, Any], Tensor]
"""From images and targets to a loss; it changes a network in place."""


class CaptureError(ImbnasError):
    """A training step that cannot be recorded as a whole."""


class Recording(NamedTuple):
    """A step that was recorded.

    Attributes:
        loss: where the loss of the latest replay is.
        replay: does everything again, on the tensors that were there when it was recorded.
    """

    loss: Tensor
    replay: Callable[[], None]


class Recorder(Protocol):
    """What records steps; ``CudaGraphs``, or what a test puts in its place."""

    def at_once(self, step: Callable[[], Tensor]) -> Tensor:
        """Do a step as the recorded ones will be done."""

    def record(
        self, step: Callable[[], Tensor], generators: Iterable[torch.Generator]
    ) -> Recording:
        """Record a step without doing it.

        Args:
            step: no value of it may be read on the host.
            generators: that it draws from.
        """


@dataclass
class RecordedSteps:
    """Steps of one epoch, all but the first of their shape from one recording.

    The first step is done at once and warms up what the others need; the second is recorded and
    replayed like those that follow. Whatever changes with the epoch on the host, as a deferred
    weighting or a frozen backbone, is in the recording, so that each epoch has its own. Batches of
    another shape, as the last one of a pass, are done at once.

    Attributes:
        step: what is recorded. What it draws from and the learning rate it takes are tensors and
            generators that outlive it.
        recorder: records it.
        generators: that it draws from, once it was done.
    """

    step: Step
    recorder: Recorder
    generators: Callable[[], Iterable[torch.Generator]]
    _shapes: list[torch.Size] = field(default_factory=list)
    _held: list[Tensor] = field(default_factory=list)
    _recording: Recording | None = None

    def __call__(self, images: Tensor, targets: Any) -> Tensor:
        """Do a step.

        Args:
            images: of the batch.
            targets: a tensor, or a list of them.

        Returns:
            Its loss, detached.

        Raises:
            CaptureError: the step cannot be recorded.
        """
        given = [images, *_tensors(targets)]
        shapes = [tensor.shape for tensor in given]
        if shapes != self._shapes:
            first = not self._shapes
            self._shapes = shapes if first else self._shapes
            return self.recorder.at_once(lambda: self.step(images, targets))
        if self._recording is None:
            self._recording = self._record(given, targets)
        for held, tensor in zip(self._held, given, strict=True):
            held.copy_(tensor)
        self._recording.replay()
        return self._recording.loss.clone()

    def _record(self, given: list[Tensor], targets: Any) -> Recording:
        # What a replay reads lies where it was; ``clone`` keeps the memory format.
        self._held = [tensor.clone() for tensor in given]
        images, *copies = self._held
        held = copies if isinstance(targets, list) else copies[0]
        return self.recorder.record(lambda: self.step(images, held), self.generators())


class CudaGraphs:
    """Records steps as CUDA graphs.

    Args:
        device: where the network is.
    """

    def __init__(self, device: torch.device) -> None:
        # Autograd and libraries remember the stream that they first worked on.
        self._stream: torch.cuda.Stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def at_once(self, step: Callable[[], Tensor]) -> Tensor:
        """Do a step on the stream that graphs are captured on."""
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            loss = step()
        current.wait_stream(self._stream)
        return loss

    def record(
        self, step: Callable[[], Tensor], generators: Iterable[torch.Generator]
    ) -> Recording:
        """Capture a step.

        Raises:
            CaptureError: it reads a value on the host, or does what no graph can hold.
        """
        graph = torch.cuda.CUDAGraph()
        for generator in generators:
            graph.register_generator_state(generator)
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                loss = step()
        except RuntimeError as error:
            reason = str(error).strip().partition("\n")[0]
            raise CaptureError(
                f"this training step cannot be captured in a CUDA graph: {reason}; "
                "leave --cuda-graphs out"
            ) from error
        return Recording(loss, graph.replay)


def _tensors(targets: Any) -> list[Tensor]:
    return targets if isinstance(targets, list) else [targets]
