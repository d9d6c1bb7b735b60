"""``benchmark/device/measure.py`` on a CPU and on the device meta; no figure of it is of use."""

import json
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from imbnas.spaces import NetworkShape, get_space
from imbnas.suites.load import load_suite

from .scripts import BENCHMARK, imported

SCRIPT = BENCHMARK / "device/measure.py"


@pytest.fixture(scope="module")
def measure():
    with imported("device/measure.py") as module:
        yield module


def given(measure, tmp_path: Path, device: str, known=()):
    return measure.Given(device, tmp_path, time.monotonic() + 600, known)


def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


# Counts and figures -------------------------------------------------------------------------------


def test_counts_are_those_of_the_networks(measure, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "FIDELITIES", ("mini",))
    to = given(measure, tmp_path, "meta")
    rows = {row["stack"]: row for row in measure.counts(to)}
    assert list(rows) == ["1", "3", "12", "48", f"all {len(measure.all_conditions(3))}"]
    recipe, cell = load_suite("lt-cifar").fidelities["mini"].network, measure.cells(to)[0]
    shape = NetworkShape(recipe.width, recipe.depth, recipe.resolution, 3, 10, stem=recipe.stem)
    network = get_space("nats-tss").build(cell, shape)
    for row in rows.values():
        assert row["parameters"] == sum(p.numel() for p in network.parameters())
        assert row["multiply-accumulates an image"] == counts_of(cell, shape).macs
    # At least each layer forwards and backwards; a stack pays once for all its networks.
    layers = (torch.nn.Conv2d, torch.nn.BatchNorm2d)
    least = 2 * sum(isinstance(module, layers) for module in network.modules())
    alone, stacked = (rows[stack]["operations a step"] for stack in ("1", "3"))
    assert least < alone < stacked < 2 * alone
    assert rows["3"]["operations a network"] == round(stacked / 3, 1)
    # What a further network adds is its classifier and its loss.
    (further,) = {
        (rows[b]["operations a step"] - rows[a]["operations a step"]) / (int(b) - int(a))
        for a, b in (("3", "12"), ("12", "48"))
    }
    assert further < 10


def counts_of(cell: str, shape: NetworkShape):
    return get_space("nats-tss").counts(cell, shape)


def test_a_fidelity_that_the_suite_lacks_is_named(measure, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "FIDELITIES", ("mini", "no-such"))
    rows = list(measure.counts(given(measure, tmp_path, "meta")))
    (row,) = [row for row in rows if row.get("fidelity") == "no-such"]
    assert "suite 'lt-cifar' has no fidelity 'no-such' (it has " in row["skipped"]
    assert {row["fidelity"] for row in rows} == {"mini", "no-such"}


def test_every_way_is_timed_or_named(measure, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "FIDELITIES", ("mini",))
    rows = list(measure.throughput(given(measure, tmp_path, "cpu")))
    assert not [row for row in rows if "failed" in row]
    timed = {(row["way"], row["stack"]) for row in rows if row.get("images a second", 0) > 0}
    ways = ("as it is", "bfloat16", "compute only", "channels first")
    others = {("supernet", "1"), ("evaluation", "1")}
    assert timed == {(way, stack) for way in ways for stack in ("1", "3")} | others
    skipped = {row["way"]: row["skipped"] for row in rows if "skipped" in row}
    assert skipped.keys() == {way.name for way in measure.WAYS} - set(ways)
    assert skipped["CUDA graphs"] == "CUDA graphs need CUDA"


def test_stacks_of_several_conditions_and_schemes_train(measure, tmp_path: Path) -> None:
    recipe = measure.scaled(measure.fidelity("mini").network, tiny=True)
    places = measure.all_conditions(1)
    assert len({scheme for _, scheme in places}) > 2
    assert len({measure.class_counts(condition) for condition, _ in places}) > 2
    work = measure.Work(recipe, places, torch.device("cpu"))
    (cell,) = measure.cells(given(measure, tmp_path, "cpu"))
    fit = measure.trainer_of(work, cell, measure.Way()).run()
    assert len(fit.train_losses) == len(places)
    assert all(0 < loss < 100 for loss in fit.train_losses)
    assert fit.trained_images == 2 * recipe.batch_size


def test_the_suite_holds_every_entry_once(measure, tmp_path: Path) -> None:
    for name, text in (("c", measure.check_suite(False)), ("b", measure.baselines_suite(False))):
        (tmp_path / f"{name}.toml").write_text(text)
    check, baselines = (load_suite(str(tmp_path / f"{name}.toml")) for name in "cb")
    parts = check.parts
    schemes = {each.scheme for each in parts["schemes"].trainings}
    assert schemes == set(measure.SCHEMES.names())
    assert {each.name for each in parts["rankers"].rankers} == set(measure.RANKERS.names())
    named = {choice.name for choice in parts["strategies"].choices.values()}
    assert named == set(measure.STRATEGIES.names())
    assert set(baselines.parts["baselines"].models) == set(measure.BASELINES.names())


