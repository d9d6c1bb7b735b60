"""Schedules, bad input and the registry of losses."""

import subprocess
import sys

import pytest
import torch

from imbnas.losses import LOSSES, build_loss
from imbnas.losses.configs import LossConfig, Needs
from imbnas.losses.schedule import switch_epoch

COUNTS = [100, 30, 5]
BUILT_IN = sorted(e.name for e in LOSSES.entries() if e.origin == "imbnas")


@pytest.mark.parametrize(
    ("fraction", "epochs", "expected"),
    [
        (0.8, 200, 160),  # as in LDAM-DRW, 0-based
        (0.8, 5, 4),
        (0.8, 4, 3),
        (0.8, 1, 0),
        (0.5, 7, 3),
        (0.29, 100, 29),  # 0.29 x 100 is a hair below 29 in floating point
        (0.57, 100, 57),
        (1.0, 10, 10),
        (0.0, 10, 0),
    ],
)
def test_switch_epoch_of_a_fraction(fraction, epochs, expected):
    assert switch_epoch(fraction, None, epochs) == expected


def test_switch_at_an_epoch():
    assert switch_epoch(None, 160, None) == 160
    assert switch_epoch(None, None, None) == 0


@pytest.mark.parametrize(
    "switch", [{"deferred_from": 0.8, "epochs": 10}, {"deferred_from_epoch": 8}]
)
def test_drw_is_the_base_loss_before_the_switch_and_weighted_from_it_on(switch):
    logits = torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(9) % 3
    drw, plain, weighted = (
        build_loss("cb-ce", COUNTS, **switch),
        *(build_loss(name, COUNTS) for name in ("ce", "cb-ce")),
    )
    for epoch in range(10):
        drw.set_epoch(epoch)
        expected = plain if epoch < 8 else weighted
        assert drw.deferred == (epoch < 8)
        assert drw(logits, labels).item() == expected(logits, labels).item()
        assert torch.equal(drw.per_sample(logits, labels), expected.per_sample(logits, labels))
    drw.set_epoch(0)
    assert drw(logits, labels).item() == plain(logits, labels).item()


def test_influence_balance_starts_after_the_warm_up():
    logits, features = torch.randn(6, 3), torch.rand(6, 4)
    labels = torch.arange(6) % 3
    loss = build_loss("influence-balanced", COUNTS, epochs=4, deferred_from=0.5)
    plain = build_loss("ce", COUNTS)(logits, labels)
    values = []
    for epoch in range(4):
        loss.set_epoch(epoch)
        values.append(loss(logits, labels, features).item())
    assert values[:2] == [pytest.approx(plain.item())] * 2
    assert values[2] == values[3] != pytest.approx(plain.item())


BAD_OPTIONS = [
    ("cb-ce", {"beta": 1.0}, r"'beta': 1.0 must be a number in \[0, 1\)"),
    ("cb-ce", {"beta": -0.1}, r"'beta': -0.1 must be a number in \[0, 1\)"),
    ("cb-ce", {"bta": 0.9}, "option 'bta': unknown option; did you mean 'beta'"),
    ("ce", {"beta": 0.9}, "beta goes with weights='effective-number'"),
    ("inverse", {"power": 2}, "power goes with weights='power'"),
    ("ce", {"weights": "heavy"}, "'weights': 'heavy' must be one of 'none', 'inverse'"),
    ("ce", {"normalise": "sum"}, "'normalise': 'sum' must be one of 'sum_w', 'n'"),
    ("ce", {"deferred_from": 0.8}, "nothing to defer without class weights"),
    ("cb-ce", {"deferred_from": 1.5}, r"'deferred_from': 1.5 must be a number in \[0, 1\]"),
    ("cb-ce", {"deferred_from_epoch": -1}, r"_epoch': -1 must be a whole number in \[0"),
    ("cb-ce", {"deferred_from": 0.5, "deferred_from_epoch": 3}, "not both"),
    ("cb-ce", {"deferred_from": 0.5}, "give epochs"),
    ("focal", {"gamma": -1}, r"'gamma': -1 must be a number in \[0"),
    ("focal", {"form": "tanh"}, "'form': 'tanh' must be one of 'softmax', 'sigmoid'"),
    ("ldam", {"scale": 0}, r"'scale': 0 must be a number in \(0"),
    ("ldam", {"max_margin": -0.5}, "'max_margin': -0.5"),
    ("label-smoothing", {"smoothing": 1.0}, r"'smoothing': 1.0 must be a number in \[0"),
    ("equalization", {"gamma": 1.1}, "'gamma': 1.1"),
    ("seesaw", {"epsilon": 0}, "'epsilon': 0"),
    ("gcl", {"noise": float("nan")}, "'noise': nan"),
    ("logit-adjust", {"tau": "one"}, "'tau': 'one' must be a number"),
]


