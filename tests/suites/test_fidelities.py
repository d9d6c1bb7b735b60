"""What a fidelity says of a suite: its parts, what it extends, searchers, retrainings, repeats."""

import csv
import re
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError, RefusedDirectoryError
from imbnas.runs.bind import bind_run
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Chain, Expansion, Retraining
from imbnas.suites.extension import extended
from imbnas.suites.load import load_suite, read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import AdaptationPart
from imbnas.units.frozen import canonical_json
from imbnas.units.unit import TrainUnit

from ..factories import edited

LOCATIONS = DataLocations.from_options(offline=True)
SETTINGS = "calibration_images = 64\n"
STRATEGIES = 'strategies = ["p0", "p1"]\n'
FURTHER = """
[fidelities.only.searchers.one]
name = "random"
options = { evaluations = 1 }
"""
SHORT = '\n[fidelities.short]\nextends = "only"\nparts = ["baselines"]\nnetwork = { epochs = 1 }\n'


def resolved(path: Path, fidelity: str = "only", first: int | None = None) -> ResolvedSuite:
    request = SuiteRequest(read_suite(path), fidelity, LOCATIONS, first_replicate=first)
    return resolve_suite(request)


def adaptation(suite: ResolvedSuite) -> AdaptationPart:
    part = suite.suite.parts["adaptation"]
    assert isinstance(part, AdaptationPart)
    return part


def test_a_fidelity_runs_its_own_parts_and_resolves_no_others(
    tmp_path: Path, tiny_suite: Path
) -> None:
    short = resolved(edited(tmp_path, tiny_suite, more=SHORT), "short")
    assert list(short.suite.parts) == ["baselines"]
    assert set(short.conditions) == {"digits@10x"}
    assert {unit.kind for unit in Expansion(short).plan().units} == {"train"}


def test_fidelities_need_not_have_parts_in_common(tmp_path: Path, tiny_suite: Path) -> None:
    more = SHORT + '\n[fidelities.other]\nextends = "only"\nparts = ["transfer"]\n'
    path = edited(tmp_path, tiny_suite, more=more)
    for fidelity, part in (("short", "baselines"), ("other", "transfer")):
        suite = resolved(path, fidelity)
        assert list(suite.suite.parts) == [part]
        stored = canonical_json(suite)
        assert canonical_json(ResolvedSuite.model_validate_json(stored)) == stored


def test_an_extending_fidelity_changes_what_it_names_and_keeps_the_rest(
    tmp_path: Path, tiny_suite: Path
) -> None:
    suite = read_suite(edited(tmp_path, tiny_suite, more=SHORT))
    only, short = suite.fidelities["only"], suite.fidelities["short"]
    assert (short.network.epochs, short.network.width) == (1, only.network.width)
    assert short.supernet == only.supernet
    assert short.searcher == only.searcher


def test_tables_extend_each_other_through_several_and_lists_are_replaced() -> None:
    tables = {"a": {"x": {"p": 1, "q": 2}, "l": [1]}, "b": {"extends": "a", "x": {"q": 3}, "l": []}}
    tables["c"] = {"extends": "b", "y": 1}
    assert extended(tables)["c"] == {"x": {"p": 1, "q": 3}, "l": [], "y": 1}
    assert extended({"a": 3}) == {"a": 3}


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ('[fidelities.b]\nextends = "nome"\n', "fidelity 'b' extends 'nome', which is not there"),
        (
            '[fidelities.b]\nextends = ["only"]\n',
            "fidelity 'b' extends ['only'], which is not there",
        ),
        ("[fidelities.b]\nextends = { only = 1 }\n", "extends {'only': 1}, which is not there"),
        (
            '[fidelities.b]\nextends = "c"\n[fidelities.c]\nextends = "b"\n',
            "extends itself through",
        ),
        (
            '[fidelities.b]\nextends = "only"\nparts = ["core"]\n',
            "fidelity 'b': parts: the suite has no part 'core'; it has transfer, adaptation",
        ),
    ],
)
def test_what_a_fidelity_cannot_extend_or_run_is_one_line(
    tmp_path: Path, tiny_suite: Path, more: str, fault: str
) -> None:
    with pytest.raises(InputError, match=re.escape(fault)) as refused:
        read_suite(edited(tmp_path, tiny_suite, more=more))
    assert "\n" not in str(refused.value)


