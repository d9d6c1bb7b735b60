"""What must hold for every ranker on real networks."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from imbnas.errors import InputError, UnknownNameError
from imbnas.rankers.builtin import GradNorm, JacobCov, Naswot, ShortTraining, Snip, SynFlow
from imbnas.rankers.candidate import Candidate, Task
from imbnas.rankers.registry import RANKERS, build_ranker
from imbnas.spaces import get_space
from imbnas.training.fitting import torch_module
from imbnas.units.recipes import Recipe

CELL = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"
DEAD = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|"
MakeCandidate = Callable[..., Candidate]
MakeTask = Callable[..., Task]
AT_START = [GradNorm(), Snip(), SynFlow(), Naswot(), JacobCov(batch_size=32)]
NAMED = [pytest.param(r, id=type(r).__name__) for r in AT_START]


@pytest.fixture(scope="module")
def architectures() -> list[str]:
    return [CELL, get_space("darts").sample(1, 0)[0]]


@pytest.mark.parametrize("ranker", NAMED)
def test_networks_are_left_as_they_were(
    ranker, make_candidate: MakeCandidate, architectures: list[str]
) -> None:
    for architecture in architectures:
        candidate = make_candidate(architecture)
        module = torch_module(candidate.network)
        before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        score = ranker.score(candidate)
        assert math.isfinite(score.value)
        after = module.state_dict()
        assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
        assert all(parameter.grad is None for parameter in module.parameters())
        assert module.training
        assert not any(layer._forward_hooks for layer in module.modules())


@pytest.mark.parametrize("name", RANKERS.names())
def test_a_score_follows_from_seeds_alone(
    name: str, make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    first, second = (
        build_ranker(name, {}).score(make_candidate(CELL, make_task())) for _ in range(2)
    )
    assert first == second
    torch.manual_seed(99)
    assert build_ranker(name, {}).score(make_candidate(CELL, make_task())) == first


@pytest.mark.parametrize("name", [n for n in RANKERS.names() if n != "short-training"])
def test_other_weights_or_another_batch_give_another_score(
    name: str, make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    ranker = build_ranker(name, {})
    score = ranker.score(make_candidate(CELL)).value
    assert ranker.score(make_candidate(CELL, seed=4)).value != score
    other = ranker.score(make_candidate(CELL, make_task(seed=6))).value
    assert (other == score) == (name == "synflow")  # it alone sees no data


def test_synflow_sees_neither_data_nor_signs(
    make_candidate: MakeCandidate, make_task: MakeTask
) -> None:
    score = SynFlow().score(make_candidate(CELL)).value
    assert SynFlow().score(make_candidate(CELL, make_task("digits@1x", "cb-ce"))).value == score
    flipped = make_candidate(CELL)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in torch_module(flipped.network).parameters():
            signs = torch.randint(0, 2, parameter.shape, generator=generator) * 2 - 1
            parameter.mul_(signs)
    assert SynFlow().score(flipped).value == pytest.approx(score, rel=1e-12)


def test_synflow_grows_with_the_weights_in_spite_of_normalisation(
    make_candidate: MakeCandidate,
) -> None:
    large = make_candidate(CELL)
    with torch.no_grad():
        for module in torch_module(large.network).modules():
            if isinstance(module, nn.Conv2d):
                module.weight.mul_(2)
    assert SynFlow().score(large).value > 2 * SynFlow().score(make_candidate(CELL)).value


def test_naswot_sees_functions_as_well_as_modules(
    two_layers: nn.Module, make_candidate: MakeCandidate
) -> None:
    class InPlace(nn.Module):
        """The same function with an in-place module."""

        def __init__(self) -> None:
            super().__init__()
            self.first, self.classifier = two_layers.first, two_layers.classifier
            self.relu = nn.ReLU(inplace=True)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.classifier(self.relu(self.first(images.flatten(1))))

    expected = Naswot(batch_size=9).score(make_candidate(two_layers)).value
    assert Naswot(batch_size=9).score(make_candidate(InPlace())).value == expected


@pytest.mark.parametrize("ranker", NAMED)
def test_a_dead_architecture_is_no_error(ranker, make_candidate: MakeCandidate) -> None:
    score = ranker.score(make_candidate(DEAD))
    # No image reaches its output.
    assert math.isfinite(score.value) != isinstance(ranker, Naswot | JacobCov)
    assert score.macs > 0


class Constant(nn.Module):
    """Its outputs depend on parameters alone."""

    def __init__(self) -> None:
        super().__init__()
        self.num_features = 3
        self.features = nn.Parameter(torch.ones(3))
        self.classifier: nn.Module = nn.Linear(3, 10)

    def forward_features(self, images: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.features * (1 + 0 * images.sum(dim=(1, 2, 3))[:, None]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.forward_features(images))


def test_a_constant_network_is_told_as_such(make_candidate: MakeCandidate) -> None:
    assert Naswot().score(make_candidate(Constant())).value == -math.inf
    assert math.isnan(JacobCov().score(make_candidate(Constant())).value)
    assert math.isfinite(GradNorm().score(make_candidate(Constant())).value)


@pytest.mark.parametrize("ranker", [*NAMED, pytest.param(ShortTraining(), id="ShortTraining")])
def test_a_broken_network_is_no_error(
    ranker, two_layers: nn.Module, make_candidate: MakeCandidate
) -> None:
    with torch.no_grad():
        two_layers.classifier.weight.fill_(math.nan)
        two_layers.first.weight.fill_(math.nan)
    assert not math.isfinite(ranker.score(make_candidate(two_layers)).value)


def test_images_of_a_batch_are_distinct_and_never_more_than_there_are(make_task: MakeTask) -> None:
    task = make_task(recipe=Recipe(epochs=1))
    everything = len(task.train_images)
    images = task.distinct_images(10 * everything)
    assert len(images) == everything
    assert len(torch.unique(images.flatten(1), dim=0)) == everything


def test_a_batch_for_the_loss_is_drawn_as_the_training_draws(make_task: MakeTask) -> None:
    tail = [
        (make_task("digits@10x", name).first_batch(200)[1] == 9).double().mean().item()
        for name in ("ce", "balanced-sampling")
    ]
    assert tail[0] < 0.06 < tail[1]


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("snip", {"batch": 3}, "ranker 'snip': option 'batch': unknown option; did you mean"),
        ("snip", {"batch_size": 1}, "1 must be a whole number in .2, 1000000"),
        ("short-training", {"fraction": 0}, "option 'fraction': 0 must be a number in .0, 1"),
        ("synflow", {"batch_size": 8}, "option 'batch_size': it takes none"),
    ],
)
def test_bad_options_are_named(name: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        build_ranker(name, options)


def test_an_unknown_ranker_answers_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown ranker 'synflo'; did you mean 'synflow'"):
        build_ranker("synflo", {})
