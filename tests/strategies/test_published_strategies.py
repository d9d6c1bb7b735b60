from collections.abc import Callable

import pytest
import torch

from imbnas.schemes import SCHEMES, TrainingScheme, resolve_scheme
from imbnas.strategies.adaptation import Adaptation
from imbnas.strategies.published import undelayed
from imbnas.strategies.registry import build_strategy
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.topology import TopologySupernet

DEFERRED = [
    spec.name
    for spec in map(resolve_scheme, SCHEMES.names())
    if any(value is not None for field, value in spec if "deferred" in field)
]
Changed = Callable[[torch.nn.Module, torch.nn.Module], set[str]]
Make = Callable[..., Adaptation]


def test_p0_trains_nothing(
    source: TopologySupernet, adaptation: Adaptation, changed: Changed
) -> None:
    adapted = build_strategy("p0", {}).adapt(adaptation)
    assert changed(source, adapted) == set()
    assert adaptation.trainer.spending.macs == 0


def test_p1_leaves_every_backbone_tensor_bit_unchanged(
    source: TopologySupernet, adaptation: Adaptation, changed: Changed
) -> None:
    adapted = build_strategy("p1", {}).adapt(adaptation)
    assert changed(source, adapted) == {"classifier"}
    assert adaptation.trainer.spending.images_seen == 2 * 2 * 32


def test_the_drifting_p1_moves_statistics_and_nothing_else_of_the_backbone(
    source: TopologySupernet, adaptation_with: Make
) -> None:
    kept, drifted = (
        build_strategy(name, {}).adapt(adaptation_with()).state_dict()
        for name in ("p1", "p1-drift")
    )
    moved = {
        name
        for name, value in source.state_dict().items()
        if name.startswith("network") and not torch.equal(value, drifted[name])
    }
    assert moved
    assert all("running" in name or "tracked" in name for name in moved)
    # Batches are normalised by themselves either way, so that the classifier learns the same.
    for name in ("classifier.weight", "classifier.bias"):
        assert torch.equal(kept[name], drifted[name])


@pytest.mark.parametrize("name", DEFERRED)
@pytest.mark.parametrize("strategy", ["p1", "p1-drift"])
def test_p1_defers_nothing(
    adaptation_with: Make, monkeypatch: pytest.MonkeyPatch, strategy: str, name: str
) -> None:
    given = []
    monkeypatch.setattr(PathTrainer, "train", lambda *args, **_: given.append(args[2]))
    adaptation = adaptation_with(name)
    build_strategy(strategy, {}).adapt(adaptation)
    (used,) = given
    delays = {field: value for field, value in used if "deferred" in field and value is not None}
    # A warm-up is no delay.
    assert delays == ({"deferred_from": 0.5} if name == "influence-balanced" else {})
    # All the rest of the scheme stays.
    asked = adaptation.scheme.model_dump()
    assert {key for key, value in used.model_dump().items() if value != asked[key]} <= {
        field for field in asked if "deferred" in field
    }


def test_all_kinds_of_deferral_are_tested() -> None:
    assert {"cb-drw", "ldam-drw", "ce-drs", "ldam-drs", "influence-balanced"} <= set(DEFERRED)


@pytest.mark.parametrize("fields", [{}, {"sampler_deferred_from_epoch": 160}])
def test_an_undelayed_sampler_draws_by_class_in_the_first_epoch(fields: dict[str, int]) -> None:
    deferred = resolve_scheme("ce-drs", fields)
    before, after = (
        TrainingScheme(spec, (50, 5), epochs=200) for spec in (deferred, undelayed(deferred))
    )
    assert [before.sampler_at(epoch) for epoch in (0, 159, 160)] == [
        "instance",
        "instance",
        "balanced",
    ]
    assert {after.sampler_at(epoch) for epoch in range(200)} == {"balanced"}


def test_p2_tunes_the_backbone(
    source: TopologySupernet, adaptation: Adaptation, changed: Changed
) -> None:
    adapted = build_strategy("p2", {}).adapt(adaptation)
    assert changed(source, adapted) == {"network", "classifier"}


@pytest.mark.parametrize("options", [{"freeze_after": 0}, {"freeze_after_fraction": 0.0}])
def test_p2_frozen_from_the_start_is_p1_under_the_same_schedule(
    adaptation_with: Make, changed: Changed, options: dict[str, object]
) -> None:
    # cb-ce weighs from the start, as p1 makes any scheme do.
    first, second = adaptation_with("cb-ce"), adaptation_with("cb-ce")
    p1 = build_strategy("p1", {}).adapt(first)
    p2 = build_strategy("p2", options).adapt(second)
    assert changed(p1, p2) == set()
    assert first.trainer.spending == second.trainer.spending


def test_p2_stops_tuning_the_backbone_where_it_is_told(
    adaptation_with: Make, changed: Changed
) -> None:
    recipe = {"epochs": 4, "schedule": "constant"}
    spent = {}
    for label, options in {
        "never": {},
        "half": {"freeze_after": 2},
        "fraction": {"freeze_after_fraction": 0.5},
        "end": {"freeze_after": 4},
    }.items():
        adaptation = adaptation_with("ce", **recipe)
        spent[label] = (build_strategy("p2", options).adapt(adaptation), adaptation.trainer)
    assert changed(spent["half"][0], spent["fraction"][0]) == set()
    assert changed(spent["never"][0], spent["end"][0]) == set()
    # After two epochs the backbone is what two epochs make of it.
    short = build_strategy("p2", {}).adapt(adaptation_with("ce", epochs=2, schedule="constant"))
    assert changed(short, spent["half"][0]) == {"classifier"}
    assert spent["half"][1].spending.macs < spent["never"][1].spending.macs


def test_p3_starts_from_scratch(
    source: TopologySupernet, adaptation: Adaptation, changed: Changed
) -> None:
    adapted = build_strategy("p3", {}).adapt(adaptation)
    assert adapted is not adaptation.supernet
    assert changed(source, adaptation.supernet) == set()


def test_a_warm_p3_starts_from_the_source_with_a_new_classifier(
    source: TopologySupernet, adaptation_with: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = {}

    def spy(self, supernet, scheme, recipe):
        started.update({name: value.clone() for name, value in supernet.state_dict().items()})

    monkeypatch.setattr(PathTrainer, "train", spy)
    adaptation = adaptation_with()
    build_strategy("p3-warm", {}).adapt(adaptation)
    for name, value in source.state_dict().items():
        assert torch.equal(value, started[name]) != name.startswith("classifier")
    fresh = adaptation.fresh_supernet().state_dict()
    assert torch.equal(started["classifier.weight"], fresh["classifier.weight"])


def test_p3_and_its_warm_start_cost_the_same_and_differ(
    adaptation_with: Make, changed: Changed
) -> None:
    cold, warm = adaptation_with(), adaptation_with()
    adapted = (
        build_strategy("p3", {}).adapt(cold),
        build_strategy("p3-warm", {}).adapt(warm),
    )
    assert cold.trainer.spending == warm.trainer.spending
    assert changed(*adapted) == {"network", "classifier"}


def test_p1_is_cheaper_than_p3(adaptation: Adaptation) -> None:
    build_strategy("p1", {}).adapt(adaptation)
    cheap = adaptation.trainer.spending.macs
    build_strategy("p3", {}).adapt(adaptation)
    # A frozen backbone needs a third of the operations; paths differ, hence the margin.
    assert cheap < 0.5 * (adaptation.trainer.spending.macs - cheap)