def test_a_part_of_another_fidelity_is_refused_with_the_fidelity_that_has_it(
    bench_here, tmp_path: Path, tiny_suite: Path
) -> None:
    suite = edited(tmp_path, tiny_suite, more=SHORT)
    done = bench_here("plan", "--suite", suite, "--fidelity", "short", "--part", "transfer")
    assert done.returncode == 2
    assert "not in fidelity 'short'; give --fidelity only" in done.stderr


def test_every_searcher_of_a_part_searches_the_same_adapted_supernet(
    tmp_path: Path, tiny_suite: Path
) -> None:
    change = (STRATEGIES, STRATEGIES + 'searchers = ["one"]\n')
    suite = resolved(edited(tmp_path, tiny_suite, change, more=FURTHER))
    expansion = Expansion(suite)
    own, further = (
        expansion.chain(adaptation(suite), "p1", 1, searcher) for searcher in (None, "one")
    )
    assert (own.searcher, further.searcher) == ("evolution", "one")
    assert own.adapt == further.adapt
    assert own.search.searcher.name == "evolution"
    assert (further.search.searcher.name, further.search.searcher.options) == (
        "random",
        (("evaluations", 1),),
    )
    kinds = [unit.kind for unit in expansion.plan().units]
    # Of 2 replicates and 2 strategies: two searches and the scores of the population.
    assert kinds.count("search") == 2 * 2 * 3


def test_a_searcher_that_a_fidelity_lacks_is_one_line(tmp_path: Path, tiny_suite: Path) -> None:
    change = (STRATEGIES, STRATEGIES + 'searchers = ["one"]\n')
    with pytest.raises(InputError, match=r"give it as fidelities\.only\.searchers\.one"):
        read_suite(edited(tmp_path, tiny_suite, change))


def test_a_further_searcher_with_the_label_of_the_own_is_one_line(
    tmp_path: Path, tiny_suite: Path
) -> None:
    more = FURTHER.replace("searchers.one", "searchers.evolution")
    with pytest.raises(InputError, match="the fidelity's own searcher has this label"):
        read_suite(edited(tmp_path, tiny_suite, more=more))


def test_options_of_a_further_searcher_are_checked_when_the_suite_is_read(
    tmp_path: Path, tiny_suite: Path
) -> None:
    more = FURTHER.replace("evaluations = 1", "evaluations = 0")
    with pytest.raises(InputError, match=r"fidelities\.only\.searchers\.one\.options"):
        read_suite(edited(tmp_path, tiny_suite, more=more))


def retrained(expansion: Expansion, chain: Chain) -> list[TrainUnit]:
    part = adaptation(expansion.resolved)
    found = expansion.resolved.population[0].architecture
    return [expansion.retrain(each, found) for each in expansion.retrainings(part, chain)]


def test_each_found_architecture_is_retrained_on_images_of_its_own(
    tmp_path: Path, tiny_suite: Path
) -> None:
    suite = resolved(edited(tmp_path, tiny_suite, (SETTINGS, SETTINGS + "retrainings = 3\n")))
    expansion = Expansion(suite)
    first, second = (
        retrained(expansion, expansion.chain(adaptation(suite), "p0", replicate))
        for replicate in (0, 1)
    )
    assert [unit.replicate for unit in (*first, *second)] == [0, 1, 2, 3, 4, 5]
    assert {unit.stack for unit in (*first, *second)} == {3}
    conditions = [unit.data.condition for unit in (*first, *second)]
    assert conditions == [f"digits@10x:subset-{number}" for number in range(6)]
    assert len({unit.data.manifest_sha256 for unit in (*first, *second)}) == 6
    stored = ResolvedSuite.model_validate_json(canonical_json(suite))
    assert len(stored.conditions["digits@10x"].retrainings) == 6


