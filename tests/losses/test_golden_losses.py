"""Every loss against a NumPy computation, image by image, straight from its formula."""

import math

import numpy as np
import pytest
import torch

from imbnas.losses import LOSSES, build_loss
from imbnas.schemes import TrainingScheme, resolve_scheme

COUNTS = [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]
C = len(COUNTS)
N = np.array(COUNTS, dtype=float)
PRIOR = N / N.sum()
RNG = np.random.default_rng(20261124)
LOGITS = RNG.normal(0, 2.5, (14, C))
COSINES = np.tanh(RNG.normal(0, 0.6, (14, C)))
FEATURES = RNG.normal(0, 1, (14, 6))
LABELS = np.array([0, 9, 3, 3, 1, 7, 0, 5, 2, 8, 6, 4, 9, 0])


def cross_entropy(z, y):
    top = max(z)
    return math.log(sum(math.exp(v - top) for v in z)) + top - z[y]


def softmax(z):
    e = [math.exp(v - max(z)) for v in z]
    return [v / sum(e) for v in e]


def sum_to_c(raw):
    return [v * C / sum(raw) for v in raw]


def each(loss):
    return np.array([loss(z, y) for z, y in zip(LOGITS, LABELS, strict=True)])


def weighted(raw):
    w = sum_to_c(raw)
    return each(lambda z, y: w[y] * cross_entropy(z, y))


def effective(beta=0.9999):
    return [(1 - beta) / (1 - beta**n) for n in COUNTS]


def smoothed(z, y, share):
    return (1 - share) * cross_entropy(z, y) + share * sum(
        cross_entropy(z, j) for j in range(C)
    ) / C


def label_aware(z, y):
    turn = math.pi * (COUNTS[y] - 50) / (2 * (5000 - 50))
    return smoothed(z, y, 0.1 + 0.3 * math.sin(turn))


def focal(z, y, gamma=2.0):
    return (1 - softmax(z)[y]) ** gamma * cross_entropy(z, y)


def sigmoid_focal(z, y, gamma):
    total = 0.0
    for j, v in enumerate(z):
        p = 1 / (1 + math.exp(-v))
        total += -((1 - p) ** gamma) * math.log(p) if j == y else -(p**gamma) * math.log(1 - p)
    return total


def ldam(z, y):
    raw = [n**-0.25 for n in COUNTS]
    lowered = [30 * v for v in z]
    lowered[y] = 30 * (z[y] - 0.5 * raw[y] / max(raw))
    return cross_entropy(lowered, y)


def vs(z, y, gamma=0.3, tau=1.0):
    changed = [
        v / (5000 / n) ** gamma + tau * math.log(q) for v, n, q in zip(z, N, PRIOR, strict=True)
    ]
    return cross_entropy(changed, y)


def cdt(z, y):
    return cross_entropy([v / (5000 / n) ** 0.2 for v, n in zip(z, N, strict=True)], y)


def lade():
    bound = 0.0
    for c in range(C):
        own = [z[c] for z, y in zip(LOGITS, LABELS, strict=True) if y == c]
        mean = sum(own) / len(own) if own else 0.0
        inside = sum(math.exp(z[c] - math.log(PRIOR[c]) - math.log(C)) for z in LOGITS)
        partition = math.log(inside) - math.log(len(LOGITS))
        bound -= PRIOR[c] * (mean - partition - 0.01 * partition**2)
    return each(lambda z, y: cross_entropy(z + np.log(PRIOR), y) + 0.1 * bound)


def equalization(z, y):
    """With gamma 1 rare classes are always left out, so that nothing is random."""
    kept = [v for j, v in enumerate(z) if j == y or PRIOR[j] >= 0.05]
    return math.log(sum(math.exp(v) for v in kept)) - z[y]


def seesaw(z, y, seen):
    s = softmax(z)
    shifted = list(z)
    for j in range(C):
        if j != y:
            m = (seen[j] / seen[y]) ** 0.8 if seen[j] < seen[y] else 1.0
            ratio = s[j] / max(s[y], 0.01)
            shifted[j] += math.log(m * (ratio**2 if ratio > 1 else 1.0))
    return cross_entropy(shifted, y)


