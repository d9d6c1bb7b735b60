"""Each recipe, list of cells and precision has a run directory of its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.load import read_suite
from imbnas.suites.request import ON_CPU
from imbnas.yardstick.fidelity_run import fidelity_run, in_turns
from imbnas.yardstick.fidelity_suite import fidelity_suite

from ..factories import OFFLINE


@pytest.fixture
def request_(tiny_suite: Path, tmp_path: Path) -> RunRequest:
    suite = read_suite(tiny_suite)
    directory = RunDirectory(tmp_path / "none")
    return RunRequest(suite, "only", OFFLINE, ON_CPU, directory=directory, workers=1)


def folder(request: RunRequest, root: Path, architectures: tuple[str, ...] = ()) -> Path:
    suite = fidelity_suite(request.suite, "only", (), ())
    return fidelity_run(replace(request, suite=suite), architectures, root, "x").directory.path


def test_what_changes_a_result_changes_the_directory_and_nothing_else_does(
    request_: RunRequest, tmp_path: Path
) -> None:
    suite, settings = request_.suite, request_.suite.fidelities["only"]
    changed = settings.model_copy(update={"calibration_images": 3})
    own = folder(request_, tmp_path)
    assert own.parent == tmp_path / "only"
    assert own.name.startswith("x-")
    with_another = {**suite.fidelities, "another": changed}
    same = [
        replace(request_, suite=suite.model_copy(update={"fidelities": with_another})),
        replace(request_, suite=suite.model_copy(update={"claims": {}})),
        replace(request_, workers=7, replicates=5),
    ]
    assert {folder(each, tmp_path) for each in same} == {own}
    bfloat16 = ON_CPU.model_copy(update={"precision": "bfloat16"})
    others = {
        folder(replace(request_, computation=bfloat16), tmp_path),
        folder(replace(request_, suite=suite.model_copy(update={"fidelities": {"only": changed}})),
               tmp_path),
        folder(request_, tmp_path, ("a", "b")),
        folder(request_, tmp_path, ("b", "a")),
    }  # fmt: skip
    assert len(others | {own}) == 5


def test_other_runs_of_the_fidelity_are_taken_from_and_its_own_is_not(
    request_: RunRequest, tmp_path: Path
) -> None:
    own = folder(request_, tmp_path)
    for path in (own, own.with_name("earlier"), tmp_path / "other" / "earlier"):
        path.mkdir(parents=True)
        (path / "suite.json").touch()
    suite = fidelity_suite(request_.suite, "only", (), ())
    run = fidelity_run(replace(request_, suite=suite), (), tmp_path, "x")
    assert [directory.path for directory in run.reused] == [own.with_name("earlier")]


def test_every_run_has_its_turn_and_the_last_one_has_no_budget(request_: RunRequest) -> None:
    suite = fidelity_suite(request_.suite, "only", (), ("a", "b", "c"))
    first = replace(request_, suite=suite, replicates=5)  # 2 trainings of 3 cells: 30 units
    second = replace(request_, suite=suite)  # 2 replicates: 12 units
    turns = list(in_turns([first, second], 4))
    assert [run.budget.units for run, _ in turns] == [8, 3, 8, 3, 8, 3, None, None]
    assert [last for _, last in turns] == [False] * 6 + [True] * 2
    assert [replace(run, budget=first.budget) for run, _ in turns] == [first, second] * 4
    assert list(in_turns([first, second], 1)) == [(first, True), (second, True)]
