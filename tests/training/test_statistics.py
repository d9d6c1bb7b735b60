import pytest
import torch
from torch import nn

from imbnas.training.averaging import WeightAverage
from imbnas.training.evaluation import class_correct, mean_recall
from imbnas.training.statistics import batch_statistics, estimate_statistics, restored_statistics


def make_network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU())


def make_batches() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(16, 1, 6, 6, generator=generator) for _ in range(3)]


def test_estimated_statistics_are_the_average_over_batches() -> None:
    network, batches = make_network(), make_batches()
    estimate_statistics(network, batches)
    outputs = [network[0](batch) for batch in batches]
    mean = torch.stack([o.mean((0, 2, 3)) for o in outputs]).mean(0)
    var = torch.stack([o.var((0, 2, 3)) for o in outputs]).mean(0)
    torch.testing.assert_close(network[1].running_mean, mean)
    torch.testing.assert_close(network[1].running_var, var)
    assert network[1].momentum == 0.1
    assert not network.training


def test_statistics_are_put_back_even_after_an_error() -> None:
    network = make_network()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    def fail_while_estimated() -> None:
        with restored_statistics(network):
            estimate_statistics(network, make_batches())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail_while_estimated()
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_batch_statistics_leave_the_running_ones_bit_unchanged() -> None:
    network = make_network().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with batch_statistics(network):
        output = network(make_batches()[0])
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])
    normalised = network[1].train()(network[0](make_batches()[0])).relu()
    torch.testing.assert_close(output, normalised)


def test_averaged_weights_are_the_mean_of_the_samples() -> None:
    network = nn.Linear(2, 1)
    average = WeightAverage(network)
    samples = [torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 6.0]]), torch.tensor([[8.0, 1.0]])]
    for sample in samples:
        network.weight.data.copy_(sample)
        average.update()
    average.apply()
    torch.testing.assert_close(network.weight.data, torch.tensor([[4.0, 3.0]]))


def test_recall_is_counted_by_class() -> None:
    images, labels = torch.eye(3).repeat(2, 1), torch.tensor([0, 1, 2, 1, 1, 2])
    correct, total = class_correct(lambda x: x, [(images, labels)], 4)
    assert (correct, total) == ((1, 2, 2, 0), (1, 3, 2, 0))
    assert mean_recall(correct, total) == pytest.approx((1 + 2 / 3 + 1) / 3)
    with pytest.raises(ValueError, match="no class"):
        mean_recall((0,), (0,))