def rate(way: str, stack: str, images: float, **more) -> dict:
    return {"fidelity": "mini", "way": way, "stack": stack, "images a second": images, **more}


KNOWN = (
    rate("as it is", "1", 100.0),
    rate("as it is", "3", 250.0),
    rate("as it is", "3", 600.0, workers=4),
    rate("bfloat16", "3", 700.0),
    rate("CUDA graphs", "all 42", 900.0),
    rate("compute only", "3", 5000.0),
    rate("evaluation", "1", 400.0),
    rate("supernet", "1", 50.0),
    rate("as it is", "1", 100.0, workers=1),
    rate("as it is", "1", 200.0, workers=4),
    {"fidelity": "mini", "way": "as it is", "stack": "12", "failed": "OutOfMemoryError"},
)


def test_the_best_setting_is_one_of_a_training(measure) -> None:
    found = [measure.best(KNOWN, "mini", *asked)["images a second"]
             for asked in ((), (None, 3), ("float32",), ("float32", 3), ("bfloat16",))]  # fmt: skip
    assert found == [900, 700, 900, 600, 700]
    assert measure.best(KNOWN, "paper") is None
    assert measure.sharing(KNOWN) == 2


def test_hours_are_images_over_rates(measure, tmp_path: Path) -> None:
    work = {
        "train": {"units": 1, "trained": 3600 * 600, "evaluated": 3600 * 800, "macs": 0},
        "supernet": {"units": 1, "trained": 3600 * 100, "evaluated": 0, "macs": 0},
    }
    to = given(measure, tmp_path, "cpu", KNOWN)
    rows = list(measure._hours(to, "mini", work, KNOWN[2], each=True))
    # Four processes evaluate 800 and train 100 images of supernets a second.
    assert [(row["kind"], row["hours"]) for row in rows] == [
        ("train", 2.0), ("supernet", 1.0), ("all", 3.0),
    ]  # fmt: skip


def test_records_are_compared_unit_by_unit(measure, tmp_path: Path) -> None:
    def run(name: str, correct: list[int], device: str):
        for replicate, count in enumerate(correct):
            unit = {"kind": "train", "replicate": replicate, "device_type": device}
            metrics = {"class_correct": [count, 0], "class_total": [100, 0]}
            path = tmp_path / name / "records" / f"{replicate}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"unit": unit, "metrics": metrics}))
        return measure.Run(tmp_path / name, None)

    cpu = run("cpu", [50, 60, 70, 80], "cpu")
    near, far = run("near", [51, 59, 71, 79], "cuda"), run("far", [60, 71, 80, 91], "cuda")
    (row,) = measure.compared("x", near, cpu, "y")
    assert (row["units"], row["points"], row["right"]) == (4, 0, True)
    (row,) = measure.compared("x", far, cpu, "y")
    assert (row["points"], row["right"]) == (10.5, False)
    (row,) = measure.equal_records(near, far)
    assert (row["units"], row["equal"], row["right"]) == (4, 0, False)
    (row,) = measure.equal_records(near, near)
    assert (row["equal"], row["right"]) == (4, True)


# Parts --------------------------------------------------------------------------------------------


def start_and_wait(given):
    """Start a process that would outlive the part, and never end."""
    child = subprocess.Popen(["sleep", "600"])
    yield {"child": child.pid}
    time.sleep(600)


def failing(given):
    yield {"before": 1}
    raise RuntimeError("as told\nmore")


def dying(given):
    yield from ()
    os._exit(3)


READ_FROM: list[Path] = []


def reading(given):
    """What a kill of everything would leave."""
    yield {"held": len(results(READ_FROM[-1])["rows"]), "until": given.until}
    yield {"known": len(given.known)}


def lacking(measure):
    def work(given):
        raise measure.NotHere("needs what is not here")
        yield

    return work


def run_parts(measure, monkeypatch, out: Path, shares: dict[str, float], **works) -> Result:
    """Run other parts, with a minute for all, on a machine that is known already."""
    parts = {name: measure.Part(work, shares.get(name, 1)) for name, work in works.items()}
    monkeypatch.setattr(measure, "PARTS", parts)
    machine = {"device": "cpu", "processor": "some", "gpu": None}
    monkeypatch.setattr(measure.Results, "environment", machine)
    READ_FROM.append(out)
    arguments = ["--device", "cpu", "--budget", "60s", "--out", str(out)]
    return CliRunner().invoke(measure.main, arguments)