def test_with_one_retraining_the_units_are_those_without_the_field(
    expansion: Expansion,
) -> None:
    chain = expansion.chain(adaptation(expansion.resolved), "p0", 1)
    (unit,) = retrained(expansion, chain)
    found = expansion.resolved.population[0].architecture
    training = adaptation(expansion.resolved).target
    assert unit == expansion.train(expansion.architecture(found), training, 1)
    assert unit == expansion.retrain(Retraining(chain, training), found)
    assert "retrainings" not in canonical_json(expansion.resolved)


def test_a_repeat_shares_no_unit_and_no_subset_with_the_suite(tiny_suite: Path) -> None:
    once, again = resolved(tiny_suite), resolved(tiny_suite, first=2)
    before, after = (
        {unit.identity: unit for unit in Expansion(suite).plan().units} for suite in (once, again)
    )
    assert len(before) == len(after)
    assert not before.keys() & after.keys()
    assert {unit.replicate for unit in after.values()} == {2, 3}
    assert once.population == again.population
    assert "first_replicate" not in canonical_json(once)


def test_a_repeat_goes_on_as_it_was_begun_and_is_not_mixed_with_another(
    tmp_path: Path, tiny_suite: Path
) -> None:
    def bound(first: int | None) -> ResolvedSuite:
        directory = RunDirectory(tmp_path / "run")
        return bind_run(
            RunRequest(
                read_suite(tiny_suite), "only", LOCATIONS, first_replicate=first,
                directory=directory, workers=1,
            )
        )  # fmt: skip

    assert bound(4).first_replicate == 4
    assert bound(None).first_replicate == 4
    with pytest.raises(RefusedDirectoryError, match="first_replicate"):
        bound(0)


def test_searchers_and_retrainings_run_to_the_end_and_are_pooled(
    bench, tmp_path: Path, tiny_suite: Path
) -> None:
    suite = edited(
        tmp_path, tiny_suite, (STRATEGIES, 'strategies = ["p0"]\nsearchers = ["one"]\n'),
        (SETTINGS, SETTINGS + "retrainings = 2\nstack = 2\n"), more=FURTHER,
    )  # fmt: skip
    done = bench(
        "run", "--suite", suite, "--part", "adaptation", "--out", tmp_path / "run",
        "--executor", "here",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "run" / "tables" / "adaptation.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["accuracy_mean"]]
    assert rows


@pytest.mark.parametrize("suite", ["lt-digits", "lt-cifar"])
def test_shipped_suites_leave_no_source_image_in_their_targets(suite: str) -> None:
    for _, route in load_suite(suite).routes:
        assert not route.shared_images


def test_a_listed_population_is_trained_in_its_order_and_stored(
    tmp_path: Path, tiny_suite: Path
) -> None:
    drawn = [member.architecture for member in resolved(tiny_suite).population]
    chosen = drawn[:0:-1]
    path = edited(tmp_path, tiny_suite, ("size = 4, seed = 3", f"architectures = {chosen}"))
    suite = resolved(path)
    assert [member.architecture for member in suite.population] == chosen
    assert suite.population_rule == "3 listed architectures"
    assert suite.settings.population.rule == "listed"
    again = ResolvedSuite.model_validate_json(canonical_json(suite))
    assert canonical_json(again) == canonical_json(suite)
    whole = Expansion(resolved(tiny_suite))
    drawn_units = {unit.identity for unit in whole.plan(["transfer"]).units}
    units = {unit.identity for unit in Expansion(suite).plan(["transfer"]).units}
    # A training is known by its architecture, whatever population that is in.
    assert units < drawn_units


def test_populations_that_are_drawn_are_stored_as_they_always_were(tiny_suite: Path) -> None:
    stored = resolved(tiny_suite).settings.population.model_dump(mode="json")
    assert stored == {"rule": "uniform", "size": 4, "seed": 3, "macs": None}
