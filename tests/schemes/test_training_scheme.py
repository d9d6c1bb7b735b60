"""Schemes at work, as a training loop uses them."""

import math

import pytest
import torch
from torch import nn

from imbnas.losses import build_loss
from imbnas.schemes import SCHEMES, build_scheme, resolve_scheme

COUNTS = [200, 60, 18, 5]


def scheme(name, epochs=10, **overrides):
    return build_scheme(resolve_scheme(name, overrides), COUNTS, epochs)


@pytest.mark.parametrize("name", SCHEMES.names())
def test_every_scheme_trains_a_step_in_every_phase(name):
    plan = scheme(name, epochs=5)
    generator = torch.Generator().manual_seed(0)
    body = nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.ReLU())
    classifier = plan.make_classifier(8, 4) or nn.Linear(8, 4)
    for epoch in range(5):
        plan.set_epoch(epoch)
        assert plan.sampler_at(epoch) in ("instance", "balanced", "sqrt", "progressive")
        images = torch.randn(16, 3, 4, 4, generator=generator)
        images, targets = plan.mix(images, torch.arange(16) % 4, generator)
        assert (targets.dim() == 2) == plan.mixes
        features = body(images)
        loss = plan.loss(classifier(features), targets, features if plan.needs_features else None)
        assert loss.dim() == 0
        loss.backward()
        assert all(torch.isfinite(p.grad).all() for p in classifier.parameters())
    features = body(torch.randn(40, 3, 4, 4)).detach()
    logits = plan.evaluation_logits(classifier(features)).detach()
    correction = plan.fit_posthoc(features, logits, torch.arange(40) % 4, classifier)
    assert (correction is None) == (plan.spec.posthoc is None)
    if correction is not None:
        corrected = correction(features[:7], logits[:7])
        assert corrected.shape == (7, 4)
        assert torch.isfinite(corrected).all()


def test_drw_and_drs_switch_at_the_same_epoch():
    drw, drs = scheme("ldam-drw", epochs=200), scheme("ldam-drs", epochs=200)
    for epoch, late in ((0, False), (159, False), (160, True), (199, True)):
        drw.set_epoch(epoch)
        assert (drw.loss_module.active_weights is not None) == late
        assert drs.sampler_at(epoch) == ("balanced" if late else "instance")
    by_epoch = scheme("ce-drs", sampler_deferred_from_epoch=3)
    assert [by_epoch.sampler_at(e) for e in (2, 3)] == ["instance", "balanced"]


def test_progress_runs_from_zero_to_one():
    assert [scheme("progressive-sampling").progress_at(e) for e in (0, 9)] == [0.0, 1.0]
    assert scheme("progressive-sampling", epochs=1).progress_at(0) == 0.0


def test_the_scheme_passes_its_options_schedule_and_normaliser_to_the_loss():
    logits, labels = torch.randn(8, 4), torch.arange(8) % 4
    plan = scheme("cb-drw", normalise="n", loss_options={"beta": 0.9})
    expected = build_loss("cb-ce", COUNTS, beta=0.9, normalise="n")(logits, labels)
    plan.set_epoch(8)
    assert plan.loss(logits, labels).item() == expected.item()
    plan.set_epoch(7)
    assert plan.loss(logits, labels).item() == build_loss("ce", COUNTS)(logits, labels).item()


def test_without_mixing_a_batch_passes_untouched():
    images, labels = torch.randn(4, 3, 8, 8), torch.arange(4)
    same, targets = scheme("ce").mix(images, labels, torch.Generator())
    assert same is images
    assert targets is labels


def test_cosine_classifier_is_made_where_the_loss_needs_one():
    plan = scheme("ldam-drw")
    classifier = plan.make_classifier(16, 4)
    features = torch.randn(30, 16)
    cosines = classifier(features)
    assert cosines.abs().max() <= 1 + 1e-6
    torch.testing.assert_close(classifier(7 * features), cosines)
    expected = torch.cosine_similarity(features[:, None], classifier.weight[None], dim=2)
    torch.testing.assert_close(cosines, expected)
    torch.testing.assert_close(plan.evaluation_logits(cosines), 30 * cosines)
    assert scheme("ce").make_classifier(16, 4) is None
    assert scheme("ce").evaluation_logits(cosines) is cosines


def test_sigmoid_focal_loss_starts_every_class_at_one_over_c():
    classifier = scheme("cb-focal").make_classifier(16, 4)
    assert classifier.bias.sigmoid().tolist() == pytest.approx([0.25] * 4)
    assert classifier.bias[0].item() == pytest.approx(-math.log(3))
    assert scheme("focal").make_classifier(16, 4) is None


def test_running_counts_travel_in_the_checkpoint():
    first, second = scheme("seesaw"), scheme("seesaw")
    logits, labels = torch.randn(8, 4), torch.tensor([0, 0, 0, 0, 1, 1, 2, 3])
    first.loss(logits, labels)
    second.load_state_dict(first.state_dict())
    labels = labels.flip(0).clamp(max=2)
    expected = first.loss(logits, labels).item()
    assert second.loss(logits, labels).item() == expected
    assert scheme("seesaw").loss(logits, labels).item() != pytest.approx(expected)
    assert scheme("cb-drw").state_dict() == {}


def test_loss_draws_differ_by_seed_and_repeat_after_a_restart():
    def values(seed, epoch):
        plan = build_scheme(resolve_scheme("gcl"), COUNTS, 5, seed=seed)
        plan.set_epoch(epoch)
        cosines = torch.zeros(6, 4)
        return [plan.loss(cosines, torch.full((6,), 1)).item() for _ in range(3)]

    assert values(0, 2) == values(0, 2)
    assert values(0, 2) != values(1, 2)
    assert len(set(values(0, 2))) == 3


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="class 1 has 0 images"):
        build_scheme(resolve_scheme("ce"), [3, 0], 5)
    with pytest.raises(ValueError, match="epochs=0"):
        build_scheme(resolve_scheme("ce"), COUNTS, 0)
    with pytest.raises(ValueError, match="classifier of 5 classes does not fit class_counts of 4"):
        scheme("ce").make_classifier(16, 5)
    with pytest.raises(ValueError, match="logits of shape"):
        scheme("ce").loss(torch.zeros(2, 5), torch.zeros(2, dtype=torch.long))