def influence_balanced():
    w = sum_to_c([1 / n for n in COUNTS])
    out = []
    for z, y, h in zip(LOGITS, LABELS, FEATURES, strict=True):
        gap = sum(abs(p - (j == y)) for j, p in enumerate(softmax(z)))
        out.append(w[y] * 1000 * cross_entropy(z, y) / (gap * sum(abs(h)) + 1e-3))
    return np.array(out)


def gcl_without_noise(z, y):
    lowered = [20 * v for v in z]
    lowered[y] = 20 * (z[y] - 0.1)
    return cross_entropy(lowered, y)


def per_cosine(loss):
    return np.array([loss(z, y) for z, y in zip(COSINES, LABELS, strict=True)])


GOLDEN = {
    "ce": ({}, each(cross_entropy)),
    "inverse": ({}, weighted([1 / n for n in COUNTS])),
    "sqrt-inverse": ({}, weighted([n**-0.5 for n in COUNTS])),
    "power": ({}, weighted([n**-1.2 for n in COUNTS])),
    "cb-ce": ({}, weighted(effective())),
    "label-smoothing": ({}, each(lambda z, y: smoothed(z, y, 0.1))),
    "label-aware-smoothing": ({}, each(label_aware)),
    "focal": ({}, each(focal)),
    "cb-focal": (
        {},
        each(lambda z, y: sum_to_c(effective())[y] * sigmoid_focal(z, y, 1.0)),
    ),
    "ldam": ({}, per_cosine(ldam)),
    "balanced-softmax": ({}, each(lambda z, y: cross_entropy(z + np.log(N), y))),
    "logit-adjust": ({"tau": 1.5}, each(lambda z, y: cross_entropy(z + 1.5 * np.log(PRIOR), y))),
    "cdt": ({}, each(cdt)),
    "vs": ({}, each(vs)),
    "lade": ({}, lade()),
    "equalization": ({"gamma": 1.0}, each(equalization)),
    "seesaw": (
        {},
        each(lambda z, y: seesaw(z, y, [max(np.sum(j == LABELS), 1) for j in range(C)])),
    ),
    "influence-balanced": ({}, influence_balanced()),
    "gcl": ({"noise": 0.0, "margin": 0.1, "scale": 20.0}, per_cosine(gcl_without_noise)),
}


def test_every_built_in_loss_has_a_golden_value():
    assert set(GOLDEN) == {e.name for e in LOSSES.entries() if e.origin == "imbnas"}


def inputs(name):
    logits = COSINES if name in ("ldam", "gcl") else LOGITS
    return torch.tensor(logits), torch.tensor(LABELS), torch.tensor(FEATURES)


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_per_sample_matches_the_formula(name):
    options, expected = GOLDEN[name]
    loss = build_loss(name, COUNTS, **options).double()
    logits, labels, features = inputs(name)
    loss(logits, labels, features)  # seesaw counts labels here
    got = loss.per_sample(logits, labels, features)
    assert got.shape == (len(LABELS),)
    assert got.numpy() == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_class_balanced_focal_is_divided_by_the_number_of_positives():
    """The arithmetic of the authors' program: class-balanced-loss/src/cifar_main.py, focal_loss."""
    positives = np.eye(C)[LABELS]
    weights = (positives * np.array(sum_to_c(effective()))).sum(1, keepdims=True)
    entropy = np.maximum(LOGITS, 0) - LOGITS * positives + np.log1p(np.exp(-np.abs(LOGITS)))
    modulator = np.exp(-positives * LOGITS - np.log1p(np.exp(-LOGITS)))
    published = (weights * modulator * entropy).sum() / positives.sum()
    for normalised in ({}, {"normalise": "n"}):
        loss = build_loss("cb-focal", COUNTS, **normalised).double()
        assert loss(*inputs("cb-focal")).item() == pytest.approx(published, rel=1e-6)
    by_weights = build_loss("cb-focal", COUNTS, normalise="sum_w").double()
    assert by_weights(*inputs("cb-focal")).item() != pytest.approx(published, rel=1e-2)
    of_scheme = TrainingScheme(resolve_scheme("cb-focal"), COUNTS, epochs=1)
    found = of_scheme.loss_module.double()(*inputs("cb-focal")).item()
    assert found == pytest.approx(published, rel=1e-6)


