import numpy as np
import pytest
import torch

from imbnas.data.dataset import load_dataset
from imbnas.data.image_sets import ImageSet, select_images
from imbnas.data.locations import DataLocations
from imbnas.data.resolving import resolve
from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.cell_string import OPERATIONS
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.scoring import Scorer
from imbnas.supernet.topology import TopologySupernet
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Recipe

SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
SPACE = get_space("nats-tss")
RECIPE = Recipe(epochs=2, steps_per_epoch=3, batch_size=32, lr=0.05, width=4, depth=1)
CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"
OTHER = "|nor_conv_1x1~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|"


@pytest.fixture(scope="module")
def digits() -> tuple[ImageSet, ImageSet, tuple[int, ...]]:
    dataset = load_dataset("digits", DataLocations.from_options(offline=True))
    manifest = resolve(parse_condition("digits@10x"), dataset)
    train, validation = (select_images(dataset, s) for s in (manifest.train, manifest.validation))
    return train, validation, manifest.class_counts


def make_supernet() -> TopologySupernet:
    torch.manual_seed(0)
    return TopologySupernet(SHAPE)


def make_trainer(digits: tuple[ImageSet, ImageSet, tuple[int, ...]]) -> PathTrainer:
    return PathTrainer(SPACE, SHAPE, digits[0], digits[2], seed=5)


def test_parameters_are_those_of_all_operations_at_published_size() -> None:
    # 1,692,728 is the published supernet without affine normalisation in the cells, 30 alphas
    # included (search-space reference, section 1.1).
    supernet = TopologySupernet(NetworkShape(width=16, depth=5))
    assert sum(p.numel() for p in supernet.parameters()) == 1_692_728 - 30


def test_a_path_computes_what_its_stand_alone_network_computes() -> None:
    supernet = make_supernet().eval()
    network = SPACE.build(CELL, SHAPE).eval()
    operations = [edge.split("~")[0] for edge in CELL.replace("+", "").split("|") if edge]
    own = dict(network.state_dict())
    shared = supernet.state_dict()
    for name in own:
        if name.startswith(("stem", "head", "classifier")):
            source = name if name.startswith("classifier") else f"network.{name}"
        else:
            parts = name.split(".")
            source = f"network.{name}"
            if parts[2] == "edges":
                choice = OPERATIONS.index(operations[int(parts[3])])
                source = ".".join(["network", *parts[:4], str(choice), *parts[4:]])
        if source in shared:
            own[name] = shared[source]
    network.load_state_dict(own)
    # Cells without affine normalisation have biased convolutions; batch normalisation in
    # evaluation mode would show them, so that they are set to 0 for the comparison.
    with torch.no_grad():
        for name, value in supernet.named_parameters():
            if name.endswith(".1.bias") and "edges" in name:
                value.zero_()
    supernet.choose(CELL)
    images = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(supernet(images), network(images), rtol=1e-4, atol=1e-5)


def test_computing_without_a_choice_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="choose an architecture"):
        make_supernet()(torch.zeros(2, 1, 8, 8))


def test_operations_that_were_not_sampled_stay_bit_unchanged(
    digits: tuple[ImageSet, ImageSet, tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    supernet = make_supernet()
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    monkeypatch.setattr(SPACE, "random", lambda rng: CELL)
    make_trainer(digits).train(supernet, resolve_scheme("ce"), RECIPE)
    used = {
        f"edges.{edge}.{OPERATIONS.index(op.split('~')[0])}."
        for edge, op in enumerate(o for o in CELL.replace("+", "").split("|") if o)
        if op.startswith("nor_conv")
    }
    assert len(used) == 2
    for name, value in supernet.state_dict().items():
        same = torch.equal(value, before[name])
        if "edges" in name:
            assert same != any(part in name and "running" not in name for part in used) or (
                "running" in name or "tracked" in name
            ), name
        if "running" in name or "tracked" in name:
            assert same, name


def test_cost_counts_the_sampled_paths(
    digits: tuple[ImageSet, ImageSet, tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SPACE, "random", lambda rng: CELL)
    macs = SPACE.counts(CELL, SHAPE).macs
    for frozen_from, factor in ((None, 3), (0, 1)):
        trainer = make_trainer(digits)
        trainer.train(make_supernet(), resolve_scheme("ce"), RECIPE, frozen_from)
        assert trainer.spending.images_seen == 2 * 3 * 32
        assert trainer.spending.macs == factor * macs * 2 * 3 * 32


def test_a_score_does_not_depend_on_what_was_scored_before(
    digits: tuple[ImageSet, ImageSet, tuple[int, ...]],
) -> None:
    supernet = make_supernet()
    make_trainer(digits).train(supernet, resolve_scheme("ce"), RECIPE)
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    for calibration in (digits[0], None):
        scorer = Scorer(supernet, calibration, digits[1], batch_size=64)
        first, other, again = scorer.score(CELL), scorer.score(OTHER), scorer.score(CELL)
        assert first == again
        assert 0 <= other <= 1
    for name, value in supernet.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_trained_supernet_scores_above_chance(
    digits: tuple[ImageSet, ImageSet, tuple[int, ...]],
) -> None:
    supernet = make_supernet()
    recipe = RECIPE.model_copy(update={"epochs": 12, "steps_per_epoch": 10, "lr": 0.1})
    make_trainer(digits).train(supernet, resolve_scheme("ce"), recipe)
    scorer = Scorer(supernet, digits[0], digits[1], batch_size=256)
    rng = np.random.default_rng(0)
    scores = [scorer.score(SPACE.random(rng)) for _ in range(8)]
    assert np.mean(scores) > 0.16
