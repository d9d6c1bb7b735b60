"""The installed package stands alone, away from the checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import imbnas
from imbnas.resources import resource_folder

INSTALLED = pytest.mark.skipif(
    "IMBNAS_TESTS_INSTALLED" not in os.environ,
    reason="tox tests the installed wheel; this is not tox",
)
CHECKOUT = Path(__file__).resolve().parents[1]


@INSTALLED
def test_the_wheel_is_what_is_tested() -> None:
    assert not Path(imbnas.__file__).is_relative_to(CHECKOUT / "imbnas")
    assert not resource_folder("suites").is_relative_to(CHECKOUT / "benchmark")


@INSTALLED
def test_the_wheel_ships_the_checkouts_suites_and_baselines() -> None:
    for name, folder in (("suites", "benchmark/suites"), ("baselines", "baselines")):
        shipped = {p.name: p.read_bytes() for p in resource_folder(name).glob("*.toml")}
        assert shipped == {p.name: p.read_bytes() for p in (CHECKOUT / folder).glob("*.toml")}
        assert shipped


@INSTALLED
def test_the_installed_command_runs_a_suite_away_from_the_checkout(
    tmp_path: Path, tiny_suite: Path
) -> None:
    command = Path(sys.executable).with_name("imbnas-bench")
    done = subprocess.run(
        [command, "run", "--suite", tiny_suite, "--part", "transfer", "--replicates", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "rank_correlation (tiny@1/only)" in done.stdout
    assert (tmp_path / "runs" / "tiny@1" / "only" / "tables" / "rank_correlation.csv").is_file()


def test_nothing_but_imbnas_is_a_top_level_package() -> None:
    packages = [p.name for p in Path(imbnas.__file__).parents[1].iterdir()]
    if Path(imbnas.__file__).is_relative_to(CHECKOUT):
        pytest.skip("a checkout has folders of its own beside the package")
    assert not {"benchmark", "baselines", "leaderboards"} & set(packages)
