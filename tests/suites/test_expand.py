from pathlib import Path

import pytest
from PIL import Image

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.registry import Registry
from imbnas.suites import resolve
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import TransferPart
from imbnas.units.frozen import canonical_json
from imbnas.units.unit import AdaptUnit, SearchUnit, SupernetUnit, TrainUnit

LOCATIONS = DataLocations.from_options(offline=True)


@pytest.fixture
def resolved(expansion: Expansion) -> ResolvedSuite:
    return expansion.resolved


def test_the_plan_holds_every_unit_once_in_an_order_that_can_be_done(
    resolved: ResolvedSuite,
) -> None:
    plan = Expansion(resolved).plan()
    kinds = [unit.kind for unit in plan.units]
    # 2 replicates: a supernet; p0 and p1 adapted, searched and scored; 1 baseline; 4 networks × 2.
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "supernet": 2,
        "adapt": 4,
        "search": 8,
        "train": 2 + 16,
    }
    seen: set[str] = set()
    for unit in plan.units:
        assert unit.identity not in seen
        assert set(unit.requires) <= seen
        seen.add(unit.identity)
    assert len(plan.retrainings) == 4


def test_a_stored_suite_expands_to_the_same_units(resolved: ResolvedSuite) -> None:
    stored = ResolvedSuite.model_validate_json(canonical_json(resolved))
    before = [unit.identity for unit in Expansion(resolved).plan().units]
    assert [unit.identity for unit in Expansion(stored).plan().units] == before


def test_a_part_alone_holds_only_what_it_needs(resolved: ResolvedSuite) -> None:
    units = Expansion(resolved).plan(["transfer"]).units
    assert all(isinstance(unit, TrainUnit) for unit in units)
    assert len(units) == 16


def test_replicates_vary_subset_and_number_together(resolved: ResolvedSuite) -> None:
    expansion = Expansion(resolved)
    part = resolved.suite.parts["transfer"]
    assert isinstance(part, TransferPart)
    first, second = (expansion.population(part.targets[0], r)[0] for r in (0, 1))
    assert first.data.condition == "digits@10x:subset-0"
    assert second.data.condition == "digits@10x:subset-1"
    assert first.data.manifest_sha256 != second.data.manifest_sha256


def test_more_replicates_keep_the_units_of_fewer(resolved: ResolvedSuite) -> None:
    more = resolve_suite(SuiteRequest(resolved.suite, "only", LOCATIONS, replicates=3))
    old = {unit.identity for unit in Expansion(resolved).plan().units}
    assert old < {unit.identity for unit in Expansion(more).plan().units}


def test_p0_is_scored_on_the_source_and_p1_on_the_target(resolved: ResolvedSuite) -> None:
    scored = {
        (unit.scored_on.condition.partition(":")[0])
        for unit in Expansion(resolved).plan(["adaptation"]).units
        if isinstance(unit, SearchUnit)
    }
    assert scored == {"digits@1x", "digits@10x"}
    adapts = [u for u in Expansion(resolved).plan().units if isinstance(u, AdaptUnit)]
    supernets = [u for u in Expansion(resolved).plan().units if isinstance(u, SupernetUnit)]
    assert {a.supernet for a in adapts} == {s.identity for s in supernets}


@pytest.mark.parametrize(
    ("population", "members", "classes", "rule"),
    [
        ("size = 4, seed = 3", 4, 4, "4 distinct functions"),
        ('rule = "stratified", size = 5, seed = 3', 5, 5, "stratified by MACs"),
        ('rule = "iso-macs", macs = 149340810', 135, 93, "all 135 of 149340810 MACs"),
        ('rule = "all"', 4929, 4929, "all 4929 live functional classes"),
    ],
)
def test_populations_by_rule(
    tmp_path: Path, tiny_suite: Path, population: str, members: int, classes: int, rule: str
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(tiny_suite.read_text().replace("size = 4, seed = 3", population))
    resolved = resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS))
    assert len(resolved.population) == members
    assert len({member.functional_id for member in resolved.population}) == classes
    assert rule in resolved.population_rule


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"p0", "p1"', '"p0", "p9"', "unknown strategy 'p9'"),
        ('scheme = "cb-drw" },\n]', 'scheme = "cb-drv" },\n]', "did you mean 'cb-drw'"),
        ('name = "evolution"', 'name = "evolutoin"', "did you mean 'evolution'"),
        ('space = "nats-tss"', 'space = "nats-tsz"', "did you mean 'nats-tss'"),
        ('"mobilenetv3_small_050"', '"mobilenetv3_smal_050"', "mobilenetv3_small_050"),
        ("digits@1x", "digitz@1x", "did you mean 'digits'"),
    ],
)
def test_unknown_names_are_found_when_the_suite_is_resolved(
    tmp_path: Path, tiny_suite: Path, old: str, new: str, said: str
) -> None:
    text = tiny_suite.read_text()
    assert old in text
    path = tmp_path / "s.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=said):
        resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS))


def test_adapting_in_a_space_without_supernet_is_refused(
    tiny_suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "SUPERNETS", Registry("supernet", {"other": ("m:f", "1", "s")}))
    with pytest.raises(InputError, match=r"parts\.adaptation: space 'nats-tss' has no supernet"):
        resolve_suite(SuiteRequest(read_suite(tiny_suite), "only", LOCATIONS))


def test_adapting_to_images_of_other_channels_is_refused(tmp_path: Path, tiny_suite: Path) -> None:
    for split in ("train", "test"):
        for label in range(2):
            folder = tmp_path / "colour" / split / str(label)
            folder.mkdir(parents=True)
            for number in range(12):
                Image.new("RGB", (8, 8), (40 * label, number, 3)).save(folder / f"{number}.png")
    path = tmp_path / "s.toml"
    text = tiny_suite.read_text()
    old = 'target = { condition = "digits@10x"'
    assert old in text
    path.write_text(text.replace(old, old.replace("digits@10x", "c@1x")))
    locations = DataLocations.from_options(datasets=[f"c={tmp_path / 'colour'}"], offline=True)
    with pytest.raises(InputError, match="'digits' have 1 channels, those of 'c' 3"):
        resolve_suite(SuiteRequest(read_suite(path), "only", locations))


def test_a_baseline_must_take_the_images_of_every_dataset(tmp_path: Path, tiny_suite: Path) -> None:
    for split in ("train", "test"):
        for label in range(2):
            folder = tmp_path / "small" / split / str(label)
            folder.mkdir(parents=True)
            for number in range(12):
                Image.new("L", (3, 3), 40 * label + number).save(folder / f"{number}.png")
    path = tmp_path / "s.toml"
    old = 'trainings = [{ condition = "digits@10x"'
    assert old in tiny_suite.read_text()
    path.write_text(tiny_suite.read_text().replace(old, old.replace("digits@10x", "z@1x")))
    locations = DataLocations.from_options(datasets=[f"z={tmp_path / 'small'}"], offline=True)
    with pytest.raises(InputError, match="cannot take images of 3 pixels"):
        resolve_suite(SuiteRequest(read_suite(path), "only", locations))
