"""The table of 100,000 trainings: loading in 2 seconds and 200 MB, a look-up in a millisecond.

Run with ``pytest benchmark/speed/test_table.py --benchmark-enable -o addopts=``. Loading is timed
in a process of its own, and its memory is what that process holds at its peak beyond its imports of
imbnas. Replays are timed on the whole topology space with three replicates.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from imbnas.replay.experiment import Replay
from imbnas.spaces import EnumerableSpace, get_space
from imbnas.suites.choice import SearcherChoice
from imbnas.table.columns import NAMES
from imbnas.table.files import table_bytes
from imbnas.table.loading import load_benchmark
from imbnas.table.rows import Table

CONDITIONS = ("c@1x", "c@100x", "c@1x:like-100x", "c@50x")
SECONDS = 2
MEGABYTES = 200
MEASURE = """
import json, re, sys, time
from pathlib import Path
from imbnas.table.loading import load_benchmark

def peak():  # getrusage would count what the parent held at the fork
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

before = peak()
start = time.perf_counter()
bench = load_benchmark(sys.argv[1])
print(json.dumps({
    "rows": len(bench.columns),
    "seconds": time.perf_counter() - start,
    "megabytes": (peak() - before) * 1024 / 1e6,
}))
"""
MakeFile = Callable[[int, int], Path]


@pytest.fixture(scope="module")
def make_file(tmp_path_factory: pytest.TempPathFactory) -> MakeFile:
    """Write the table of all functions of the topology space, of so many classes and replicates."""
    pytest.importorskip("pyarrow")

    def make(classes: int, replicates: int) -> Path:
        path = tmp_path_factory.mktemp("table") / "lt.parquet"
        path.write_bytes(table_bytes(_table(classes, replicates), path))
        return path

    return make


@pytest.mark.parametrize("classes", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_loading(benchmark: BenchmarkFixture, make_file: MakeFile, classes: int) -> None:
    path = make_file(classes, 5)
    done = benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, "-c", MEASURE, str(path)],),
        kwargs={"capture_output": True, "text": True, "check": True},
        rounds=1,
    )
    measured = json.loads(done.stdout)
    benchmark.extra_info.update(measured, file_megabytes=path.stat().st_size / 1e6)
    print(classes, benchmark.extra_info)  # noqa: T201
    assert measured["seconds"] <= SECONDS
    assert measured["megabytes"] <= MEGABYTES


def test_look_up(benchmark: BenchmarkFixture, make_file: MakeFile) -> None:
    bench, rng = load_benchmark(make_file(10, 3)), np.random.default_rng(0)
    cell = get_space("nats-tss").random(rng)
    found = benchmark(lambda: bench.query(cell, CONDITIONS[1], "ce", "random", rng=rng).mean_recall)
    assert found is not None


@pytest.mark.parametrize("searcher", ["random", "evolution", "local-search"])
def test_two_hundred_repetitions(
    benchmark: BenchmarkFixture, make_file: MakeFile, searcher: str
) -> None:
    bench = load_benchmark(make_file(10, 3))
    replay = Replay(
        (SearcherChoice(name=searcher),),
        balanced=(CONDITIONS[0], "ce"),
        target=(CONDITIONS[1], "ce"),
    )
    frame = benchmark.pedantic(replay.table, args=(bench,), rounds=1)
    assert (frame["n_repetitions"] == 200).all()
    assert len(frame) == 200


def _table(classes: int, replicates: int) -> Table:
    space, rng = get_space("nats-tss"), np.random.default_rng(0)
    assert isinstance(space, EnumerableSpace)
    names, images = space.representatives(), 10_000 // classes
    shape = len(CONDITIONS), len(names), replicates
    quality = np.linspace(0.9, 0.3, classes) + rng.normal(0, 0.05, (*shape, 1))
    correct = rng.binomial(images, quality.clip(0, 1)).reshape(-1, classes).tolist()
    training = (500 * np.geomspace(1, 0.01, classes)).astype(int)
    groups = [np.flatnonzero(each) for each in (training > 100, training < 20)]
    n = len(correct)
    every = {
        "suite": "speed@1/up", "fidelity": "up", "role": "population", "space": space.name,
        "scheme": "ce", "params": 1000, "macs": 10_000, "device": "none", "stack": replicates,
        "failed": False, "recipe_sha256": "0" * 64, "manifest_sha256": "1" * 64,
        "class_total": (images,) * classes, "class_train": tuple(training.tolist()),
        "many": tuple(groups[0].tolist()), "few": tuple(groups[1].tolist()),
    }  # fmt: skip
    per_condition = len(names) * replicates
    repeated = [name for name in names for _ in range(replicates)] * len(CONDITIONS)
    columns = {name: [every.get(name)] * n for name in NAMES} | {
        "architecture": repeated,
        "functional_id": list(map(space.functional_id, repeated)),
        "condition": [c for c in CONDITIONS for _ in range(per_condition)],
        "replicate": list(range(replicates)) * (n // replicates),
        "class_correct": list(map(tuple, correct)),
        "seconds": rng.gamma(4, 1, n).tolist(),
        "identity": [hashlib.sha256(str(row).encode()).hexdigest() for row in range(n)],
    }
    frame = pd.DataFrame({name: pd.Series(columns[name], dtype=object) for name in NAMES})
    pairs = tuple((condition, "ce") for condition in CONDITIONS[:2])
    return Table("speed@1/up", frame, n, 0, (pairs,))
