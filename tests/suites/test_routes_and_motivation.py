"""Further routes of an adaptation part, motivation parts, and what a fidelity sets for a suite."""

from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import AdaptationPart, MotivationPart
from imbnas.units.frozen import canonical_json
from imbnas.units.unit import AdaptUnit, SearchUnit, SupernetUnit, TrainUnit

from ..factories import edited

LOCATIONS = DataLocations.from_options(offline=True)
TARGET = '{ condition = "digits@10x", scheme = "cb-drw" }\nstrategies'
SETTINGS = "calibration_images = 64\n"
ROUTE = (
    '{ source = { condition = "digits@10x" }, '
    'target = { condition = "digits@5x", scheme = "cb-drw" } }'
)
MOTIVATION = """
[parts.motivation]
kind = "motivation"
space = "darts"
size = 2
trainings = [{ condition = "digits@1x" }, { condition = "digits@10x", scheme = "cb-drw" }]

[fidelities.only.motivation]
epochs = 3
steps_per_epoch = 1
width = 4
depth = 1
"""


def resolved(path: Path) -> ResolvedSuite:
    return resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS))


def with_route(route: str) -> tuple[str, str]:
    return TARGET, TARGET.replace("\n", f"\nfurther = [{route}]\n")


def test_a_further_route_adds_its_own_chains_and_keeps_the_first(
    tmp_path: Path, tiny_suite: Path
) -> None:
    suite = resolved(edited(tmp_path, tiny_suite, with_route(ROUTE)))
    plan = Expansion(suite).plan(["adaptation"])
    before = Expansion(resolved(tiny_suite)).plan(["adaptation"])
    assert {u.identity for u in before.units} < {u.identity for u in plan.units}
    pairs = {
        (u.source.condition.rpartition(":")[0], u.target.condition.rpartition(":")[0])
        for u in plan.units
        if isinstance(u, AdaptUnit)
    }
    assert pairs == {("digits@1x", "digits@10x"), ("digits@10x", "digits@5x")}
    assert len(plan.retrainings) == 2 * len(before.retrainings)
    assert {r.training.condition for r in plan.retrainings} == {"digits@10x", "digits@5x"}
    part = suite.suite.parts["adaptation"]
    assert isinstance(part, AdaptationPart)
    assert list(part.routes("a")) == ["a digits@1x -> digits@10x", "a digits@10x -> digits@5x"]


def test_a_part_with_one_route_is_written_and_named_as_before(tiny_suite: Path) -> None:
    suite = resolved(tiny_suite)
    part = suite.suite.parts["adaptation"]
    assert isinstance(part, AdaptationPart)
    assert part.routes("adaptation") == {"adaptation": part}
    text = canonical_json(suite)
    later = ("further", "reweight_from", "validation_images", "motivation")
    assert not [name for name in later if name in text]
    assert "validation_images" not in canonical_json(
        next(u for u in Expansion(suite).plan().units if isinstance(u, SearchUnit))
    )


def test_two_routes_between_the_same_conditions_are_refused(
    tmp_path: Path, tiny_suite: Path
) -> None:
    again = (
        '{ source = { condition = "digits@1x", scheme = "cb-ce" }, '
        'target = { condition = "digits@10x" } }'
    )
    with pytest.raises(InputError, match="digits@1x -> digits@10x is given twice"):
        read_suite(edited(tmp_path, tiny_suite, with_route(again)))


def test_what_a_strategy_needs_holds_for_every_route(tmp_path: Path, tiny_suite: Path) -> None:
    elsewhere = '{ source = { condition = "cifar10@1x" }, target = { condition = "digits@5x" } }'
    changes = with_route(elsewhere), ('["p0", "p1"]', '["p0", "bn-only"]')
    with pytest.raises(InputError, match="'bn-only'.*'cifar10' and 'digits'"):
        read_suite(edited(tmp_path, tiny_suite, *changes))


