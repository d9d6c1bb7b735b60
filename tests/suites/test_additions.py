"""What a command line adds to a suite."""

import pytest

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.suites.additions import Additions, extended_suite
from imbnas.suites.expand import Expansion
from imbnas.suites.load import load_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite

DIGITS = load_suite("lt-digits")


def added(*parts: str, fidelity: str = "smoke", **given: tuple[str, ...]):
    return extended_suite(DIGITS, fidelity, Additions(**given), parts)


def test_each_goes_to_the_first_part_of_its_kind() -> None:
    suite = added(
        strategies=("p2(freeze_after_fraction=0.5)", "posthoc"),
        rankers=("snip",),
        baselines=("resnet10t_w4",),
        schemes=("ldam-drw",),
        conditions=("digits@50x:half-2", "digits@50x:half-2 cb-drw"),
    )
    parts, before = suite.parts, DIGITS.parts
    assert [*parts["adaptation"].choices][-2:] == ["p2(freeze_after_fraction=0.5)", "posthoc"]
    assert parts["adaptation"].strategies[-1] == "posthoc"  # as the suite file would say it
    assert [ranker.label for ranker in parts["transfer"].rankers] == ["snip"]
    assert parts["baselines"].models[-1] == "resnet10t_w4"
    further = [
        str(target) for target in parts["transfer"].targets[len(before["transfer"].targets) :]
    ]
    assert further == [
        "digits@20x:half-2 with scheme ldam-drw",  # not on the balanced control
        "digits@50x:half-2 with scheme ce",
        "digits@50x:half-2 with scheme cb-drw",
    ]
    for name in before.keys() - {"adaptation", "transfer", "baselines"}:
        assert parts[name] == before[name]


def test_named_parts_all_get_it() -> None:
    suite = added("adaptation", "searchers", strategies=("posthoc",))
    assert all("posthoc" in suite.parts[name].choices for name in ("adaptation", "searchers"))


@pytest.mark.parametrize(
    ("given", "parts", "said"),
    [
        ({"strategies": ("p2",)}, (), "--strategy p2: part 'adaptation': p2 is given twice"),
        ({"strategies": ("p2)",)}, (), "write NAME or .NAME"),
        ({"strategies": ("p2(freeze)",)}, (), "'freeze' is not OPTION=VALUE"),
        ({"rankers": ("snip",)}, ("adaptation",), "no part for it among those named"),
        ({"schemes": ("cb-drw",)}, (), "--scheme cb-drw: part 'transfer' has it already"),
        ({"conditions": ("digits@50x a b",)}, (), "write 'CONDITION' or 'CONDITION SCHEME'"),
        ({"conditions": (" ",)}, (), "write 'CONDITION' or 'CONDITION SCHEME'"),
        ({"conditions": ("digits@x",)}, (), "condition 'digits@x'"),
        ({"conditions": ("digits@1x:half-1",)}, (), "is the reference and a target"),
    ],
)
def test_faults_name_the_option(given, parts, said: str) -> None:
    with pytest.raises(InputError, match=said):
        added(*parts, **given)


def test_what_was_added_stands_in_the_suite_and_shares_all_other_units() -> None:
    locations = DataLocations.from_options(offline=True)
    additions = Additions(strategies=("posthoc",))
    plain = resolve_suite(SuiteRequest(DIGITS, "smoke", locations))
    suite = extended_suite(DIGITS, "smoke", additions)
    more = resolve_suite(SuiteRequest(suite, "smoke", locations, added=additions.named))
    assert more.added == {"strategies": ("posthoc",)}
    assert (more.scale, plain.scale) == ("smoke + strategies posthoc", "smoke")
    before = {unit.identity for unit in Expansion(plain).plan().units}
    new = [unit for unit in Expansion(more).plan().units if unit.identity not in before]
    assert {unit.kind for unit in new} == {"adapt", "search"}
    assert before < {unit.identity for unit in Expansion(more).plan().units}


def test_a_run_with_additions_has_a_directory_of_its_own() -> None:
    additions = Additions(strategies=("p2(freeze_after_fraction=0.5)",), baselines=("b/x.toml",))
    assert additions.suffix == "+p2-freeze_after_fraction-0.5+b-x.toml"
    assert Additions().suffix == ""
