"""NASWOT: how well an untrained network distinguishes images by which of its ReLUs are active."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from imbnas.rankers.candidate import Candidate, Score
from imbnas.training.fitting import torch_module
from imbnas.training.statistics import batch_statistics

_RELUS = (torch.ops.aten.relu.default, torch.ops.aten.relu_.default)


def log_determinant(candidate: Candidate, batch_size: int) -> Score:
    """The logarithm of |det K|, where K counts on how many ReLUs two images agree.

    K_ij = N − d(c_i, c_j) with N rectified units, c_i the binary code of image i and d the Hamming
    distance (Mellor et al. 2021, arXiv:2006.04647). The images are different ones, so that only a
    network that cannot distinguish two of them makes K singular: −∞ then.
    """
    module = torch_module(candidate.network)
    images = candidate.task.distinct_images(batch_size)
    kernel = _CodeKernel(len(images))
    with torch.no_grad(), batch_statistics(module), candidate.task.forward_passes(), kernel:
        module(images)
    return candidate.scored(_log_determinant(kernel.agreements), forward=len(images))


def _log_determinant(agreements: NDArray[np.float64]) -> float:
    units = agreements.diagonal()
    alike = agreements >= units
    np.fill_diagonal(alike, val=False)
    # Equal codes make K singular, which rounding would hide.
    if alike.any():
        return -np.inf
    return float(np.linalg.slogdet(agreements).logabsdet)


class _CodeKernel(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Watches every ReLU, module or function, and counts agreements of the images' codes.

    Args:
        images: number of images in the batch.
    """

    def __init__(self, images: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.agreements = np.zeros((images, images))

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in _RELUS:
            self.agreements += _agreements(result)
        return result


def _agreements(activations: Tensor) -> NDArray[np.float64]:
    """(B, B) on how many units two images are both active or both inactive."""
    active = (activations > 0).flatten(1).double()
    inactive = 1 - active
    counts: NDArray[np.float64] = (active @ active.T + inactive @ inactive.T).cpu().numpy()
    return counts