@pytest.mark.parametrize("name", sorted(GOLDEN))
@pytest.mark.parametrize("normalise", ["sum_w", "n"])
def test_the_batch_loss_is_the_weighted_sum_over_the_normaliser(name, normalise):
    options, expected = GOLDEN[name]
    loss = build_loss(name, COUNTS, normalise=normalise, **options).double()
    weights = loss.active_weights
    total = len(LABELS)
    if normalise == "sum_w" and weights is not None:
        total = weights.numpy()[LABELS].sum()
    assert loss(*inputs(name)).item() == pytest.approx(expected.sum() / total, rel=1e-5)


def test_focal_in_sigmoid_form_and_other_gamma():
    loss = build_loss("focal", COUNTS, form="sigmoid", gamma=2.5).double()
    expected = each(lambda z, y: sigmoid_focal(z, y, 2.5))
    assert loss.per_sample(*inputs("focal")).numpy() == pytest.approx(expected, rel=1e-6)


def test_seesaw_counts_only_in_forward_and_only_in_train_mode():
    loss = build_loss("seesaw", COUNTS)
    logits, labels, _ = inputs("seesaw")
    loss.per_sample(logits.float(), labels)
    loss.eval()(logits.float(), labels)
    assert loss.running_counts.sum() == 0
    loss.train()
    loss(logits.float(), labels)
    loss(logits.float(), labels)
    assert loss.running_counts.tolist() == [2 * int((j == LABELS).sum()) for j in range(C)]
    other = build_loss("seesaw", COUNTS)
    other.load_state_dict(loss.state_dict())
    assert other.running_counts.tolist() == loss.running_counts.tolist()


def test_gcl_noise_has_the_published_distribution():
    """A logit falls by noise |d| c_j: half normal of scale 1/3 cut at 1, nothing for the head."""
    loss = build_loss("gcl", COUNTS, scale=1.0, noise=0.5).double()
    fall = -loss.adjust(torch.zeros(40000, C, dtype=torch.float64)).numpy()
    rarity = np.log(5000 / N) / np.log(100)
    d = fall[:, 1:] / (0.5 * rarity[1:])
    assert fall[:, 0] == pytest.approx(0)
    assert d.min() >= 0
    assert d.max() == pytest.approx(1)
    # E|d| of the cut half normal: sigma sqrt(2/pi) (1 - e^-4.5) + P(|d| > 1).
    sigma = 1 / 3
    mean = sigma * math.sqrt(2 / math.pi) * (1 - math.exp(-4.5)) + math.erfc(3 / math.sqrt(2))
    assert d.mean() == pytest.approx(mean, abs=2e-3)


def test_equalization_leaves_rare_classes_out_at_the_given_rate():
    loss = build_loss("equalization", COUNTS, gamma=0.9).double()
    logits = torch.zeros(20000, C, dtype=torch.float64)
    values = loss.per_sample(logits, torch.zeros(20000, dtype=torch.long))
    kept = values.exp().numpy()  # number of classes in the denominator
    common = int((PRIOR >= 0.05).sum())
    rare = C - common
    assert common == 5
    assert kept.min() >= common - 1e-6
    assert kept.mean() == pytest.approx(common + rare * 0.1, abs=0.02)


@pytest.mark.parametrize("name", ["gcl", "equalization"])
def test_draws_depend_on_seed_and_epoch_only(name):
    logits, labels, _ = inputs(name)

    def values(seed, epoch):
        loss = build_loss(name, COUNTS, seed=seed).double()
        loss.set_epoch(epoch)
        return loss.per_sample(logits, labels).tolist()

    state = torch.random.get_rng_state()
    assert values(1, 3) == values(1, 3)
    assert values(1, 3) != values(1, 4)
    assert values(1, 3) != values(2, 3)
    assert torch.equal(state, torch.random.get_rng_state())