def test_motivation_trains_networks_of_another_space_by_its_own_recipe(
    tmp_path: Path, tiny_suite: Path
) -> None:
    suite = resolved(edited(tmp_path, tiny_suite, more=MOTIVATION))
    units = Expansion(suite).plan(["motivation"]).units
    assert len(units) == 2 * 2 * 2
    assert all(isinstance(u, TrainUnit) and u.recipe.epochs == 3 for u in units)
    models = {u.model.label for u in units if isinstance(u, TrainUnit)}
    assert {model.label for model in suite.motivation["motivation"]} == models
    stored = ResolvedSuite.model_validate_json(canonical_json(suite))
    assert [u.identity for u in Expansion(stored).plan(["motivation"]).units] == [
        u.identity for u in units
    ]
    others = {u.identity for u in Expansion(suite).plan(["transfer", "adaptation"]).units}
    assert others == {
        u.identity for u in Expansion(resolved(tiny_suite)).plan(["transfer", "adaptation"]).units
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (('space = "darts"', 'space = "dart"'), "parts.motivation: unknown space 'dart'"),
        (("size = 2", 'architectures = ["DARTS_V9"]'), "parts.motivation: .*DARTS_V9"),
        (("size = 2", ""), "either architectures, or the size"),
        (("size = 2", 'size = 2\narchitectures = ["DARTS_V2"]'), "either architectures, or"),
        (("only.motivation]", "only.motivatoin]"), "did you mean 'motivation'"),
        ((MOTIVATION[MOTIVATION.index("[fid") :], ""), "'only' needs a recipe 'motivation'"),
        (("depth = 1\n", 'depth = 1\npath_sampling = "fair"\n'), "motivation.path_sampling"),
    ],
)
def test_faults_of_a_motivation_part_are_told(
    tmp_path: Path, tiny_suite: Path, changes: tuple[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        resolved(edited(tmp_path, tiny_suite, more=MOTIVATION.replace(*changes)))
    assert "\n" not in str(caught.value)


def test_networks_can_be_named_instead_of_drawn(tmp_path: Path, tiny_suite: Path) -> None:
    named = MOTIVATION.replace("size = 2", 'architectures = ["DARTS_V2"]')
    suite = resolved(edited(tmp_path, tiny_suite, more=named))
    assert isinstance(suite.suite.parts["motivation"], MotivationPart)
    (network,) = suite.motivation["motivation"]
    assert network.architecture.startswith("Genotype(")


def test_a_fidelity_can_validate_by_another_protocol(tmp_path: Path, tiny_suite: Path) -> None:
    path = edited(tmp_path, tiny_suite, (SETTINGS, SETTINGS + 'protocol = "paper"\n'))
    suite = resolved(path)
    assert (suite.protocol, suite.suite.protocol) == ("paper", "strict")
    assert {facts.condition.protocol for facts in suite.conditions.values()} == {"paper"}
    data = {u.data.protocol for u in Expansion(suite).plan().units if isinstance(u, SupernetUnit)}
    assert data == {"paper"}
    # Its replicates are repetitions on the same images.
    trained = [u for u in Expansion(suite).plan().units if isinstance(u, TrainUnit)]
    assert {u.replicate for u in trained} == {0, 1}
    assert {u.data.condition.partition(":subset-")[2] for u in trained} == {"0"}
    assert len({u.identity for u in trained}) == len(trained)


def test_channel_statistics_must_fit_the_images(tmp_path: Path, tiny_suite: Path) -> None:
    statistics = "channel_statistics = { mean = [0.5, 0.5, 0.5], std = [0.2, 0.2, 0.2] }\n"
    recipe = "[fidelities.only.supernet]\n"
    path = edited(tmp_path, tiny_suite, (recipe, recipe + statistics))
    said = r"fidelities\.only\.supernet: channel_statistics are for 3 channels, dataset 'digits'"
    with pytest.raises(InputError, match=said):
        resolved(path)


def test_weights_start_at_the_epoch_that_a_fidelity_sets(tmp_path: Path, tiny_suite: Path) -> None:
    strategies = ('["p0", "p1"]', '["p2", "p3"]')
    epochs = "reweight_from = { network = 1, adaptation = 0 }\n"
    before = resolved(edited(tmp_path, tiny_suite, strategies))
    after = resolved(edited(tmp_path, tiny_suite, strategies, (SETTINGS, SETTINGS + epochs)))

    def switches(suite: ResolvedSuite) -> dict[str, tuple[int | None, float | None]]:
        return {
            u.strategy.label if isinstance(u, AdaptUnit) else f"train {u.scheme.name}": (
                u.scheme.deferred_from_epoch,
                u.scheme.deferred_from,
            )
            for u in Expansion(suite).plan().units
            if isinstance(u, AdaptUnit | TrainUnit)
        }

    own = (None, 0.8)
    plain = {"train ce": (None, None)}
    assert switches(before) == plain | {"p2": own, "p3": own, "train cb-drw": own}
    # The supernet recipe has no epoch of its own, and plain cross entropy nothing to defer.
    assert switches(after) == plain | {"p2": (0, None), "p3": own, "train cb-drw": (1, None)}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("reweight_from = { network = 2 }", "network: epoch 2 does not come in 2 epochs"),
        ("reweight_from = { motivation = 1 }", "there is no recipe 'motivation'"),
        ("reweight_from = { supernets = 1 }", "did you mean 'supernet'"),
        ("validation_images = 9", "only.validation_images: 9 are fewer than the 10 classes"),
        ('protocol = "papers"', "protocol: .*'strict' or 'paper'"),
    ],
)
def test_faults_of_the_settings_are_told(
    tmp_path: Path, tiny_suite: Path, settings: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        resolved(edited(tmp_path, tiny_suite, (SETTINGS, f"{SETTINGS}{settings}\n")))
