"""Suites that take over another one, and suites that keep a name that is not theirs."""

import json
from pathlib import Path
from typing import Any

import pytest

from imbnas.errors import InputError, RefusedDirectoryError
from imbnas.runs.store.bound_suite import refuse_unless_extended
from imbnas.suites.expand import Expansion
from imbnas.suites.files import suite_files
from imbnas.suites.load import load_suite, modification, read_suite

from ..factories import varied

SHIPPED = sorted(suite_files())


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_not_modified_and_a_comment_changes_nothing(
    tmp_path: Path, name: str
) -> None:
    suite = load_suite(name)
    assert modification(suite) is None
    copy = tmp_path / "copy.toml"
    copy.write_text("# mine\n" + suite_files()[name].read_text())
    assert modification(read_suite(copy)) is None


def test_any_other_content_under_the_same_name_and_version_is_modified(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    digests = set()
    for text in (
        'extends = "lt-digits"\n[fidelities.mini.network]\nepochs = 39\n',
        'extends = "lt-digits"\nsummary = "Mine."\n',
        suite_files()["lt-digits"].read_text().replace("batch_size = 64", "batch_size = 32", 1),
    ):
        path.write_text(text)
        digests.add(modification(read_suite(path)))
    assert None not in digests
    assert len(digests) == 3
    for own in ('name = "mine"', 'version = "3-mine"'):
        path.write_text(f'extends = "lt-digits"\n{own}\nsummary = "Mine."\n')
        assert modification(read_suite(path)) is None


def test_a_suite_takes_over_what_it_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'extends = "lt-digits"\nname = "base"\n[fidelities.mini.network]\nlr = 0.07\n'
    )
    (tmp_path / "top.toml").write_text(
        'extends = "base.toml"\nname = "top"\n'
        '[fidelities.quick]\nextends = "mini"\nreplicates = 2\n'
    )
    shipped, top = load_suite("lt-digits"), read_suite(tmp_path / "top.toml")
    assert (top.name, top.version, top.parts) == ("top", shipped.version, shipped.parts)
    mini = shipped.fidelities["mini"]
    assert top.fidelities["mini"] == varied(mini, network={"lr": 0.07})
    assert top.fidelities["quick"] == varied(mini, network={"lr": 0.07}).model_copy(
        update={"replicates": 2}
    )
    assert {**top.fidelities, "mini": mini}.keys() == {*shipped.fidelities, "quick"}


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ('"lt-digit"', "did you mean 'lt-digits'"),
        ('"absent.toml"', "absent.toml"),
        ('"mine.toml"', "the suite extends itself through 'mine.toml'"),
        ('"other.toml"', "the suite extends itself through 'mine.toml'"),
        ("3", "3 is no name of a suite"),
    ],
)
def test_what_cannot_be_taken_over_is_one_line(tmp_path: Path, named: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"extends = {named}\n")
    (tmp_path / "other.toml").write_text('extends = "mine.toml"\n')
    with pytest.raises(InputError) as refused:
        read_suite(path)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"suite {path}:1: extends: ")
    assert "\n" not in str(refused.value)


def test_titles_of_tables_say_that_a_suite_is_modified(expansion: Expansion) -> None:
    resolved = expansion.resolved
    modified = varied(resolved, modified="0123456789ab")
    assert modified.title == resolved.title == resolved.heading
    assert modified.heading == f"{resolved.title} (modified, 0123456789ab)"
    assert modified.scale == f"{resolved.fidelity} (modified, 0123456789ab)"
    assert "modified" not in resolved.model_dump(mode="json")
    # Claims may change in a run, and make the suite another one; what is computed may not.
    refuse_unless_extended(Path("run"), resolved, modified)
    other = varied(modified, population_rule="another")
    with pytest.raises(RefusedDirectoryError, match="population_rule"):
        refuse_unless_extended(Path("run"), resolved, other)


def test_a_run_of_an_edited_suite_says_so_everywhere(bench_here: Any, tmp_path: Path) -> None:
    suite, run = tmp_path / "mine.toml", tmp_path / "run"
    suite.write_text('extends = "lt-digits"\n[fidelities.smoke.network]\nlr = 0.07\n')
    options = ("--suite", suite, "--fidelity", "smoke", "--part", "baselines", "--out", run)
    done = bench_here("run", *options, "--executor", "script")
    assert done.returncode == 0, done.stderr
    digest = modification(read_suite(suite))
    heading = f"lt-digits@{load_suite('lt-digits').version}/smoke (modified, {digest})"
    assert json.loads(bench_here("status", run, "--json").stdout)["suite"] == heading
    tables = bench_here("leaderboard", run, "--json")
    assert json.loads(tables.stdout)["suite"] == heading
    assert f"smoke (modified, {digest})" in (run / "tables" / "baselines.csv").read_text()
    refused = bench_here("publish", run, "--incomplete", "--to", tmp_path / "boards")
    assert refused.returncode == 2
    assert "give a changed suite a name or version of its own" in refused.stderr


def test_show_suite_prints_one(bench_here: Any, tmp_path: Path) -> None:
    shown = bench_here("show", "suite", "lt-digits")
    assert shown.stdout == suite_files()["lt-digits"].read_text()
    assert shown.stderr == ""
    path = tmp_path / "mine.toml"
    path.write_text('extends = "lt-digits"\nsummary = "Mine."\n')
    shown = bench_here("show", "suite", path)
    assert shown.stdout == path.read_text()
    assert shown.stderr.startswith("modified, ")
    told = json.loads(bench_here("show", "suite", path, "--json").stdout)
    assert (told["summary"], told["name"]) == ("Mine.", "lt-digits")
    assert "mini" in told["fidelities"]
    unknown = bench_here("show", "suite", "lt-digit")
    assert unknown.returncode == 2
    assert "did you mean" in unknown.stderr
