import json
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import AdaptationPart
from imbnas.units.frozen import canonical_json
from imbnas.units.unit import AdaptUnit, Unit

LOCATIONS = DataLocations.from_options(offline=True)
NAMES = '["p0", "p1"]'


def suite_with(folder: Path, tiny_suite: Path, strategies: str, **changes: str) -> Path:
    text = tiny_suite.read_text()
    for old, new in {NAMES: strategies, **changes}.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "s.toml"
    path.write_text(text)
    return path


def resolved(path: Path, locations: DataLocations = LOCATIONS) -> ResolvedSuite:
    return resolve_suite(SuiteRequest(read_suite(path), "only", locations))


def adapt_units(suite: ResolvedSuite) -> dict[str, AdaptUnit]:
    """The first replicate's adaptations by the strategy's label."""
    units: tuple[Unit, ...] = Expansion(suite).plan(["adaptation"]).units
    return {
        unit.strategy.label: unit
        for unit in units
        if isinstance(unit, AdaptUnit) and unit.replicate == 0
    }


def test_options_are_part_of_label_and_identity(tmp_path: Path, tiny_suite: Path) -> None:
    entries = (
        '["p2", { name = "p2", options = { freeze_after = 1 } }, '
        '{ name = "p2", options = { freeze_after_fraction = 0.5 } }, '
        '{ name = "p3", options = { scheme = "ce" } }]'
    )
    suite = resolved(suite_with(tmp_path, tiny_suite, entries))
    units = adapt_units(suite)
    assert list(units) == [
        "p2", "p2(freeze_after=1)", "p2(freeze_after_fraction=0.5)", "p3(scheme=ce)",
    ]  # fmt: skip
    assert set(suite.strategies) == set(units)
    assert len({unit.identity for unit in units.values()}) == 4
    assert units["p2(freeze_after=1)"].strategy.options == (("freeze_after", 1),)
    assert "by p2(freeze_after=1)" in units["p2(freeze_after=1)"].label
    assert units["p3(scheme=ce)"].scheme.name == "ce"
    assert units["p2"].scheme.name == "cb-drw"
    stored = ResolvedSuite.model_validate_json(canonical_json(suite))
    assert canonical_json(stored) == canonical_json(suite)
    assert {u.identity for u in adapt_units(stored).values()} == {
        u.identity for u in units.values()
    }


def test_names_without_options_are_stored_as_before(tmp_path: Path, tiny_suite: Path) -> None:
    plain = resolved(tiny_suite)
    tables = '[{ name = "p0" }, { name = "p1", options = {} }]'
    assert canonical_json(resolved(suite_with(tmp_path, tiny_suite, tables))) == canonical_json(
        plain
    )
    held = json.loads(canonical_json(plain))
    assert held["suite"]["parts"]["adaptation"]["strategies"] == ["p0", "p1"]
    assert "scheme" not in held["strategies"]["p1"]
    unit = json.loads(canonical_json(adapt_units(plain)["p1"]))
    assert unit["strategy"] == {"name": "p1", "options": [], "source_sha256": None, "version": "2"}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (
            '["p0", { name = "p2", options = { freeze_afer = 1 } }]',
            "parts.adaptation.strategies.1: strategy 'p2': option 'freeze_afer': unknown option",
        ),
        ('[{ name = "p0", options = { x = 1 } }]', "strategies.0: strategy 'p0': option 'x': it"),
        ('[{ name = "p3", options = { scheme = "c" } }]', "option 'scheme': unknown scheme 'c'"),
        ('["p0", { name = "p2", opt = 1 }]', "strategies.1.opt: unknown key"),
        ('["p0", { name = "p2", option = 1 }]', "unknown key; did you mean 'options'"),
        ('["p0", { name = "p2", options = 1 }]', "strategies.1.options: "),
        ('["p0", 7]', "strategies.1: .*valid string"),
        (
            '[{ name = "p2", options = { freeze_after = 1 } }, '
            '{ name = "p2", options = { freeze_after = 1 } }]',
            r"p2\(freeze_after=1\) is given twice",
        ),
    ],
)
def test_a_fault_is_refused_at_its_line_when_the_suite_is_read(
    tmp_path: Path, tiny_suite: Path, entries: str, said: str
) -> None:
    path = suite_with(tmp_path, tiny_suite, entries)
    with pytest.raises(InputError, match=said) as caught:
        read_suite(path)
    assert f"{path}:19: parts.adaptation.strategies" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_recipe_or_the_schemes_do_not_allow_is_refused(
    tmp_path: Path, tiny_suite: Path
) -> None:
    late = suite_with(tmp_path, tiny_suite, '[{ name = "p2", options = { freeze_after = 3 } }]')
    with pytest.raises(
        InputError, match=r"parts\.adaptation: strategy 'p2': .*3 exceeds the recipe's 2 epochs"
    ):
        resolved(late)
    cosine = {'source = { condition = "digits@1x", scheme = "ce"': 'source = { condition = "digits@1x", scheme = "ldam"'}  # fmt: skip  # noqa: E501
    with pytest.raises(InputError, match="strategy 'posthoc': .*'ldam' trains a cosine one"):
        resolved(suite_with(tmp_path, tiny_suite, '["posthoc"]', **cosine))


@pytest.mark.parametrize("name", ["bn-only", "posthoc"])
def test_strategies_that_keep_the_classes_need_one_dataset(
    tmp_path: Path, tiny_suite: Path, name: str
) -> None:
    # Ten classes there, too, but others; the suite is refused before any image is looked for.
    other = {'target = { condition = "digits@10x"': 'target = { condition = "cifar10@10x"'}
    path = suite_with(tmp_path, tiny_suite, f'["p0", "{name}"]', **other)
    with pytest.raises(
        InputError, match="they are of 'digits' and 'cifar10'; leave it out"
    ) as told:
        read_suite(path)
    assert f"{path}:19: parts.adaptation.strategies.1: strategy {name!r}: needs" in str(told.value)
    assert read_suite(suite_with(tmp_path, tiny_suite, f'["p0", "{name}"]'))


def test_a_stored_suite_of_an_older_version_still_loads(tiny_suite: Path) -> None:
    held = json.loads(canonical_json(resolved(tiny_suite)))
    part = ResolvedSuite.model_validate(held).suite.parts["adaptation"]
    assert isinstance(part, AdaptationPart)
    assert list(part.choices) == ["p0", "p1"]
