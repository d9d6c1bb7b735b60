import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from imbnas.data.image_sets import ImageSet
from imbnas.data.manifests import Manifest
from imbnas.spaces import get_space
from imbnas.strategies.adaptation import Adaptation
from imbnas.strategies.closed_form import class_means, ridge
from imbnas.strategies.head_per_arch import HeadForEach
from imbnas.strategies.registry import build_strategy
from imbnas.supernet.heads import HeadMaker
from imbnas.supernet.scoring import Scorer
from imbnas.supernet.topology import TopologySupernet

Changed = Callable[[torch.nn.Module, torch.nn.Module], set[str]]
SPACE = get_space("nats-tss")


def test_bn_only_changes_nothing_and_is_scored_on_the_target(
    source: TopologySupernet, adaptation: Adaptation, changed: Changed
) -> None:
    strategy = build_strategy("bn-only", {})
    assert changed(source, strategy.adapt(adaptation)) == set()
    assert strategy.scores_on == "target"
    assert adaptation.trainer.spending.images_seen == 0


@pytest.mark.parametrize("tau", [0.0, 1.0, 2.5])
def test_posthoc_subtracts_the_log_of_the_targets_shares(
    source: TopologySupernet, adaptation: Adaptation, changed: Changed, tau: float
) -> None:
    adapted = build_strategy("posthoc", {"tau": tau}).adapt(adaptation)
    assert changed(source, adapted) <= {"classifier"}
    features = torch.randn(5, source.num_features, generator=torch.Generator().manual_seed(0))
    counts = adaptation.class_counts
    for row, before in zip(adapted.classifier(features), source.classifier(features), strict=True):
        for label, count in enumerate(counts):
            expected = before[label].item() - tau * math.log(count / sum(counts))
            assert row[label].item() == pytest.approx(expected, abs=1e-5)
    assert adaptation.trainer.spending.macs == 0


def blobs(sizes: list[int], width: int, spread: float) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    labels = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    centres = torch.randn(len(sizes), width, generator=generator) * 3
    noise = torch.randn(len(labels), width, generator=generator) * spread
    return centres[labels] + noise, labels


def test_ridge_solves_the_weighted_least_squares_problem() -> None:
    features, labels = blobs([40, 12, 5], 6, 1.0)
    head = ridge(features, labels, 3, strength=0.05)
    rows, truth = features.double().numpy(), np.eye(3)[labels.numpy()]
    weights = 1 / (3 * np.array([40, 12, 5])[labels.numpy()])
    centre = weights @ rows
    variance = np.mean(weights @ (rows - centre) ** 2)
    # The same problem as ordinary least squares: rows scaled by the root of their weights, and
    # one row for each penalised coefficient; the intercept stands in a column of its own.
    root = np.sqrt(weights)[:, None]
    penalty = np.sqrt(0.05 * variance) * np.hstack([np.eye(6), np.zeros((6, 1))])
    design = np.vstack([root * np.hstack([rows, np.ones((len(rows), 1))]), penalty])
    wanted, *_ = np.linalg.lstsq(design, np.vstack([root * truth, np.zeros((6, 3))]), rcond=None)
    expected = np.hstack([rows, np.ones((len(rows), 1))]) @ wanted
    np.testing.assert_allclose(head.logits(features).numpy(), expected, atol=1e-5)
    assert head.macs == 57 * 6 * 9 + 6**3 // 3 + 36 * 3


def test_ridge_does_not_depend_on_how_often_a_class_is_repeated() -> None:
    features, labels = blobs([10, 10, 10], 4, 1.0)
    repeated = torch.cat([features, features[labels == 0].repeat(6, 1)])
    more = torch.cat([labels, torch.zeros(60, dtype=torch.int64)])
    first, second = ridge(features, labels, 3, 0.01), ridge(repeated, more, 3, 0.01)
    torch.testing.assert_close(first.logits(features), second.logits(features))


def test_class_means_name_the_nearest_mean() -> None:
    features, labels = blobs([30, 6, 3], 5, 0.05)
    head = class_means(features, labels, 4)
    assert torch.equal(head.logits(features).argmax(1), labels)  # the absent class is never named


def test_ridge_survives_features_that_are_constant() -> None:
    logits = ridge(torch.ones(6, 3), torch.tensor([0, 0, 0, 0, 1, 1]), 2, 0.01).logits
    assert torch.isfinite(logits(torch.ones(2, 3))).all()


@pytest.mark.parametrize("options", [{}, {"head": "means"}])
def test_each_candidate_is_scored_with_a_head_of_its_own(
    target: tuple[Manifest, ImageSet, ImageSet], adaptation: Adaptation, options: dict[str, object]
) -> None:
    _, train, validation = target
    strategy = build_strategy("head-per-arch", options)
    assert isinstance(strategy, HeadForEach)
    supernet = strategy.adapt(adaptation)
    seen: list[torch.Tensor] = []

    def fit(features, labels):
        assert torch.equal(labels, train.labels)
        assert not supernet.training
        seen.append(features)
        return strategy.head_for(features, labels, 10)

    scorer = Scorer(supernet, train, validation, 256, HeadMaker(fit, train, 256))
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    rng = np.random.default_rng(0)
    first, second = (SPACE.random(rng) for _ in range(2))
    scores = [scorer.score(first), scorer.score(second), scorer.score(first)]
    assert scores[0] == scores[2] > 0.3  # random features, yet far above the 0.1 of chance
    assert not torch.equal(seen[0], seen[1])
    assert torch.equal(seen[0], seen[2])
    assert scorer.images_each == 2 * len(train) + len(validation)
    assert scorer.head_macs > 0
    for name, value in supernet.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_heads_refuse_options_that_do_not_belong_together() -> None:
    with pytest.raises(ValueError, match="strength is for head 'ridge'"):
        build_strategy("head-per-arch", {"head": "means", "strength": 0.1})
