import json
from collections.abc import Callable
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.rankers.registry import RANKERS
from imbnas.suites.expand import Expansion
from imbnas.suites.load import load_suite, read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import SuiteFile, TransferPart
from imbnas.units.unit import RankUnit, TrainUnit

LOCATIONS = DataLocations.from_options(offline=True)
WithRankers = Callable[[str], Path]


@pytest.fixture
def with_rankers(tmp_path: Path, tiny_suite: Path) -> WithRankers:
    """The tiny suite with a list of rankers."""

    def write(rankers: str) -> Path:
        path, start = tmp_path / "ranked.toml", '[parts.transfer]\nkind = "transfer"\n'
        text = tiny_suite.read_text()
        assert start in text
        path.write_text(text.replace(start, f"{start}rankers = {rankers}\n"))
        return path

    return write


def resolve(suite: SuiteFile) -> ResolvedSuite:
    return resolve_suite(SuiteRequest(suite, "only", LOCATIONS))


def test_every_training_of_every_replicate_is_ranked_by_every_ranker(
    with_rankers: WithRankers,
) -> None:
    path = with_rankers('["synflow", { name = "snip", options = { batch_size = 16 } }]')
    expansion = Expansion(resolve(read_suite(path)))
    part = expansion.resolved.suite.parts["transfer"]
    assert isinstance(part, TransferPart)
    units = [u for u in expansion.plan().units if isinstance(u, RankUnit)]
    assert set(units) == set(expansion.rankings(part))
    found = {(u.ranker.label, u.data.condition, u.scheme.name, u.replicate) for u in units}
    assert found == {
        (ranker, f"{condition}:subset-{replicate}", scheme, replicate)
        for ranker in ("synflow", "snip(batch_size=16)")
        for condition, scheme in (("digits@1x", "ce"), ("digits@10x", "cb-drw"))
        for replicate in (0, 1)
    }
    trained = {u.model.label for u in expansion.transfer(part)}
    for unit in units:
        assert set(unit.architectures) == trained
        assert unit.recipe == expansion.resolved.settings.network
        assert not unit.requires


def test_the_order_of_a_list_does_not_change_what_is_done(with_rankers: WithRankers) -> None:
    first, second = (
        {u.identity for u in Expansion(resolve(read_suite(with_rankers(text)))).plan().units}
        for text in ('["snip", "naswot"]', '[{ name = "naswot" }, "snip"]')
    )
    assert first == second


def test_without_rankers_nothing_is_stored_of_them(tiny_suite: Path) -> None:
    resolved = resolve(read_suite(tiny_suite))
    assert "rankers" not in json.dumps(resolved.model_dump(mode="json"))
    assert ResolvedSuite.model_validate_json(resolved.model_dump_json()).rankers == {}


def test_a_resolved_suite_with_rankers_is_read_back(with_rankers: WithRankers) -> None:
    path = with_rankers('[{ name = "snip", options = { batch_size = 16 } }]')
    resolved = resolve(read_suite(path))
    again = ResolvedSuite.model_validate_json(resolved.model_dump_json())
    assert [u.identity for u in Expansion(again).plan().units] == [
        u.identity for u in Expansion(resolved).plan().units
    ]


def test_identities_of_trainings_do_not_depend_on_rankers(
    tiny_suite: Path, with_rankers: WithRankers
) -> None:
    plain, ranked = (
        {u.identity for u in Expansion(resolve(read_suite(path))).plan().units}
        for path in (tiny_suite, with_rankers('["snip"]'))
    )
    assert plain < ranked
    assert len(ranked - plain) == 4


@pytest.mark.parametrize(
    ("rankers", "said"),
    [
        ('["snip", "snip"]', r"transfer\.rankers: snip is given twice"),
        ('[{ nmae = "snip" }]', r"rankers\.0\.nmae: unknown key; did you mean 'name'"),
        (
            '[{ name = "snip", options = { batch = 2 } }]',
            r"rankers\.0: ranker 'snip': option 'batch': unknown option; did you mean 'batch_size'",
        ),
        ("[3]", "rankers"),
    ],
)
def test_faults_are_told_when_the_suite_is_read(
    with_rankers: WithRankers, rankers: str, said: str
) -> None:
    path = with_rankers(rankers)
    with pytest.raises(InputError, match=said) as caught:
        read_suite(path)
    assert f"{path}:10:" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_ranker_is_told_when_the_suite_is_resolved(with_rankers: WithRankers) -> None:
    suite = read_suite(with_rankers('["snap"]'))
    with pytest.raises(
        InputError, match=r"transfer\.rankers\.0: unknown ranker 'snap'; did you mean"
    ):
        resolve(suite)


def test_a_batch_too_large_for_its_images_is_told_before_anything_runs(
    with_rankers: WithRankers,
) -> None:
    suite = read_suite(with_rankers('["snip", "jacob-cov"]'))
    with pytest.raises(InputError) as caught:
        resolve(suite)
    assert str(caught.value) == (
        "suite 'tiny': parts.transfer.rankers.1: ranker 'jacob-cov' on digits@1x: option "
        "'batch_size': the correlation of 64 images of 64 values is singular for every network; "
        "give fewer, such as 32"
    )
    fewer = '[{ name = "jacob-cov", options = { batch_size = 63 } }]'
    assert set(resolve(read_suite(with_rankers(fewer))).rankers) == {"jacob-cov(batch_size=63)"}


def test_the_full_suite_compares_every_built_in_ranker() -> None:
    part = load_suite("lt-digits").parts["rankers"]
    assert isinstance(part, TransferPart)
    listed = {ranker.name for ranker in part.rankers}
    assert listed == {e.name for e in RANKERS.entries() if e.origin == "imbnas"}


def test_a_ranking_comes_before_the_single_trainings(with_rankers: WithRankers) -> None:
    units = Expansion(resolve(read_suite(with_rankers('["snip"]')))).plan(["transfer"]).units
    kinds = [isinstance(unit, TrainUnit) for unit in units]
    assert kinds == sorted(kinds)
