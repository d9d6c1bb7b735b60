"""Post-hoc steps: identities, formulas, and that they do what they are for."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from imbnas.registry import build_entry
from imbnas.schemes.cosine_classifier import CosineClassifier
from imbnas.schemes.posthoc.correction import TrainingOutputs
from imbnas.schemes.posthoc.heads import (
    AdaptiveCalibration,
    LearnableScale,
    MarginCalibration,
    NewClassifier,
)
from imbnas.schemes.posthoc.registry import POSTHOC_STEPS
from imbnas.schemes.posthoc.train_head import balanced_batches, shuffled_batches

COUNTS = np.array([600, 120, 30, 6])
MEANS = torch.tensor([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0], [1.5, 1.5, 1.5]])


def gaussian_features(counts, seed):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(4), torch.as_tensor(counts))
    return MEANS[labels] + torch.randn(len(labels), 3, generator=generator), labels


@pytest.fixture(scope="module")
def trained():
    """A linear classifier fitted by cross entropy on long-tailed Gaussian features."""
    features, labels = gaussian_features(COUNTS, 0)
    classifier = nn.Linear(3, 4)
    with torch.no_grad():
        classifier.weight.zero_()
        classifier.bias.zero_()
    optimizer = torch.optim.LBFGS(classifier.parameters(), max_iter=200)

    def closure():
        optimizer.zero_grad()
        loss = (
            F.cross_entropy(classifier(features), labels) + 1e-4 * classifier.weight.square().sum()
        )
        loss.backward()
        return loss

    optimizer.step(closure)
    classifier.requires_grad_(False)
    return TrainingOutputs(features, classifier(features), labels, COUNTS, classifier)


@pytest.fixture(scope="module")
def balanced_test(trained):
    features, labels = gaussian_features([500] * 4, 1)
    return features, trained.classifier(features), labels


def fit(name, outputs, seed=0, **options):
    return build_entry(POSTHOC_STEPS, name, options).fit(outputs, seed)


def recalls(logits, labels):
    hits = logits.argmax(1) == labels
    return np.array([hits[labels == k].double().mean().item() for k in range(4)])


@pytest.mark.parametrize("name", sorted(POSTHOC_STEPS.names()))
def test_every_step_lifts_the_mean_recall_and_the_tail_most(trained, balanced_test, name):
    features, logits, labels = balanced_test
    before = recalls(logits, labels)
    weight, bias = trained.classifier.weight.clone(), trained.classifier.bias.clone()
    after = recalls(fit(name, trained)(features, logits), labels)
    assert torch.equal(trained.classifier.weight, weight)
    assert torch.equal(trained.classifier.bias, bias)
    assert after.mean() > before.mean()
    assert (after - before)[3] > (after - before)[0]


@pytest.mark.parametrize("name", ["crt", "lws", "marc", "disalign"])
def test_trained_steps_depend_on_their_seed_only(trained, balanced_test, name):
    features, logits, _ = balanced_test
    state = torch.random.get_rng_state()
    first = fit(name, trained, seed=1, epochs=1)(features, logits)
    with torch.no_grad():
        second = fit(name, trained, seed=1, epochs=1)(features, logits)
    other = fit(name, trained, seed=2, epochs=1)(features, logits)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert not first.requires_grad
    assert torch.equal(state, torch.random.get_rng_state())


def test_posthoc_logit_adjustment(trained, balanced_test):
    features, logits, _ = balanced_test
    expected = logits.numpy() - 1.5 * np.log(COUNTS / COUNTS.sum())
    got = fit("logit-adjust", trained, tau=1.5)(features, logits)
    assert got.numpy() == pytest.approx(expected, abs=1e-5)
    assert torch.equal(fit("logit-adjust", trained, tau=0)(features, logits), logits)


def test_posthoc_logit_adjustment_with_a_uniform_prior_changes_no_probability(trained):
    uniform = TrainingOutputs(
        trained.features, trained.logits, trained.labels, np.array([9] * 4), trained.classifier
    )
    got = fit("logit-adjust", uniform)(trained.features, trained.logits)
    torch.testing.assert_close(got.softmax(1), trained.logits.softmax(1))


def test_tau_norm(trained, balanced_test):
    features, logits, _ = balanced_test
    linear = trained.classifier
    got = fit("tau-norm", trained, tau=0)(features, logits)
    torch.testing.assert_close(got, logits - linear.bias)
    got = fit("tau-norm", trained, tau=0, bias="keep")(features, logits)
    torch.testing.assert_close(got, logits)
    weight = linear.weight.numpy()
    for tau in (0.5, 1.0):
        norms = np.sqrt((weight**2).sum(1))
        expected = features.numpy() @ (weight / norms[:, None] ** tau).T
        got = fit("tau-norm", trained, tau=tau)(features, logits)
        assert got.numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize("kind", ["un", "l2n", "cl2n"])
def test_ncm_matches_a_numpy_computation(trained, balanced_test, kind, distance):
    features, logits, _ = balanced_test
    centre = trained.features.numpy().mean(0) if kind == "cl2n" else 0.0

    def prepare(rows):
        rows = rows - centre
        return rows if kind == "un" else rows / np.sqrt((rows**2).sum(1, keepdims=True))

    train, test = prepare(trained.features.numpy()), prepare(features.numpy())
    means = np.stack([train[trained.labels.numpy() == k].mean(0) for k in range(4)])
    if distance == "euclidean":
        expected = -((test[:, None] - means) ** 2).sum(2)
    else:
        lengths = np.sqrt((test**2).sum(1))[:, None] * np.sqrt((means**2).sum(1))
        expected = test @ means.T / lengths
    got = fit("ncm", trained, features=kind, distance=distance)(features, logits)
    assert got.numpy() == pytest.approx(expected, abs=1e-4)


def test_ncm_never_chooses_a_class_it_has_not_seen(trained):
    rows = trained.labels != 2
    partial = TrainingOutputs(
        trained.features[rows],
        trained.logits[rows],
        trained.labels[rows],
        COUNTS,
        trained.classifier,
    )
    scores = fit("ncm", partial)(trained.features, trained.logits)
    assert (scores.argmax(1) != 2).all()


def test_heads_change_nothing_before_training(trained):
    generator = torch.Generator().manual_seed(0)
    features, logits = trained.features, trained.logits
    norms = trained.classifier.weight.norm(dim=1)
    for head in (
        LearnableScale(4),
        MarginCalibration(norms),
        AdaptiveCalibration(3, 4, generator),
    ):
        torch.testing.assert_close(head(features, logits), logits)


def test_heads_follow_their_formulas(trained):
    generator = torch.Generator().manual_seed(0)
    features, logits = trained.features, trained.logits
    h, z = features.numpy(), logits.numpy()
    a, b = np.array([0.5, 1.0, 2.0, 3.0]), np.array([0.1, -0.2, 0.3, 0.4])
    norms = trained.classifier.weight.norm(dim=1)

    marc = MarginCalibration(norms)
    marc.omega.data, marc.beta.data = torch.tensor(a).float(), torch.tensor(b).float()
    expected = a * z + b * norms.numpy()
    assert marc(features, logits).detach().numpy() == pytest.approx(expected, abs=1e-5)

    disalign = AdaptiveCalibration(3, 4, generator)
    disalign.scale.data, disalign.shift.data = torch.tensor(a).float(), torch.tensor(b).float()
    trust = 1 / (1 + np.exp(-(h @ disalign.trust.detach().numpy().T + disalign.trust_bias.item())))
    expected = trust * (a * z + b) + (1 - trust) * z
    assert disalign(features, logits).detach().numpy() == pytest.approx(expected, abs=1e-5)

    fresh = NewClassifier(3, 4, generator)
    assert fresh.weight.abs().max() <= 3**-0.5
    expected = h @ fresh.weight.detach().numpy().T + fresh.bias.detach().numpy()
    assert fresh(features, logits).detach().numpy() == pytest.approx(expected, abs=1e-5)


def test_balanced_batches_draw_classes_alike_and_every_row(trained):
    labels = trained.labels[torch.randperm(len(trained.labels))]
    generator = torch.Generator().manual_seed(0)
    drawn = torch.cat([torch.cat(list(balanced_batches(labels, 64, generator))) for _ in range(20)])
    shares = torch.bincount(labels[drawn], minlength=4).double() / len(drawn)
    assert shares.tolist() == pytest.approx([0.25] * 4, abs=0.02)
    assert set(drawn[labels[drawn] == 3].tolist()) == set(
        (labels == 3).nonzero().flatten().tolist()
    )


def test_balanced_batches_without_some_classes():
    labels = torch.tensor([1, 1, 4, 1])
    rows = torch.cat(list(balanced_batches(labels, 500, torch.Generator().manual_seed(0))))
    assert (labels[rows] == 4).double().mean().item() == pytest.approx(0.5, abs=0.1)


def test_shuffled_batches_are_one_pass():
    batches = list(shuffled_batches(torch.zeros(10), 4, torch.Generator().manual_seed(0)))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(torch.cat(batches).tolist()) == list(range(10))


def test_outputs_that_do_not_fit_are_refused(trained):
    with pytest.raises(ValueError, match="same number of rows"):
        TrainingOutputs(trained.features[1:], trained.logits, trained.labels, COUNTS, nn.Identity())
    with pytest.raises(ValueError, match="class_counts of 2"):
        TrainingOutputs(trained.features, trained.logits, trained.labels, COUNTS[:2], nn.Identity())
    cosine = TrainingOutputs(
        trained.features, trained.logits, trained.labels, COUNTS, CosineClassifier(3, 4)
    )
    for name in ("tau-norm", "marc"):
        with pytest.raises(ValueError, match="linear classifier, not of CosineClassifier"):
            fit(name, cosine)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("tau-norm", {"tau": -1}, "'tau': -1"),
        ("tau-norm", {"bias": "maybe"}, "one of 'drop', 'keep'"),
        ("crt", {"epochs": 0}, r"'epochs': 0 must be a whole number in \[1"),
        ("lws", {"rate": 0.1}, "option 'rate': unknown option"),
        ("ncm", {"features": "pca"}, "one of 'un', 'l2n', 'cl2n'"),
    ],
)
def test_bad_options_are_refused(trained, name, options, words):
    with pytest.raises(ValueError, match=words):
        fit(name, trained, **options)
