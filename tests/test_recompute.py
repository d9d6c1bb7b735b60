"""``benchmark/repeats/recompute.py``: a part of a run, drawn and computed again."""

import json

import pytest
from click.testing import CliRunner

from imbnas.units.correct_bits import pack, unpack
from imbnas.units.metrics import RankMetrics
from imbnas.units.records import Record

from .scripts import imported


@pytest.fixture(scope="module")
def recompute():
    with imported("repeats/recompute.py") as module:
        yield module


def record_files(run):
    return sorted(run.glob("records/*/*/*.json"))


def ask(recompute, *arguments):
    done = CliRunner().invoke(recompute.main, [str(argument) for argument in arguments])
    return done.exit_code, done.output


@pytest.fixture
def again(recompute, finished_run, tiny_suite, bench, tmp_path):
    """All of the run, drawn and computed again."""
    out = tmp_path / "again"
    code, output = ask(recompute, "draw", finished_run, "--share", 100, "--seed", 1, "--out", out)
    assert code == 0, output
    assert not record_files(out / "run")
    done = bench("run", "--suite", tiny_suite, "--out", out / "run", "--executor", "here")
    assert done.returncode == 0, done.stderr
    return out


def test_what_is_computed_again_is_equal(recompute, finished_run, again):
    code, output = ask(recompute, "compare", finished_run, again)
    assert code == 0
    lines = [[cell.strip() for cell in line.split("|")] for line in output.splitlines()]
    found = {line[1]: (line[2], line[3]) for line in lines if len(line) > 3}
    kinds = {path.parts[-3] for path in record_files(finished_run)}
    assert kinds == {"train", "supernet", "adapt", "search"} & found.keys()
    assert all(units == equal for kind, (units, equal) in found.items() if kind in kinds)


def test_a_change_is_found(recompute, finished_run):
    """Two images of the first class whose answers are turned around, in scores one by a quarter."""
    records = recompute.read(finished_run).values()
    trained = next(record for record in records if record.unit.kind == "train")
    searched = next(record for record in records if record.unit.kind == "search")
    metrics = trained.metrics
    right = unpack(metrics.correct_bits, sum(metrics.class_total))
    right[[0, 7]] ^= True
    correct = (metrics.class_correct[0] + 2, *metrics.class_correct[1:])
    other = metrics.model_copy(update={"correct_bits": pack(right), "class_correct": correct})
    scores = searched.metrics.scores
    raised = ((scores[0][0], scores[0][1] + 0.25), *scores[1:])
    pairs = [
        (trained, trained.model_copy(update={"metrics": other})),
        (trained, trained),
        (
            searched,
            searched.model_copy(
                update={"metrics": searched.metrics.model_copy(update={"scores": raised})}
            ),
        ),
    ]
    search, train = recompute.rows(pairs)
    assert (search["units"], search["equal"]) == (1, 0)
    assert search["largest difference of scores"] == pytest.approx(0.25)
    points = 100 * 2 / metrics.class_total[0] / len(metrics.class_total)
    assert (train["units"], train["equal"]) == (2, 1)
    assert train["largest"] == pytest.approx(points, abs=5e-4)
    assert train["mean difference"] == pytest.approx(points / 2, abs=5e-4)
    assert train["root mean square"] == pytest.approx(points / 2**0.5, abs=5e-4)
    images = sum(metrics.class_total)
    assert train["images that differ, %"] == pytest.approx(100 * 2 / images / 2, abs=5e-4)


def test_scores_that_are_missing_are_not_compared(recompute):
    first, second = (
        Record.model_construct(
            metrics=RankMetrics.model_construct(scores=(("a", None), ("b", value)))
        )
        for value in (0.5, None)
    )
    assert recompute.score_difference((first, first)) == 0
    assert recompute.score_difference((first, second)) == 0


def test_a_draw_is_of_its_seed_and_leaves_the_run_alone(recompute, finished_run, tmp_path):
    before = record_files(finished_run)
    drawn = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        code, output = ask(
            recompute, "draw", finished_run, "--share", 20, "--seed", seed, "--out", tmp_path / name
        )
        assert code == 0, output
        units = json.loads((tmp_path / name / "drawn.json").read_text())["units"]
        left = {path.stem for path in record_files(tmp_path / name / "run")}
        assert left == {path.stem for path in before} - set(units)
        drawn[name] = units
    assert drawn["a"] == drawn["b"] != drawn["c"]
    assert len(drawn["a"]) == -(-len(before) // 5)
    assert record_files(finished_run) == before


def test_what_cannot_be_compared_is_told_in_one_line(recompute, finished_run, tmp_path):
    (tmp_path / "there").mkdir()
    for arguments, told in (
        (["draw", tmp_path, "--seed", 1, "--out", tmp_path / "new"], "no records"),
        (["draw", finished_run, "--seed", 1, "--out", tmp_path / "there"], "is there already"),
        (["compare", finished_run, tmp_path / "there"], "give the folder of `draw`"),
    ):
        code, output = ask(recompute, *arguments)
        assert code == 2
        assert told in output
    assert ask(recompute, "draw", finished_run, "--seed", 1, "--out", tmp_path / "half")[0] == 0
    code, output = ask(recompute, "compare", finished_run, tmp_path / "half")
    assert code == 2
    assert "1 of 1 drawn units are not there yet" in output


def test_records_that_were_taken_over_are_not_compared(
    recompute, finished_run, tiny_suite, bench, tmp_path
):
    out = tmp_path / "again"
    assert ask(recompute, "draw", finished_run, "--seed", 1, "--out", out)[0] == 0
    options = ("--out", out / "run", "--executor", "here", "--reuse", finished_run)
    done = bench("run", "--suite", tiny_suite, *options)
    assert done.returncode == 0, done.stderr
    code, output = ask(recompute, "compare", finished_run, out)
    assert code == 2
    assert "1 of 1 drawn units were taken over, not computed" in output


def test_a_damaged_record_is_named(recompute, finished_run, tmp_path):
    assert ask(recompute, "draw", finished_run, "--seed", 1, "--out", tmp_path / "half")[0] == 0
    path = record_files(tmp_path / "half/run")[0]
    path.write_text(path.read_text()[:-20])
    code, output = ask(recompute, "compare", finished_run, tmp_path / "half")
    assert code == 2
    assert path.name in output
    assert output.count("\n") == 1
