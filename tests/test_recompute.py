"""``benchmark/repeats/recompute.py``: a part of a run, drawn and computed again."""

import base64
import importlib.util
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

SCRIPT = Path(__file__).parents[1] / "benchmark/repeats/recompute.py"


@pytest.fixture(scope="module")
def recompute():
    spec = importlib.util.spec_from_file_location("recompute", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def ask(recompute, *arguments):
    done = CliRunner().invoke(recompute.main, [str(argument) for argument in arguments])
    return done.exit_code, done.output


@pytest.fixture
def again(recompute, finished_run, tiny_suite, bench, tmp_path):
    """All of the run, drawn and computed again."""
    out = tmp_path / "again"
    code, output = ask(recompute, "draw", finished_run, "--share", 100, "--seed", 1, "--out", out)
    assert code == 0, output
    assert not list(recompute.record_files(out / "run"))
    done = bench("run", "--suite", tiny_suite, "--out", out / "run", "--executor", "here")
    assert done.returncode == 0, done.stderr
    return out


def test_what_is_computed_again_is_equal_and_a_change_is_found(recompute, finished_run, again):
    code, output = ask(recompute, "compare", finished_run, again)
    assert code == 0
    lines = [[cell.strip() for cell in line.split("|")] for line in output.splitlines()]
    found = {line[1]: (line[2], line[3]) for line in lines if len(line) > 3}
    kinds = {path.parts[-3] for path in recompute.record_files(finished_run)}
    assert kinds == {"train", "supernet", "adapt", "search"} & found.keys()
    assert all(units == equal for kind, (units, equal) in found.items() if kind in kinds)

    path = next(path for path in recompute.record_files(again / "run") if "train" in path.parts)
    record = json.loads(path.read_text())
    before = recompute.accuracy(record["metrics"])
    bits = bytearray(base64.b64decode(record["metrics"]["correct_bits"]))
    bits[0] ^= 0b1000_0001
    record["metrics"]["correct_bits"] = base64.b64encode(bits).decode()
    total = record["metrics"]["class_total"][0]
    record["metrics"]["class_correct"][0] += 1
    path.write_text(json.dumps(record))
    pairs = [(recompute.read(finished_run)[path.stem], record)]
    (row,) = recompute.rows(pairs)
    assert (row["kind"], row["units"], row["equal"]) == ("train", 1, 0)
    assert row["largest"] == pytest.approx(recompute.accuracy(record["metrics"]) - before, abs=5e-4)
    assert row["largest"] == pytest.approx(100 / 10 / total, abs=5e-4)
    images = sum(record["metrics"]["class_total"])
    assert row["images that differ, %"] == pytest.approx(200 / images, abs=5e-3)


def test_a_draw_is_of_its_seed_and_leaves_the_run_alone(recompute, finished_run, tmp_path):
    before = sorted(recompute.record_files(finished_run))
    drawn = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        code, output = ask(
            recompute, "draw", finished_run, "--share", 20, "--seed", seed, "--out", tmp_path / name
        )
        assert code == 0, output
        units = json.loads((tmp_path / name / "drawn.json").read_text())["units"]
        left = {path.stem for path in recompute.record_files(tmp_path / name / "run")}
        assert left == {path.stem for path in before} - set(units)
        drawn[name] = units
    assert drawn["a"] == drawn["b"] != drawn["c"]
    assert len(drawn["a"]) == -(-len(before) // 5)
    assert sorted(recompute.record_files(finished_run)) == before


def test_noise_is_that_of_replicates_alone(recompute):
    def record(model, subset, correct):
        return {
            "unit": {
                "kind": "train",
                "model": model,
                "scheme": "ce",
                "data": {"condition": f"digits@20x:subset-{subset}"},
            },
            "metrics": {"class_correct": [correct, 0], "class_total": [100, 100]},
        }

    records = [record("a", 0, 10), record("a", 1, 14), record("b", 0, 80), record("b", 1, 80)]
    # Halves of 10 and 14 points: variance 2; of the other 0.
    assert recompute.replicate_noise(records) == pytest.approx(1.0)


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
