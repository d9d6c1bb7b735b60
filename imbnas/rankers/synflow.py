"""SynFlow: how much flows through the network, whatever the data."""

import copy

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from imbnas.rankers.candidate import Candidate, Score
from imbnas.rankers.gradients import sum_of_products, weight_gradients
from imbnas.training.fitting import torch_module


def synaptic_flow(candidate: Candidate) -> Score:
    """Σ over weights of |w · ∂R/∂w|, R the sum of the outputs for an image of ones.

    All parameters are replaced by their absolute values (Tanaka et al. 2020, arXiv:2006.05467), and
    batch normalisation is left out, as arXiv:2101.08134 does: it would undo the scale that the
    score measures. In double precision, whatever the run's, since the flow grows exponentially with
    depth. Signs of parameters and all images are without effect.
    """
    module = copy.deepcopy(torch_module(candidate.network)).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.abs_()
    for layer in module.modules():
        if isinstance(layer, _BatchNorm):
            layer.register_forward_hook(_pass_through)
    side, device = candidate.shape.resolution, next(module.parameters()).device
    ones = torch.ones(
        1, candidate.shape.in_channels, side, side, dtype=torch.float64, device=device
    )
    flow = weight_gradients(module(ones).sum(), module)
    return candidate.scored(sum_of_products(flow), backward=1)


def _pass_through(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    del layer, output
    return inputs[0]
