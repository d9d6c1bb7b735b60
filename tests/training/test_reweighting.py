"""What deferred schemes leave to re-weighting, against the sums of the published recipes."""

import pytest

from imbnas.schemes import resolve_scheme
from imbnas.training.reweighting import reweighting
from imbnas.units.recipes import Recipe

IMAGES = 12_406
"""Of CIFAR-10 at 100x: 97 batches of 128."""


def published(**fields: object) -> Recipe:
    return Recipe(**{"schedule": "step", "gamma": 0.01, "nesterov": False, **fields})


def test_the_published_network_spends_a_thousandth_of_its_rates_after_the_switch() -> None:
    recipe = published(epochs=200, milestones=(160, 180))
    spent = reweighting(recipe, resolve_scheme("cb-drw"), IMAGES)
    # 97 steps an epoch: 160 epochs at 1, 20 at 0.01, 20 at 0.0001 of the peak.
    after = 97 * (20 * 1e-2 + 20 * 1e-4)
    assert spent is not None
    assert spent.from_epoch == 160
    assert spent.dose == pytest.approx(after)
    assert spent.share == pytest.approx(after / (97 * 160 + after))


def test_the_published_fine_tuning_spends_a_hundredth() -> None:
    recipe = published(epochs=200, milestones=(100,), lr=0.01)
    scheme = resolve_scheme("cb-drw").model_copy(
        update={"deferred_from": None, "deferred_from_epoch": 100}
    )
    spent = reweighting(recipe, scheme, IMAGES)
    assert spent is not None
    assert spent.share == pytest.approx(1 / 101)
    assert spent.dose == pytest.approx(97)


def test_a_deferred_sampler_counts_and_schemes_without_a_switch_do_not() -> None:
    recipe = Recipe(epochs=10, steps_per_epoch=1, schedule="constant")
    drawn = reweighting(recipe, resolve_scheme("ce-drs"), IMAGES)
    assert drawn is not None
    assert drawn[:2] == (8, pytest.approx(0.2))
    assert reweighting(recipe, resolve_scheme("balanced-softmax"), IMAGES) is None
