from collections.abc import Callable

import pytest
import torch

from imbnas.spaces import get_space
from imbnas.strategies.adaptation import Adaptation
from imbnas.strategies.feature_cache import _FeatureStream, cache_features
from imbnas.strategies.registry import build_strategy
from imbnas.supernet.topology import TopologySupernet
from imbnas.units.randomness import derive_seed

Changed = Callable[[torch.nn.Module, torch.nn.Module], set[str]]
SPACE = get_space("nats-tss")


def cached_paths(adaptation: Adaptation, count: int) -> tuple[str, ...]:
    return tuple(SPACE.sample(count, derive_seed(adaptation.trainer.seed, "cached paths")))


def test_only_the_classifier_changes_and_it_learns(
    source: TopologySupernet, adaptation_with: Callable[..., Adaptation], changed: Changed
) -> None:
    adaptation = adaptation_with("balanced-softmax", epochs=30, steps_per_epoch=10, lr=0.1)
    adapted = build_strategy("p1-cached", {"paths": 2}).adapt(adaptation)
    assert changed(source, adapted) == {"classifier"}
    cache = cache_features(adapted, cached_paths(adaptation, 2), adaptation.trainer, 64)
    with torch.no_grad():
        hits = adapted.classifier(cache.features).argmax(-1) == cache.labels
    # Features are random and the classifier is shared; chance is 0.1.
    assert hits.float().mean(dim=1).min() > 0.3


def test_images_go_through_each_path_once_and_the_classifier_is_counted(
    adaptation: Adaptation,
) -> None:
    build_strategy("p1-cached", {"paths": 3}).adapt(adaptation)
    spending, images = adaptation.trainer.spending, len(adaptation.train_images)
    assert spending.images_seen == 3 * images
    features, steps = adaptation.supernet.num_features, 2 * 2 * 32
    backbone = spending.macs - steps * 3 * features * 10
    macs = [SPACE.counts(p, adaptation.trainer.shape).macs for p in cached_paths(adaptation, 3)]
    assert backbone == images * sum(macs)


def test_features_are_those_of_shuffled_batches_the_same_images_for_every_path(
    adaptation: Adaptation,
) -> None:
    path = SPACE.sample(2, 5)
    cache = cache_features(adaptation.supernet, path, adaptation.trainer, 64)
    again = cache_features(adaptation.supernet, path[1:], adaptation.trainer, 64)
    assert torch.equal(cache.features[1], again.features[0])
    assert torch.equal(cache.labels, again.labels)
    assert not torch.equal(cache.labels, adaptation.train_images.labels)
    assert torch.equal(cache.labels.sort().values, adaptation.train_images.labels.sort().values)


def test_the_stream_continues_where_its_state_was_taken(adaptation: Adaptation) -> None:
    cache = cache_features(adaptation.supernet, SPACE.sample(3, 5), adaptation.trainer, 64)
    stream = _FeatureStream(cache, 16, 10, seed=3)
    list(stream.epoch(3))
    state = stream.state_dict()
    expected = [rows for rows, _ in stream.epoch(3)]
    other = _FeatureStream(cache, 16, 10, seed=4)
    other.load_state_dict(state)
    for rows, (found, _) in zip(expected, other.epoch(3), strict=True):
        assert torch.equal(rows, found)


@pytest.mark.parametrize("scheme", ["ldam-drw", "balanced-sampling", "remix"])
def test_schemes_with_other_classifiers_samplers_and_mixing(
    adaptation_with: Callable[..., Adaptation], source: TopologySupernet, scheme: str
) -> None:
    adapted = build_strategy("p1-cached", {"paths": 2}).adapt(adaptation_with(scheme))
    before, after = source.state_dict(), adapted.state_dict()
    for name, value in after.items():
        if not name.startswith("classifier"):
            assert torch.equal(value, before[name])