def is_gone(pid: int) -> bool:
    """Whether a process has ended; whoever takes the place of its parent may be slow."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_parts_that_fail_are_named_and_the_others_go_on(
    measure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = run_parts(
        measure, monkeypatch, tmp_path / "out", {},
        failing=failing, dying=dying, lacking=lacking(measure), reading=reading,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = results(tmp_path / "out")
    assert found["finished"] is True
    rows = [{k: v for k, v in row.items() if k != "until"} for row in found["rows"]]
    assert rows == [
        {"part": "failing", "before": 1},
        {"part": "failing", "failed": "RuntimeError: as told"},
        {"part": "dying", "failed": "its process ended with status 3"},
        {"part": "lacking", "skipped": "needs what is not here"},
        {"part": "reading", "held": 4},
        {"part": "reading", "known": 4},
    ]
    told = (tmp_path / "out" / "results.md").read_text()
    assert "A rehearsal on the device cpu: the figures mean nothing." in told
    assert "- part failing, failed RuntimeError: as told" in told
    assert "Not finished" not in told
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "results.json", "results.md",
    ]  # fmt: skip


def test_the_budget_is_kept_and_nothing_outlives_its_part(
    measure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start = time.monotonic()
    works = {"waiting": start_and_wait, "reading": reading}
    done = run_parts(measure, monkeypatch, tmp_path, {"waiting": 0.1}, **works)
    assert done.exit_code == 0, done.output
    rows = results(tmp_path)["rows"]
    assert [row["part"] for row in rows] == ["waiting", "waiting", "reading", "reading"]
    assert rows[1]["failed"].startswith("stopped when its ")
    assert is_gone(rows[0]["child"])
    # The last part has what is left of the minute.
    assert start <= rows[2]["until"] - 60 <= time.monotonic()


def test_without_a_gpu_nothing_is_written(measure, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = CliRunner().invoke(measure.main, ["--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "--device cuda: torch finds no CUDA device; give --device cpu" in done.output
    assert not (tmp_path / "out").exists()


def run_copy(tmp_path: Path, *options: str) -> dict:
    """Run a copy of the file, away from the checkout, with the imbnas that is installed."""
    copied = tmp_path / "elsewhere" / "measure.py"
    copied.parent.mkdir()
    shutil.copy(SCRIPT, copied)
    done = subprocess.run(
        [sys.executable, copied, *options],
        cwd=copied.parent, env=os.environ | {"OUT": str(tmp_path / "out")},
        capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return results(tmp_path / "out")


def test_the_file_alone_measures_and_names_what_it_lacks(tmp_path: Path) -> None:
    found = run_copy(tmp_path, "--device", "meta", "--budget", "60s")
    assert {row["part"] for row in found["rows"]} == {"counts"}
    assert found["environment"]["torch"] == version("torch")


def test_what_lies_beside_it_is_missed_by_name(measure, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(measure, "SPEED", tmp_path)
    for part in (measure.plain_loop, measure.step_ways):
        with pytest.raises(measure.NotHere, match="needs speed/.*.py beside the folder"):
            list(part(given(measure, tmp_path, "cpu")))


@pytest.mark.slow
def test_a_rehearsal_of_everything(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--device", "cpu", "--budget", "10m", "--out", tmp_path],
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = results(tmp_path)
    assert found["finished"] is True
    wrong = [row for row in found["rows"] if "failed" in row or row.get("right") is False]
    assert not wrong
    parts = {row["part"] for row in found["rows"]}
    assert parts == {"counts", "correctness", "throughput", "workers", "plain loop", "step ways",
                     "hours"}  # fmt: skip
    again = [row for row in found["rows"] if row.get("what", "").endswith("units again")]
    assert {row["what"].split()[0] for row in again} == {
        "train", "supernet", "adapt", "search", "rank",
    }  # fmt: skip
    hours = {row["kind"]: row["hours"] for row in found["rows"] if row["part"] == "hours"
             and "hours" in row}  # fmt: skip
    assert {"train", "supernet", "adapt", "search", "rank", "all"} <= hours.keys()


@pytest.mark.slow
def test_the_work_of_a_fidelity_is_what_plan_counts(measure, tmp_path: Path) -> None:
    """As ``imbnas-bench plan --suite lt-cifar`` prints it, of random images as many as CIFAR's."""
    work = measure.planned("smoke", tmp_path)
    smoke = load_suite("lt-cifar").fidelities["smoke"]
    trained = smoke.network.epochs * smoke.network.steps_per_epoch * smoke.network.batch_size
    assert work["train"]["trained"] == work["train"]["units"] * trained
    supernets = smoke.supernet
    passes = supernets.epochs * supernets.steps_per_epoch * supernets.batch_size
    assert work["supernet"]["trained"] == work["supernet"]["units"] * passes
