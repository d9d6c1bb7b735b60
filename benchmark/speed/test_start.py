"""What is paid once: the start of commands and workers, and the memory of a worker."""

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import mini
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from ratios import Report

IMPORTS = "import torch, torchvision, timm"
COMMAND = "from imbnas.cli import main; main()"
TURNS = 10
UNITS = 26

SUITE = """
name = "memory"
version = "1"
summary = "every kind of unit on real images, a few steps each"
default_fidelity = "only"
protocol = "strict"
space = "nats-tss"

[parts.transfer]
kind = "transfer"
reference = {{ condition = "{name}@1x", scheme = "ce" }}
targets = [{{ condition = "{name}@100x", scheme = "cb-drw" }}]

[parts.adaptation]
kind = "adaptation"
source = {{ condition = "{name}@1x", scheme = "ce" }}
target = {{ condition = "{name}@100x", scheme = "cb-drw" }}
strategies = ["p0", "p1"]
shared_images = true

[fidelities.only]
replicates = 2
population = {{ size = 2, seed = 0 }}
calibration_images = 1024

[fidelities.only.network]
epochs = 1
steps_per_epoch = 3
resolution = 16
width = 8
depth = 1
augmentation = {{ pad = 2, flip = true }}

[fidelities.only.supernet]
epochs = 1
steps_per_epoch = 3
resolution = 16
width = 8
depth = 1
augmentation = {{ pad = 2, flip = true }}

[fidelities.only.adaptation]
epochs = 1
steps_per_epoch = 3
resolution = 16
width = 8
depth = 1
augmentation = {{ pad = 2, flip = true }}

[fidelities.only.searcher]
name = "random"
options = {{ evaluations = 2 }}
"""

WORKER = """
import json, sys, time
start = time.process_time()
import torch, torchvision, timm
imported = time.process_time() - start

def status(field):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field + ":"))

def of_cache(folder):
    # Megabytes of mapped files of the image cache: in all, and copied by this process.
    mapped = copied = 0
    inside = False
    for line in open("/proc/self/smaps"):
        words = line.split()
        if not words[0].endswith(":"):
            inside = len(words) > 5 and words[5].startswith(folder)
        elif inside and words[0] == "Rss:":
            mapped += int(words[1]) / 1024
        elif inside and words[0] in ("Private_Dirty:", "Anonymous:"):
            copied += int(words[1]) / 1024
    return mapped, copied

base = status("VmRSS")
from imbnas.runs.worker import main
from imbnas.runs.worker import Worker
ready = {}
run = Worker.run
def noted(worker):
    ready["seconds"] = time.process_time() - start
    run(worker)
Worker.run = noted
code = main(sys.argv[2:])
mapped, copied = of_cache(sys.argv[1])
print(json.dumps({
    "status": code, "imports": imported, "ready": ready["seconds"],
    "above_imports": status("VmHWM") - base, "anonymous": status("RssAnon"),
    "mapped": mapped, "copied": copied,
}))
"""


@dataclass(frozen=True)
class Spent:
    """Shortest of several runs of a command: wall-clock and processor seconds."""

    wall: float
    processor: float


def spent(code: str, *arguments: str) -> Spent:
    """Time Python with a program, once it is in the file cache."""
    wall, processor = [], []
    for _ in range(TURNS + 1):
        before, start = _processor_seconds(), time.perf_counter()
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
        wall.append(time.perf_counter() - start)
        processor.append(_processor_seconds() - before)
    return Spent(min(wall[1:]), min(processor[1:]))


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help(benchmark: BenchmarkFixture, report: Report) -> None:
    click = spent("import click")
    shown = benchmark.pedantic(spent, args=(COMMAND, "--help"), rounds=1)
    report(
        "--help: import click",
        shown.wall / click.wall,
        2,
        smaller=True,
        key="time_ratio",
        milliseconds=1e3 * shown.wall,
        processor_ratio=shown.processor / click.processor,
    )


def test_list(benchmark: BenchmarkFixture, report: Report) -> None:
    shown = benchmark.pedantic(spent, args=(COMMAND, "list"), rounds=1)
    report("list, seconds", shown.wall, 0.4, smaller=True, key="seconds",
           processor_seconds=shown.processor)  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="memory is read from /proc")
def test_worker(
    benchmark: BenchmarkFixture, report: Report, images: mini.Mini, tmp_path: Path
) -> None:
    suite = tmp_path / "memory.toml"
    suite.write_text(SUITE.format(name=images.name))
    root = images.locations.root
    data = ["--data-root", str(root)] if root else []
    bound = [sys.executable, "-c", COMMAND, "run", "--suite", str(suite), "--out",
             str(tmp_path / "run"), "--offline", "--device", "cpu", "--max-units", "1", "--workers",
             "1", *data]  # fmt: skip
    assert subprocess.run(bound, capture_output=True, check=False).returncode == 3
    command = [sys.executable, "-c", WORKER, str(images.locations.cache), str(tmp_path / "run"),
               "--offline", *data]  # fmt: skip
    done = benchmark.pedantic(
        subprocess.run, args=(command,), kwargs={"capture_output": True, "check": True}, rounds=1
    )
    measured = json.loads(done.stdout)
    assert measured["status"] == 0
    assert len(list((tmp_path / "run" / "records").rglob("*.json"))) == UNITS
    report("worker: MB above importing torch, torchvision, timm", measured["above_imports"], 400,
           smaller=True, key="megabytes", **measured)  # fmt: skip
    report("image cache: share copied by a worker", measured["copied"] / max(measured["mapped"], 1),
           0.01, smaller=True, key="copied_share")  # fmt: skip
    report("worker: ready to work: imports alone", measured["ready"] / measured["imports"], 2,
           smaller=True, key="start_ratio")  # fmt: skip
