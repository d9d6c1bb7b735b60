"""The part of a suite that a fidelity is judged by has the same trainings."""

from pathlib import Path

import pytest

from imbnas.errors import InputError
from imbnas.suites.expand import Expansion
from imbnas.suites.load import load_suite, read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.frozen import canonical_json
from imbnas.yardstick.fidelity_suite import fidelity_suite, judged_by

from ..factories import OFFLINE

RECIPES = Path(__file__).parents[2] / "benchmark" / "fidelity" / "lt-cifar-recipes.toml"


def test_trainings_have_the_identities_of_the_suite(tiny_suite: Path, expansion: Expansion) -> None:
    chosen = [member.architecture for member in expansion.resolved.population][:2]
    suite = fidelity_suite(read_suite(tiny_suite), "only", (), chosen)
    resolved = resolve_suite(SuiteRequest(suite, "only", OFFLINE))
    text = canonical_json(resolved)
    assert canonical_json(ResolvedSuite.model_validate_json(text)) == text
    units = {unit.identity for unit in Expansion(resolved).plan().units}
    assert len(units) == 2 * 2 * 2
    assert units < {unit.identity for unit in expansion.plan(["transfer"]).units}


def test_a_fidelity_without_transfer_parts_is_refused(tiny_suite: Path) -> None:
    suite = read_suite(tiny_suite)
    with pytest.raises(InputError, match="--part adaptation: .* no transfer part of that name"):
        judged_by(suite, "only", ["adaptation"])
    parts = {"baselines": suite.parts["baselines"]}
    with pytest.raises(InputError, match="'only' of suite 'tiny' has no transfer part"):
        judged_by(suite.model_copy(update={"parts": parts}), "only")


def test_rankers_train_nothing_and_are_left_out() -> None:
    suite = load_suite("lt-cifar")
    assert suite.parts["core"].rankers  # type: ignore[union-attr]
    assert judged_by(suite, "mini", ["core"])["core"].rankers == ()


def test_one_recipe_is_that_of_lt_cifar_mini_and_all_leave_its_cells_out() -> None:
    suite, shipped = read_suite(RECIPES), load_suite("lt-cifar").fidelities["mini"]
    assert next(iter(suite.fidelities)) == suite.default_fidelity
    own = suite.fidelities["brief-average"]
    assert (own.network, own.stack, own.replicates) == (
        shipped.network, shipped.stack, shipped.replicates,
    )  # fmt: skip
    assert own.reweight_from is not None
    assert shipped.reweight_from is not None
    assert own.reweight_from.network == shipped.reweight_from.network
    assert {each.population for each in suite.fidelities.values()} == {shipped.population}
