"""Networks and their counts by space and architecture."""

import json
from typing import Any

import pytest
import torch

import imbnas
from imbnas.errors import InputError
from imbnas.spaces import get_space

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|nor_conv_3x3~1|skip_connect~2|"
SIZES = ({}, {"width": 4, "depth": 1, "num_classes": 7, "resolution": 16, "in_channels": 1})


@pytest.mark.parametrize("sizes", SIZES, ids=["published", "small"])
@pytest.mark.parametrize(
    ("space", "architecture"),
    [("nats-tss", CELL), ("nats-sss", "8:8:16:24:32"), ("darts", "DARTS_V1")],
)
def test_counts_are_those_of_the_network(
    space: str, architecture: str, sizes: dict[str, int]
) -> None:
    network = imbnas.build_network(space, architecture, **sizes)
    assert isinstance(network, torch.nn.Module)
    counted = imbnas.counts(space, architecture, **sizes)
    assert counted.params == sum(each.numel() for each in network.parameters())
    side, channels = sizes.get("resolution", 32), sizes.get("in_channels", 3)
    images = torch.zeros(2, channels, side, side)
    assert network(images).shape == (2, sizes.get("num_classes", 10))
    assert torch.equal(network.classifier(network.forward_features(images)), network(images))


def test_counts_are_those_that_the_command_shows(bench_here: Any) -> None:
    shown = json.loads(
        bench_here("show", "arch", "nats-tss", CELL, "--num-classes", "100", "--json").stdout
    )
    counted = imbnas.counts("nats-tss", CELL, num_classes=100)
    assert (counted.params, counted.macs) == (shown["params"], shown["macs"])
    assert imbnas.functional_id("nats-tss", CELL) == shown["functional_id"]
    stem = {"stem_kernel": 4, "stem_stride": 4}
    assert imbnas.counts("nats-tss", CELL, **stem).macs < counted.macs / 10


@pytest.mark.parametrize(
    ("source", "name"), [("imbnas", "cifar_resnet8_w4"), ("timm", "resnet10t")]
)
def test_baselines(source: str, name: str, bench_here: Any) -> None:
    shown = json.loads(bench_here("show", "baseline", name, "--json").stdout)
    counted = imbnas.counts(source, name)
    assert (counted.params, counted.macs) == (shown["params"], shown["macs"])
    network = imbnas.build_network(source, name, num_classes=4, resolution=16, in_channels=1)
    assert network(torch.zeros(2, 1, 16, 16)).shape == (2, 4)


def test_functional_ids_are_those_of_the_space() -> None:
    space = get_space("nats-tss")
    assert imbnas.functional_id("nats-tss", CELL) == space.functional_id(CELL)


@pytest.mark.parametrize(
    ("arguments", "sizes", "message"),
    [
        (("nats-tsz", CELL), {}, "did you mean 'nats-tss'"),
        (("nats-tss", "|x~0|"), {}, "x~0"),
        (("nats-tss", CELL), {"widht": 4}, "option 'widht': unknown option; did you mean 'width'"),
        (("nats-tss", CELL), {"width": 0}, "width must be at least 1"),
        (("nats-tss", CELL), {"stem_kernel": 2}, "kernel 2 is even"),
        (("timm", "resnet10t"), {"width": 4}, "baseline 'resnet10t': option 'width': unknown"),
        (("timm", "resnet10t"), {"num_classes": 0}, "num_classes must be at least 1"),
        (("timm", "cifar_resnet8_w4"), {}, "give 'imbnas' in the place of 'timm'"),
        (("timm", "resnet10z"), {}, "did you mean"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: tuple[str, str], sizes: dict[str, int], message: str
) -> None:
    for function in (imbnas.build_network, imbnas.counts):
        with pytest.raises(InputError, match=message) as told:
            function(*arguments, **sizes)
        assert "\n" not in str(told.value)
