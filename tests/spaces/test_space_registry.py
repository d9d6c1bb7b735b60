import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import imbnas.spaces
from imbnas.errors import InputError, UnknownNameError
from imbnas.registry import load_plugin
from imbnas.spaces import SPACES, NetworkShape, get_space
from imbnas.spaces.population import iso_macs, stratified_by_macs, uniform
from imbnas.spaces.space import EnumerableSpace
from imbnas.spaces.stems import check_stem
from imbnas.spaces.variation import crossed, mutated
from imbnas.units.networks import ImageClassifier
from imbnas.units.stem import Stem

DOCS = Path(__file__).parents[2] / "docs" / "adding-a-space.md"


def test_listing_and_looking_up_import_nothing_heavy():
    script = (
        "import sys; from imbnas.spaces import SPACES; print(*SPACES.names());"
        "heavy = {'torch', 'pandas', 'scipy', 'torchvision'};"
        "assert not heavy & set(sys.modules);"
        "from imbnas.spaces import get_space;"
        "tss, sss, darts = map(get_space, ('nats-tss', 'nats-sss', 'darts'));"
        "[s.counts(t, s.published_shape) for s in (tss, sss, darts) for t in s.sample(2, 0)];"
        "assert not heavy & set(sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"nats-tss", "nats-sss", "darts"} <= set(out.stdout.split())


def test_entries_have_versions_and_summaries():
    for entry in SPACES.entries():
        assert entry.version
        assert entry.summary
        assert get_space(entry.name).name == entry.name


def test_sizes():
    assert get_space("nats-tss").size == 15_625
    assert get_space("nats-sss").size == 32_768


def test_unknown_names_get_suggestions():
    with pytest.raises(UnknownNameError, match="unknown space 'nats-ts'; did you mean 'nats-tss'"):
        get_space("nats-ts")


def test_every_public_name_resolves():
    for name in imbnas.spaces.__all__:
        assert getattr(imbnas.spaces, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = imbnas.spaces.Nothing


@pytest.fixture
def toy(tmp_path):
    """The documented plug-in, registered for one test."""
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    file = tmp_path / "chain.py"
    file.write_text(blocks[0], encoding="utf-8")
    before = set(sys.modules)
    with SPACES.temporary():
        load_plugin(file)
        # Not get_space, which would keep the space beyond the test.
        yield SPACES.get("chain")()
    for name in set(sys.modules) - before:
        if name.startswith("imbnas_plugin_chain"):
            del sys.modules[name]


def test_the_documented_space_works(toy):
    entry = SPACES.entry("chain")
    assert (entry.version, entry.origin) == ("1", "chain.py")
    assert len(SPACES.source_sha256("chain")) == 64
    assert isinstance(toy, EnumerableSpace)
    shape = NetworkShape(4, 1, 8, 1, 10)
    rng = np.random.default_rng(0)
    for text in {*toy.sample(4, 0), toy.random(rng), toy.mutate("1-3-5", rng, 0.5)}:
        assert toy.parse(text) == text
        network = toy.build(text, shape)
        assert isinstance(network, ImageClassifier)
        assert toy.counts(text, shape).params == sum(p.numel() for p in network.parameters())
        assert network(torch.randn(2, 1, 8, 8)).shape == (2, 10)
    check_stem(toy, shape.stem, shape.resolution)
    with pytest.raises(InputError, match="'chain' have a stem of their own; leave it out"):
        check_stem(toy, Stem(stride=2), shape.resolution)
    with pytest.raises(InputError, match="chain architecture, character 3: expected a kernel"):
        toy.parse("3-2-5")


def test_the_documented_space_trains(toy):
    network = toy.build("3-3-1", NetworkShape(8, 1, 8, 1, 2))
    labels = torch.arange(32) % 2
    images = torch.randn(32, 1, 8, 8) + labels.view(-1, 1, 1, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for _ in range(15):
        loss = torch.nn.functional.cross_entropy(network(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_populations_and_variation_work_on_the_documented_space(toy):
    shape = toy.published_shape
    rng = np.random.default_rng(1)
    assert len(uniform(toy, 5, 0).architectures) == 5
    assert len(stratified_by_macs(toy, 5, 0, shape).architectures) == 5
    macs = toy.counts("1-3-5", shape).macs
    assert set(iso_macs(toy, macs, shape).architectures) == {"1-3-5", "1-5-3"}
    assert mutated(toy, "1-1-1", rng, 0.5) != "1-1-1"
    assert crossed(toy, "1-1-1", "3-3-3", rng) not in ("1-1-1", "3-3-3")
