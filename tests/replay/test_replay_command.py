import json
from pathlib import Path

import pandas as pd
import pytest

from ..leaderboards.conftest import fabricated, resolve_tiny  # noqa: F401 (fixtures)
from ..table.conftest import failed, gappy, run_directory  # noqa: F401


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, run_directory: Path, bench_here):
    out = tmp_path_factory.mktemp("replay") / "out"
    words = ("--board", run_directory, "--repetitions", 20, "--out", out)
    return words, out, bench_here("replay", *words, "--json")


def test_it_writes_a_table_and_pictures(replayed) -> None:
    _, out, done = replayed
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["suite"] == "tiny@1/only"
    assert said["files"] == [str(out / f"replay.{kind}") for kind in ("csv", "svg", "png")]
    assert sorted(path.name for path in out.iterdir()) == ["replay.csv", "replay.png", "replay.svg"]
    frame = pd.read_csv(out / "replay.csv")
    # One of twelve failed and one is missing.
    assert set(frame["n_architectures"]) == {10}
    assert set(frame["n_left_out"]) == {2}
    assert frame["searcher"].unique().tolist() == ["random"]
    assert frame["queries"].tolist() == [1, 2, 3, 4, 5]
    assert len(said["rows"]) == frame["marked"].sum() == 3
    assert "2 architectures lack a training" in done.stderr
    assert "searched on balanced data" in (out / "replay.svg").read_text()


def test_again_gives_the_same_bytes(replayed, bench_here, tmp_path: Path) -> None:
    words, out, _ = replayed
    again = bench_here("replay", *words[:-1], tmp_path)
    assert again.returncode == 0
    assert "target digits@10x" in again.stdout
    assert all(len(line) <= 100 or line.startswith("/") for line in again.stdout.splitlines())
    for name in ("replay.csv", "replay.svg", "replay.png"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--searcher", "randm"), "did you mean 'random'"),
        (("--searcher", "random(evals=1)"), "option 'evals': unknown option"),
        (("--budget", "11"), "--budget 11: the table holds 10 architectures"),
        (("--target", "digits@11x"), "'digits@10x'"),
        (("--target-scheme", "ce"), "give --target, too"),
        (
            ("--target", "digits@10x", "--target-scheme", "cb"),
            "did you mean 'cb-drw'|known: cb-drw",
        ),
        (("--repetitions", "1"), "1 is not in the range"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    options: tuple[str, ...],
    said: str,
    run_directory: Path,
    bench_here,
    tmp_path: Path,
) -> None:
    done = bench_here("replay", "--board", run_directory, *options, cwd=tmp_path)
    assert done.returncode == 2
    assert any(each in done.stderr for each in said.split("|"))
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