@pytest.mark.parametrize(("name", "options", "words"), BAD_OPTIONS)
def test_bad_options_are_refused_with_their_name_and_range(name, options, words):
    with pytest.raises(ValueError, match=words) as caught:
        build_loss(name, COUNTS, **options)
    assert "\n" not in str(caught.value)


def test_unknown_loss_and_bad_epochs():
    with pytest.raises(ValueError, match="did you mean 'focal'"):
        build_loss("focl", COUNTS)
    with pytest.raises(ValueError, match="epochs=0"):
        build_loss("ce", COUNTS, epochs=0)
    with pytest.raises(ValueError, match="epoch=-1"):
        build_loss("ce", COUNTS).set_epoch(-1)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_zero_count_is_refused_by_every_loss(name):
    with pytest.raises(ValueError, match="class 1 has 0 images"):
        build_loss(name, [10, 0, 5])


@pytest.mark.parametrize("name", BUILT_IN)
def test_counts_of_the_wrong_length_are_refused_by_every_loss(name):
    loss = build_loss(name, COUNTS)
    with pytest.raises(ValueError, match="class_counts of 3 classes"):
        loss(torch.zeros(4, 5), torch.zeros(4, dtype=torch.long), torch.ones(4, 2))
    with pytest.raises(ValueError, match="class_counts of 3 classes"):
        loss.per_sample(torch.zeros(4, 2), torch.zeros(4, dtype=torch.long), torch.ones(4, 2))


def test_missing_features_and_unwanted_soft_targets_are_refused():
    labels = torch.tensor([0, 1])
    with pytest.raises(ValueError, match="needs features"):
        build_loss("influence-balanced", COUNTS)(torch.zeros(2, 3), labels)
    for name in ("lade", "seesaw"):
        with pytest.raises(ValueError, match="integer labels only"):
            build_loss(name, COUNTS)(torch.zeros(2, 3), torch.full((2, 3), 1 / 3))
    with pytest.raises(ValueError, match="do not fit logits"):
        build_loss("ce", COUNTS)(torch.zeros(2, 3), torch.ones(2, 4))


def test_every_loss_says_what_it_needs():
    needs = {name: LOSSES.get(name)().needs for name in BUILT_IN}
    told = {name: need for name, need in needs.items() if need != Needs()}
    assert told == {
        "ldam": Needs(cosine_classifier=True),
        "gcl": Needs(cosine_classifier=True),
        "cb-focal": Needs(prior_bias=True),
        "lade": Needs(hard_targets=True),
        "seesaw": Needs(running_counts=True, hard_targets=True),
        "influence-balanced": Needs(features=True, hard_targets=True),
    }


def test_listing_and_checking_losses_imports_no_torch():
    program = (
        "import sys; from imbnas.losses import LOSSES; from imbnas.registry import build_entry\n"
        "names = [entry.name for entry in LOSSES.entries()]\n"
        "build_entry(LOSSES, 'ldam', {'scale': 10})\n"
        "assert len(names) >= 19\n"
        "heavy = {'torch', 'pandas', 'scipy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_loss_from_outside_takes_part_like_a_built_in_one():
    from imbnas.losses.loss import Loss
    from imbnas.registry import Registry

    class HingeLoss(Loss):
        def _hard(self, logits, labels, features):
            own = logits.gather(1, labels[:, None])
            return (logits - own + 1).clamp(min=0).sum(1) - 1

    class HingeConfig(LossConfig):
        def build(self, counts, epochs, seed):
            return HingeLoss(self, counts, epochs, seed)

    registry = Registry("loss")
    registry.register("hinge", version="1", summary="multi-class hinge")(HingeConfig)
    assert registry.source_sha256("hinge") is not None
    loss = registry.get("hinge")(weights="inverse").build(torch.tensor(COUNTS).numpy(), None, 0)
    targets = torch.tensor([[0.5, 0.5, 0.0]])
    logits = torch.tensor([[2.0, 0.0, 0.0]])
    weights = loss.active_weights
    expected = 0.5 * weights[0] * 0 + 0.5 * weights[1] * 4
    torch.testing.assert_close(loss.per_sample(logits, targets), expected[None])
