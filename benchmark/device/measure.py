"""What one device does with many small networks: whether it is right, and how fast.

One file and one command, ten minutes at most:

    python benchmark/device/measure.py --device cuda --out RESULTS

It needs an installed imbnas, or the checkout on PYTHONPATH, and no data: images are scikit-learn's
digits, or random. RESULTS/results.json and RESULTS/results.md are written anew after each figure.
Each part is done in a process of its own, which is killed when its share of the time is spent; one
that fails is named there and the others go on. What lies in ``benchmark/speed`` beside this folder,
the plain loop and other ways to compute a step, is measured where it is there.
"""

import contextlib
import itertools
import json
import math
import multiprocessing
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from importlib.metadata import version
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Literal, Protocol

import click
import numpy as np
import torch
from numpy.typing import NDArray
from tabulate import tabulate
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from imbnas.baselines.registry import BASELINES
from imbnas.cli.quantities import Duration
from imbnas.data import DATASETS, DataLocations, Stream
from imbnas.data.dataset import ArraySplit, Dataset, array_digest
from imbnas.data.image_sets import ImageSet, normalisation
from imbnas.data.stacked_stream import StackedStream
from imbnas.execution.malloc import keep_freed_memory
from imbnas.execution.provenance import device_name
from imbnas.planning.cost import UnitCost, UnitCosts
from imbnas.planning.suite_images import SuiteImages
from imbnas.rankers import RANKERS
from imbnas.schemes import SCHEMES, resolve_scheme
from imbnas.schemes.stacked_scheme import StackedScheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.nats.network import CellNetwork
from imbnas.spaces.nats.stacked_network import StackedNetwork
from imbnas.strategies import STRATEGIES
from imbnas.suites.expand import Expansion
from imbnas.suites.fidelity import Fidelity
from imbnas.suites.load import load_suite, read_suite, suite_text
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.schema import SuiteFile, TransferPart
from imbnas.supernet import SUPERNETS
from imbnas.supernet.path_training import PathTrainer
from imbnas.training.fitting import Trainer, torch_module
from imbnas.training.setup import set_up
from imbnas.training.step_graphs import CudaGraphs
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Recipe
from imbnas.units.unit import Precision, TrainUnit, Unit

SPEED = Path(__file__).resolve().parents[1] / "speed"
SUITE = "lt-cifar"
FIDELITIES = ("mini", "small", "paper")
SPACE = "nats-tss"
SEED = 5
"""Not that of the published populations."""
CLASSES = 10
MOST = 5000
"""Images of the most frequent class, as CIFAR-10 has them."""

Row = dict[str, Any]
Device = Literal["cuda", "cpu", "meta"]


class NotHere(Exception):  # noqa: N818
    """What a part, or a figure, needs and this machine or this checkout lacks."""


# What is given ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What a part is given.

    Attributes:
        device: where networks run.
        scratch: a folder that is removed after all parts.
        until: by ``time.monotonic``; the part is killed then.
        known: rows of the parts before.
    """

    device: Device
    scratch: Path
    until: float
    known: Sequence[Row] = ()

    @property
    def torch_device(self) -> torch.device:
        """As torch names it."""
        return torch.device(self.device)

    @property
    def tiny(self) -> bool:
        """Whether this is a rehearsal: a CPU shows that all runs, and gives no figure of use."""
        return self.device == "cpu"

    @property
    def left(self) -> float:
        """Seconds until the part is killed."""
        return self.until - time.monotonic()

    def synchronize(self) -> None:
        """Wait until the device has done what it was given."""
        if self.device == "cuda":
            torch.cuda.synchronize()


def scaled(recipe: Recipe, tiny: bool) -> Recipe:
    """A recipe of one epoch; of next to nothing for a rehearsal."""
    update: dict[str, Any] = {"epochs": 1, "curve_points": 0, "best_epoch": False}
    if tiny:
        update |= {"batch_size": 8, "resolution": 8, "width": 2, "depth": 1, "steps_per_epoch": 2}
    return recipe.model_copy(update=update)


@cache
def suite() -> SuiteFile:
    """The suite that is measured, as it ships."""
    return load_suite(SUITE)


def fidelity(name: str) -> Fidelity:
    """A fidelity of the suite.

    Raises:
        NotHere: the suite has none of that name.
    """
    fidelities = suite().fidelities
    if name not in fidelities:
        has = ", ".join(fidelities)
        raise NotHere(f"suite {SUITE!r} has no fidelity {name!r} (it has {has})")
    return fidelities[name]


def all_conditions(replicates: int) -> list[tuple[str, str]]:
    """Condition and scheme of all trainings of an architecture on CIFAR-10, each replicate of them.

    Networks in one stack have as many classes.
    """
    parts = [part for part in suite().parts.values() if isinstance(part, TransferPart)]
    trainings = dict.fromkeys(each for part in parts for each in part.trainings)
    named = [(each.condition, each.scheme) for each in trainings]
    wanted = [each for each in named if parse_condition(each[0]).dataset == "cifar10"]
    return [each for each in wanted for _ in range(replicates)]


# Networks and images ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """What is trained.

    Attributes:
        recipe: of one epoch.
        places: condition and scheme of each network of the stack.
        device: where.
    """

    recipe: Recipe
    places: Sequence[tuple[str, str]]
    device: torch.device

    @property
    def shape(self) -> NetworkShape:
        """Of each network."""
        recipe = self.recipe
        side = recipe.resolution or 32
        return NetworkShape(recipe.width, recipe.depth, side, 3, CLASSES, stem=recipe.stem)

    @cached_property
    def pixels(self) -> Tensor:
        """Random images, (N, 3, H, W) bytes."""
        side = self.shape.resolution
        return torch.from_numpy(random_images((sum(class_counts("cifar10@100x")), 3, side, side)))

    def images(self, condition: str) -> ImageSet:
        """Random images with labels in the numbers of a condition."""
        counts = class_counts(condition)
        labels = torch.arange(CLASSES).repeat_interleave(torch.tensor(counts))
        pixels = self._on_device
        rows = torch.arange(len(labels), device=self.device) % len(pixels)
        normalise = normalisation([0.5] * 3, [0.25] * 3, self.device)
        return ImageSet(labels.to(self.device), CLASSES, normalise, pixels, rows)

    @cached_property
    def _on_device(self) -> Tensor:
        return self.pixels.to(self.device)


def random_images(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The same random bytes each time."""
    return np.random.default_rng(SEED).integers(0, 256, shape, dtype=np.uint8)


@cache
def class_counts(condition: str) -> tuple[int, ...]:
    """Images of each class in a condition of CIFAR-10, near enough to what is held out."""
    ratio = parse_condition(condition).ratio or 1.0
    return tuple(round(MOST * ratio ** (-rank / (CLASSES - 1))) for rank in range(CLASSES))


@dataclass(frozen=True)
class Way:
    """How steps are computed.

    Attributes:
        precision: of forward passes.
        compiled: through ``torch.compile``.
        graphs: captured in CUDA graphs.
        first: channels first, in PyTorch's default layout.
        resident: on one batch that is on the device: compute only.
    """

    precision: Precision = "float32"
    compiled: bool = False
    graphs: bool = False
    first: bool = False
    resident: bool = False

    @property
    def name(self) -> str:
        """As the tables call it."""
        parts = {
            "compute only": self.resident, "channels first": self.first, "bfloat16": self.short,
            "compiled": self.compiled, "CUDA graphs": self.graphs,
        }  # fmt: skip
        return ", ".join(name for name, is_so in parts.items() if is_so) or "as it is"

    @property
    def short(self) -> bool:
        """Whether forward passes are in bfloat16."""
        return self.precision == "bfloat16"

    def refused(self, given: Given) -> str:
        """Why it cannot be measured; nothing where it can."""
        if given.device == "cuda":
            return ""
        if self.graphs:
            return "CUDA graphs need CUDA"
        return "compiling takes minutes on a CPU" if self.compiled else ""


class _ChangedStream:
    """A stream whose batches are changed; see ``Stream``."""

    def __init__(self, stream: Stream, way: Way) -> None:
        self._stream, self._way = stream, way

    def epoch(
        self, steps: int | None = None, class_probabilities: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of an epoch."""
        batches = self._stream.epoch(steps, class_probabilities)
        if self._way.resident:
            batches = itertools.repeat(next(batches), steps or 1)
        for images, labels in batches:
            yield (images.contiguous() if self._way.first else images), labels

    def state_dict(self) -> dict[str, Tensor]:
        """That of the stream."""
        return self._stream.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """That of the stream."""
        self._stream.load_state_dict(state)


def trainer_of(work: Work, cell: str, way: Way) -> Trainer:
    """The engine's own trainer of a network, or of a stack of them.

    Networks of one stack may differ in condition and scheme, which no run does yet.
    """
    setups = []
    for place, (condition, name) in enumerate(work.places):
        torch.manual_seed(place)
        network = get_space(SPACE).build(cell, work.shape)
        images, counts = work.images(condition), class_counts(condition)
        scheme = resolve_scheme(name)
        setups.append(
            set_up(network, images, counts, scheme, work.recipe, place, precision=way.precision)
        )
    first = setups[0].trainer
    trainer = replace(
        first, recipe=work.recipe, compiled=way.compiled,
        recorder=CudaGraphs(work.device) if way.graphs else None,
    )  # fmt: skip
    if len(setups) > 1:
        trainers = [each.trainer for each in setups]
        networks = [each.network for each in trainers]
        cells = [network for network in networks if isinstance(network, CellNetwork)]
        generators = [each.mixing_generator for each in trainers]
        trainer = replace(
            trainer,
            network=StackedNetwork(cells).to(memory_format=torch.channels_last),
            stream=StackedStream([each.stream for each in trainers]),
            scheme=StackedScheme([each.scheme for each in setups], generators),
        )
    if way.first:
        torch_module(trainer.network).to(memory_format=torch.contiguous_format)
    return replace(trainer, stream=_ChangedStream(trainer.stream, way))


def timed_steps(given: Given, trainer: Trainer, seconds: float) -> tuple[float, int]:
    """Seconds of a step in epochs as long as the recipe's, or as there is time for.

    Returns:
        The median of the epochs that were timed, and the steps of each.
    """

    def epoch(steps: int) -> float:
        recipe = trainer.recipe.model_copy(update={"steps_per_epoch": steps})
        given.synchronize()
        start = time.perf_counter()
        replace(trainer, recipe=recipe).run()
        given.synchronize()
        return time.perf_counter() - start

    epoch(2)  # libraries choose, kernels are compiled
    few = 2 if given.tiny else 6
    each = epoch(few) / few
    usual = trainer.recipe.steps_per_epoch or math.ceil(
        sum(trainer.class_counts) / trainer.recipe.batch_size
    )
    steps = max(few, min(usual, int(seconds / each)))
    found = [epoch(steps) / steps]
    while len(found) < 3 and sum(found) * steps < seconds:
        found.append(epoch(steps) / steps)
    return statistics.median(found), steps


def busy_seconds(given: Given, trainer: Trainer) -> float | None:
    """Seconds of a step in which the GPU computes: the durations of its kernels, added up."""
    if given.device != "cuda":
        return None
    from torch.profiler import ProfilerActivity, profile

    steps = 10
    short = replace(trainer, recipe=trainer.recipe.model_copy(update={"steps_per_epoch": steps}))
    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        short.run()
        given.synchronize()
    spent = sum(float(event.self_device_time_total) for event in profiler.key_averages())
    return spent / 1e6 / steps


# Correctness --------------------------------------------------------------------------------------

CHECK = """
name = "device-check"
version = "1"
summary = "every strategy, scheme and ranker once, on the digits"
default_fidelity = "check"
protocol = "strict"
space = "nats-tss"

[parts.schemes]
kind = "transfer"
reference = {{ condition = "digits@1x", scheme = "ce" }}
targets = [{targets}]

[parts.rankers]
kind = "transfer"
reference = {{ condition = "digits@1x", scheme = "ce" }}
targets = [{{ condition = "digits@10x", scheme = "ce" }}]
rankers = [{rankers}]

[parts.strategies]
kind = "adaptation"
source = {{ condition = "digits@1x:half-1", scheme = "ce" }}
target = {{ condition = "digits@10x:half-2", scheme = "cb-drw" }}
strategies = [{strategies}]
searchers = ["random"]

[fidelities.check]
replicates = {replicates}
stack = {replicates}
population = {{ size = 2, seed = {seed} }}
calibration_images = 64
validation_images = 100

[fidelities.check.searcher]
name = "evolution"
options = {{ generations = 1, population = 3, crossover = 1, mutation = 1, top_k = 2 }}

[fidelities.check.searchers.random]
name = "random"
options = {{ evaluations = 3 }}
"""
EVERY_BASELINE = """
name = "baselines-check"
version = "1"
summary = "some steps of every baseline, on the digits"
default_fidelity = "check"
protocol = "strict"
space = "nats-tss"

[parts.baselines]
kind = "baselines"
models = [{baselines}]
trainings = [{{ condition = "digits@10x", scheme = "ce" }}]

[fidelities.check]
replicates = 1
population = {{ size = 2, seed = {seed} }}

[fidelities.check.network]
epochs = 1
steps_per_epoch = 4
batch_size = 32
lr = 0.01
"""
RECIPES = """
[fidelities.check.{name}]
epochs = {epochs}
steps_per_epoch = {steps}
batch_size = 64
lr = {lr}
width = 4
depth = 1
"""


def check_suite(tiny: bool) -> str:
    """A suite with each entry of each registry once; with the first ones for a rehearsal."""
    few = 2 if tiny else None
    rankers = ['{ name = "jacob-cov", options = { batch_size = 32 } }' if name == "jacob-cov"
               else f'"{name}"' for name in RANKERS.names()[:few]]  # fmt: skip
    schemes = [name for name in SCHEMES.names() if name != "ce"][:few]
    names = [name for name in STRATEGIES.names() if name != "head-per-arch"]
    strategies = [f'"{name}"' for name in (names[1:3] if tiny else names)]
    strategies += [f'{{ name = "head-per-arch", options = {{ head = "{head}" }} }}'
                   for head in ("means", "ridge")[:few and 1]]  # fmt: skip
    text = CHECK.format(
        targets=", ".join(f'{{ condition = "digits@10x", scheme = "{name}" }}' for name in schemes),
        rankers=", ".join(rankers),
        strategies=", ".join(strategies),
        replicates=1 if tiny else 2,
        seed=SEED,
    )
    epochs, steps = (1, 1) if tiny else (10, 5)
    for name, lr in (("network", 0.1), ("supernet", 0.1), ("adaptation", 0.01)):
        text += RECIPES.format(name=name, epochs=epochs, steps=steps, lr=lr)
    return text


def baselines_suite(tiny: bool) -> str:
    """A suite with each baseline once; with one for a rehearsal."""
    names = BASELINES.names()[:1] if tiny else BASELINES.names()
    return EVERY_BASELINE.format(baselines=", ".join(f'"{name}"' for name in names), seed=SEED)


@dataclass
class Run:
    """A run of the suite in processes of its own.

    Attributes:
        folder: of the run.
        process: the command.
    """

    folder: Path
    process: "subprocess.Popen[bytes]"
    _start: float = field(default_factory=time.monotonic)

    @classmethod
    def start(
        cls, given: Given, name: str, device: str, workers: int, *options: str, text: str = ""
    ) -> "Run":
        """Start it; what it prints goes to a file beside it."""
        folder, suite = given.scratch / name, given.scratch / f"{name}.toml"
        suite.write_text(text or check_suite(given.tiny), encoding="utf-8")
        shared = "--workers-per-gpu" if device == "cuda" else "--workers"
        command = [
            sys.executable, "-m", "imbnas", "run", "--suite", str(suite), "--out", str(folder),
            "--device", device, shared, str(workers), "--no-reuse", "--offline", *options,
        ]  # fmt: skip
        with folder.with_suffix(".log").open("wb") as log:
            return cls(folder, subprocess.Popen(command, stdout=log, stderr=log))

    def outcome(self) -> Row:
        """Wait; how it ended."""
        status = self.process.wait()
        failures = [json.loads(path.read_text()) for path in self._files("failures")]
        told = [f"{each['label']}: {each['error']}: {each['message']}" for each in failures]
        right = bool(self.records) and not told and status in (0, 3)
        return {
            "exit": status,
            "records": len(self.records),
            "failures": told,
            "seconds": round(time.monotonic() - self._start, 1),
            "right": right,
            **({} if right else {"printed": self._printed()}),
        }

    def _printed(self) -> list[str]:
        """The last lines of what it printed."""
        text = self.folder.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
        return text.strip().splitlines()[-5:]

    @property
    def records(self) -> dict[str, Row]:
        """Identity → record."""
        return {path.stem: json.loads(path.read_text()) for path in self._files("records")}

    def _files(self, kind: str) -> list[Path]:
        return sorted((self.folder / kind).rglob("*.json"))


def correctness(given: Given) -> Iterator[Row]:
    """The suite on the device: complete, the same again, as accurate as on the CPU.

    Runs that do not depend on each other go side by side: nothing is timed here.
    """
    start = partial(Run.start, given)
    cores = len(os.sched_getaffinity(0))
    first = start("first", given.device, 2 if given.tiny else 4)
    cpu = None if given.tiny else start("cpu", "cpu", max(cores - 8, 1))
    if given.tiny:
        yield {"what": f"records on {given.device}"} | first.outcome()
    again = start("again", given.device, 1 if given.tiny else 3)
    if not given.tiny:
        yield {"what": f"records on {given.device}"} | first.outcome()
    yield {"what": "records on the same again, other workers"} | again.outcome()
    yield from equal_records(first, again)
    baselines = start("baselines", given.device, 4, text=baselines_suite(given.tiny))
    yield from variants(given, first)
    yield {"what": "records of baselines"} | baselines.outcome()
    if cpu is not None:
        yield {"what": "records on the CPU"} | cpu.outcome()
        yield from compared("float32", first, cpu, "the CPU")


def variants(given: Given, plain: Run) -> Iterator[Row]:
    """Other precisions and ways, on parts of the suite."""
    start = partial(Run.start, given)
    some = ("--part", "rankers") if given.tiny else ("--part", "strategies", "--part", "rankers")
    short = start("bfloat16", given.device, 3, "--precision", "bfloat16", *some)
    if given.device != "cuda":
        yield {"what": "records compiled", "skipped": "compiling takes minutes on a CPU"}
        yield {"what": "records of CUDA graphs", "skipped": "CUDA graphs need CUDA"}
    else:
        graphs = start("graphs", "cuda", 3, "--cuda-graphs", "--part", "schemes")
        yield {"what": "records of CUDA graphs"} | _without_refused(graphs.outcome())
        yield from compared("CUDA graphs", graphs, plain, "steps one by one")
    yield {"what": "records in bfloat16"} | short.outcome()
    yield from compared("bfloat16", short, plain, "float32")
    if given.device == "cuda":
        few = ("--compile", "--part", "rankers", "--only", "train*", "--max-units", "4")
        compiled = start("compiled", "cuda", 2, *few)
        yield {"what": "records compiled"} | compiled.outcome()
        yield from compared("compiled", compiled, plain, "not compiled")


def _without_refused(row: Row) -> Row:
    """An outcome without the failures that are meant.

    The loss of gcl reads which mixed targets are not 0, which no graph can hold.
    """
    left = [each for each in row["failures"] if "CaptureError" not in each or "gcl" not in each]
    return row | {"failures": left, "right": not left and row["records"] > 0}


def equal_records(one: Run, other: Run) -> Iterator[Row]:
    """Whether units repeat to the last bit, by kind."""
    ours, theirs = one.records, other.records
    kinds: dict[str, list[bool]] = {}
    for identity in sorted(ours.keys() & theirs.keys()):
        record = ours[identity]
        same = record["metrics"] == theirs[identity]["metrics"]
        kinds.setdefault(record["unit"]["kind"], []).append(same)
    for kind, same in kinds.items():
        row = {"what": f"{kind} units again", "units": len(same), "equal": sum(same)}
        yield row | {"right": all(same)}


def compared(what: str, ours: Run, theirs: Run, other: str) -> Iterator[Row]:
    """Differences of accuracies, unit by unit, and of rankers' scores."""
    pairs = list(_alike(ours, theirs))
    points = [100 * (recall(a) - recall(b)) for a, b in pairs if a["unit"]["kind"] == "train"]
    if len(points) > 1:
        mean, error = statistics.mean(points), statistics.stdev(points) / math.sqrt(len(points))
        yield {
            "what": f"accuracy, {what} minus {other}", "units": len(points),
            "points": round(mean, 3), "standard error": round(error, 3),
            "right": abs(mean) <= 3 * error or mean == 0,
        }  # fmt: skip
    largest: dict[str, float] = {}
    for a, b in pairs:
        if a["unit"]["kind"] == "rank":
            name = a["unit"]["ranker"]["name"]
            largest[name] = max(largest.get(name, 0.0), _apart(a, b))
    for name, apart in largest.items():
        yield {
            "what": f"scores of {name}, {what} and {other}",
            "largest relative difference": apart,
        }


def recall(record: Row) -> float:
    """Mean per-class recall of a training, in [0, 1]."""
    metrics = record["metrics"]
    pairs = zip(metrics["class_correct"], metrics["class_total"], strict=True)
    return statistics.mean(float(correct / total) for correct, total in pairs if total)


_COMPUTED = ("device_type", "precision", "compiled", "cuda_graphs")


def _alike(ours: Run, theirs: Run) -> Iterator[tuple[Row, Row]]:
    """Trainings and rankings that differ in how they were computed alone."""

    def by_work(run: Run) -> dict[str, Row]:
        records = (
            each for each in run.records.values() if each["unit"]["kind"] in ("train", "rank")
        )
        return {_without(each["unit"]): each for each in records}

    held = by_work(theirs)
    for work, record in by_work(ours).items():
        if work in held:
            yield record, held[work]


def _without(unit: Row) -> str:
    kept = {name: value for name, value in unit.items() if name not in _COMPUTED}
    return json.dumps(kept, sort_keys=True)


def _apart(one: Row, other: Row) -> float:
    pairs = zip(one["metrics"]["scores"], other["metrics"]["scores"], strict=True)
    found = [
        abs(a - b) / max(abs(a), abs(b), 1e-12)
        for (_, a), (_, b) in pairs
        if a is not None and b is not None
    ]
    return float(f"{max(found, default=0.0):.3g}")


# Throughput ---------------------------------------------------------------------------------------


def attempted(given: Given, head: Row, job: Callable[[], Row], needs: float = 8) -> Row:
    """A figure, or why there is none; what fails does not keep others from being measured.

    Args:
        given: to the part.
        head: of the row.
        job: gives the rest of it.
        needs: seconds that it may take; it is left out where there are fewer.
    """
    if given.left < (1 if given.tiny else needs):
        return head | {"skipped": "no time left"}
    try:
        return head | job()
    except NotHere as error:
        return head | {"skipped": str(error)}
    except Exception as error:
        return head | {"failed": told(error)}
    finally:
        if given.device == "cuda":
            torch.cuda.empty_cache()


def told(error: BaseException) -> str:
    """Class and first line of an error."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def recipes(given: Given, kind: str = "network") -> dict[str, Recipe]:
    """The recipes that are measured, by fidelity."""
    there = [name for name in FIDELITIES if name in suite().fidelities]
    return {name: scaled(fidelity(name).recipes[kind], given.tiny) for name in there}


def absent() -> Iterator[Row]:
    """Fidelities that the suite does not have."""
    for name in FIDELITIES:
        try:
            fidelity(name)
        except NotHere as missing:
            yield {"fidelity": name, "skipped": str(missing)}


def stacks(given: Given) -> dict[str, list[tuple[str, str]]]:
    """Name → condition and scheme of each place."""
    places = all_conditions(fidelity("mini").replicates)
    counts = (1, 3) if given.tiny else (1, 3, 12, 48)
    named = {str(count): list(itertools.islice(itertools.cycle(places), count)) for count in counts}
    named["1"] = named["1"] or places[:1]
    return named if given.tiny else named | {f"all {len(places)}": places}


@cache
def sampled(count: int) -> tuple[str, ...]:
    """Architectures."""
    return get_space(SPACE).sample(count, SEED)


def cells(given: Given) -> Sequence[str]:
    """Architectures that are measured."""
    return sampled(1 if given.tiny else 2)


AS_IT_IS = Way()
WAYS = (
    AS_IT_IS,
    Way(graphs=True),
    Way(precision="bfloat16"),
    Way(precision="bfloat16", graphs=True),
    Way(resident=True),
    Way(resident=True, graphs=True),
    Way(first=True),
    Way(compiled=True),
    Way(compiled=True, precision="bfloat16", graphs=True),
)
"""From what must be known to what may be left out."""


def throughput(given: Given) -> Iterator[Row]:
    """Images a second of trainings, one after the other in one process."""
    yield from absent()
    for way in WAYS:
        if reason := way.refused(given):
            yield {"way": way.name, "skipped": reason}
            continue
        for name, recipe in recipes(given).items():
            for stack, places in stacks(given).items():
                if way.compiled and len(places) not in (1, 12):
                    continue  # compiling these would take as long as all the others
                head = {"fidelity": name, "stack": stack, "way": way.name}
                job = partial(_rate, given, recipe, places, way)
                yield attempted(given, head, job, 60 if way.compiled else 8)
    for name, recipe in recipes(given, "supernet").items():
        head = {"fidelity": name, "stack": "1", "way": "supernet"}
        yield attempted(given, head, partial(_supernet_rate, given, recipe))
    for name, recipe in recipes(given).items():
        head = {"fidelity": name, "stack": "1", "way": "evaluation"}
        yield attempted(given, head, partial(_evaluation_rate, given, recipe))


def _rate(given: Given, recipe: Recipe, places: Sequence[tuple[str, str]], way: Way) -> Row:
    work, seconds = Work(recipe, places, given.torch_device), []
    usual = way in (AS_IT_IS, Way(graphs=True))
    busy: list[float | None] = []
    for cell in cells(given) if usual else cells(given)[:1]:
        trainer = trainer_of(work, cell, way)
        each, steps = timed_steps(given, trainer, 0.1 if given.tiny else 0.6)
        seconds.append(each)
        busy.append(busy_seconds(given, trainer) if usual else None)
    mean = statistics.mean(seconds)
    row: Row = {
        "images a second": round(len(places) * recipe.batch_size / mean, 1),
        "milliseconds a step": round(1e3 * mean, 3),
        "steps": steps,
    }
    if given.device == "cuda":
        known = [each for each in busy if each is not None]
        row["busy"] = round(sum(known) / sum(seconds), 3) if known else None
        row["GiB"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        torch.cuda.reset_peak_memory_stats()
    return row


def _supernet_rate(given: Given, recipe: Recipe) -> Row:
    work = Work(recipe, (("cifar10@100x", "ce"),), given.torch_device)
    images, counts = work.images("cifar10@100x"), class_counts("cifar10@100x")
    torch.manual_seed(0)
    supernet = SUPERNETS.get(SPACE)(work.shape).to(work.device)
    steps = 2 if given.tiny else 30
    short = recipe.model_copy(update={"steps_per_epoch": steps})

    def train() -> float:
        trainer = PathTrainer(get_space(SPACE), work.shape, images, counts, SEED)
        given.synchronize()
        start = time.perf_counter()
        trainer.train(supernet, resolve_scheme("ce"), short)
        given.synchronize()
        return trainer.spending.images_seen / (time.perf_counter() - start)

    train()
    return {"images a second": round(train(), 1), "steps": steps}


@torch.inference_mode()
def _evaluation_rate(given: Given, recipe: Recipe) -> Row:
    work = Work(recipe, (("cifar10@100x", "ce"),), given.torch_device)
    batch = 16 if given.tiny else recipe.evaluation_batch_size
    images = work.images("cifar10@100x").batch(torch.arange(batch, device=work.device))
    network = torch_module(get_space(SPACE).build(cells(given)[0], work.shape)).to(work.device)
    network.eval().to(memory_format=torch.channels_last)
    passes = 2 if given.tiny else 30

    def seconds() -> float:
        given.synchronize()
        start = time.perf_counter()
        for _ in range(passes):
            network(images)
        given.synchronize()
        return time.perf_counter() - start

    seconds()
    return {"images a second": round(passes * batch / seconds(), 1), "steps": passes}


# Processes that share the device ------------------------------------------------------------------


def workers(given: Given) -> Iterator[Row]:
    """Images a second of several processes on one device, all together."""
    yield from absent()
    counts = (1, 2) if given.tiny else (1, 2, 4, 8)
    graphs = Way(graphs=True)
    for stack, way in ((3, AS_IT_IS), (3, graphs), (12, graphs), (1, AS_IT_IS)):
        if reason := way.refused(given):
            yield {"stack": str(stack), "way": way.name, "skipped": reason}
            continue
        for name, recipe in recipes(given).items():
            for count in counts:
                head = {"fidelity": name, "stack": str(stack), "way": way.name, "workers": count}
                job = partial(_shared, given, recipe, stack, way, count)
                yield attempted(given, head, job, 12)


def _shared(given: Given, recipe: Recipe, stack: int, way: Way, count: int) -> Row:
    context = multiprocessing.get_context("fork")  # which has imported everything
    barrier = context.Barrier(count, timeout=max(given.left, 1))
    pipes, processes = [], []
    for _ in range(count):
        receiving, sending = context.Pipe(duplex=False)
        arguments = (given, recipe, stack, way, barrier, sending)
        process = context.Process(target=_share, args=arguments)
        process.start()
        sending.close()
        pipes.append(receiving)
        processes.append(process)
    try:
        rates = [pipe.recv() for pipe in pipes]
    except EOFError:
        raise RuntimeError("a process ended before it was done") from None
    finally:
        for process in processes:
            process.kill()
            process.join()
    return {"images a second": round(sum(rates), 1), "slowest": round(min(rates), 1)}


def _share(
    given: Given, recipe: Recipe, stack: int, way: Way, barrier: Barrier, sending: Connection
) -> None:
    """One of the processes; whoever fails lets none of the others wait."""
    try:
        sending.send(_rate_beside(given, recipe, stack, way, barrier))
    except BaseException:
        barrier.abort()
        raise


def _rate_beside(given: Given, recipe: Recipe, stack: int, way: Way, barrier: Barrier) -> float:
    """Images a second of this process while the others train, too."""
    seconds, trained = (0.2 if given.tiny else 2.0), 0
    places = all_conditions(3)[:stack]
    trainer = trainer_of(Work(recipe, places, given.torch_device), cells(given)[0], way)
    steps = 2 if given.tiny else 40
    trainer = replace(trainer, recipe=recipe.model_copy(update={"steps_per_epoch": steps}))
    trainer.run()
    given.synchronize()
    barrier.wait()
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        trainer.run()
        given.synchronize()
        trained += steps * recipe.batch_size * stack
    spent = time.perf_counter() - start
    barrier.wait()  # nobody leaves while others are timed
    return trained / spent


# What lies in benchmark/speed ---------------------------------------------------------------------


def beside(name: str) -> Any:
    """A module of ``benchmark/speed``.

    Raises:
        NotHere: the folder, or what the module imports, is missing.
    """
    if not (SPEED / f"{name}.py").is_file():
        raise NotHere(
            f"needs speed/{name}.py beside the folder of this file, as the checkout has it"
        )
    if str(SPEED) not in sys.path:
        sys.path.insert(0, str(SPEED))
    try:
        return __import__(name)
    except ImportError as error:
        raise NotHere(f"speed/{name}.py cannot be imported: {error}") from error


@dataclass(frozen=True)
class LoopData:
    """What the plain loop trains on."""

    recipe: Recipe
    images: int

    @property
    def _work(self) -> Work:
        return Work(self.recipe, (("cifar10@100x", "ce"),), torch.device("cpu"))

    @property
    def shape(self) -> NetworkShape:
        """Of the network."""
        return self._work.shape

    @property
    def statistics(self) -> tuple[Sequence[float], Sequence[float]]:
        """Mean and standard deviation of each channel."""
        return [0.5] * 3, [0.25] * 3

    def splits(self) -> tuple[ImageSet, ImageSet]:
        """Images of the training; a few for the test."""
        whole = self._work.images("cifar10@100x")
        if whole.rows is None:
            raise TypeError("images of a condition are rows of all images")
        parts = [torch.randperm(len(whole))[:count] for count in (self.images, 16)]
        train, test = (replace(whole, labels=whole.labels[each], rows=whole.rows[each])
                       for each in parts)  # fmt: skip
        return train, test


def plain_loop(given: Given) -> Iterator[Row]:
    """What a researcher would write: PIL images, torchvision, a DataLoader, default SGD."""
    loop = beside("plain_loop")
    yield from absent()
    steps = 8 if given.tiny else 60
    for name, recipe in recipes(given).items():
        for loaders in (0,) if given.tiny else (4, 12):
            head = {"fidelity": name, "stack": "1", "way": f"plain loop, {loaders} loaders"}

            def job(recipe: Recipe = recipe, loaders: int = loaders) -> Row:
                data = LoopData(recipe, steps * recipe.batch_size)
                setting, cell = loop.Setting(loaders, 1), cells(given)[0]
                train = partial(loop.train, data, cell, setting, tested=1, seed=0,
                                device=given.torch_device)  # fmt: skip
                # What is done once, as starting processes, is in both and falls away.
                short, long = (train(steps=count).seconds for count in (1, steps))
                if long <= short:
                    raise NotHere("too short to be timed")
                rate = (steps - 1) * recipe.batch_size / (long - short)
                return {"images a second": round(rate, 1), "steps": steps}

            yield attempted(given, head, job)


def step_ways(given: Given) -> Iterator[Row]:
    """Steps of a stack computed in other ways, relative to the engine's; below 1 pays."""
    trials = beside("step_trials")

    def clock() -> float:
        given.synchronize()
        return time.perf_counter()

    for shape in list(trials.SHAPES)[-1:] if given.tiny else trials.SHAPES:
        make = partial(
            trials.make, cells(given)[0], trials.SHAPES[shape], device=given.torch_device
        )
        ways = dict(list(trials.WAYS.items())[:2]) if given.tiny else trials.WAYS

        def ratios(make: Any = make, ways: Any = ways) -> Row:
            steps = {"": make(trials.STACK)}
            steps |= {name: make(trials.STACK, *way) for name, way in ways.items()}
            spent = trials.seconds(steps, 1 if given.tiny else 9, clock)
            return {name: round(spent[name] / spent[""], 3) for name in ways}

        yield attempted(given, {"shape": shape}, ratios)


# Counts -------------------------------------------------------------------------------------------


class Counted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts operations, views left out: about as many kernels are launched."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operations += not getattr(func, "is_view", False)
        return func(*args, **(kwargs or {}))


def counts(given: Given) -> Iterator[Row]:
    """Operations of a step, forwards and backwards, on the device meta: no step is computed."""
    yield from absent()
    for name, recipe in recipes(given).items():
        for stack, places in stacks(given).items():
            head = {"fidelity": name, "stack": stack}
            yield attempted(given, head, partial(_counted, given, recipe, len(places)))


def _counted(given: Given, recipe: Recipe, places: int) -> Row:
    space, cell = get_space(SPACE), cells(given)[0]
    shape = Work(recipe, (), torch.device("meta")).shape
    with torch.device("meta"):
        built = [space.build(cell, shape) for _ in range(places)]
        network = StackedNetwork([each for each in built if isinstance(each, CellNetwork)])
        images = torch.empty(recipe.batch_size, 3 * places, shape.resolution, shape.resolution)
        labels = torch.zeros(recipe.batch_size, dtype=torch.int64)
        with Counted() as counted:
            logits = network(images).unbind(1)
            losses = [functional.cross_entropy(each, labels) for each in logits]
            torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
    found = space.counts(cell, shape)
    return {
        "operations a step": counted.operations,
        "operations a network": round(counted.operations / places, 1),
        "parameters": found.params,
        "multiply-accumulates an image": found.macs,
    }


# Hours --------------------------------------------------------------------------------------------


def dataset_of(name: str, classes: int, locations: DataLocations) -> Dataset:
    """A dataset with as many images of each class as CIFAR has; their pixels do not matter."""
    names = tuple(f"{label:03}" for label in range(classes))
    splits = []
    for seed, total in enumerate((50_000, 10_000)):
        labels = np.arange(total, dtype=np.int64) % classes
        pixels = np.random.default_rng(seed).integers(0, 256, (total, 2, 2, 3), dtype=np.uint8)
        splits.append(ArraySplit(labels, pixels))
    train, test = splits
    digest = array_digest(names, train, test)
    return Dataset(name, names, train, test, digest, (0.5,) * 3, (0.25,) * 3)


def planned(name: str, folder: Path) -> dict[str, Row]:
    """Units, images and multiply-accumulates of a fidelity by kind, without any data."""
    text = suite_text(SUITE).replace("cifar10", "random-cifar10")
    file = folder / f"{SUITE}-random.toml"
    file.write_text(text, encoding="utf-8")
    with DATASETS.temporary():
        for classes in (10, 100):
            called = f"random-cifar{classes}"
            register = DATASETS.register(called, version="1", summary="random")
            register(partial(dataset_of, called, classes))
        locations = DataLocations(None, (), True, folder / "cache")
        resolved = resolve_suite(SuiteRequest(read_suite(file), name, locations))
    plan = Expansion(resolved).plan()
    costs = UnitCosts(SuiteImages(resolved), plan.units)
    found: dict[str, Row] = {}
    some = resolved.population[0].architecture
    priced: list[tuple[Unit, UnitCost | None]] = [(unit, costs.of(unit)) for unit in plan.units]
    for retraining in plan.retrainings:
        training = plan.expansion.retrain(retraining, some)
        priced.append((training, costs.of_any_architecture(training)))
    for unit, cost in priced:
        kind: str = unit.kind
        if isinstance(unit, TrainUnit) and getattr(unit.model, "space", None) != SPACE:
            kind = "train others"
        row = found.setdefault(kind, {"units": 0, "trained": 0, "evaluated": 0, "macs": 0})
        row["units"] += 1
        if cost is not None:
            row["trained"] += cost.trained
            row["evaluated"] += cost.evaluated + cost.head
            row["macs"] += cost.macs
    return found


def hours(given: Given) -> Iterator[Row]:
    """From the rates: how long fidelities take on this device."""
    yield from absent()
    there = recipes(given)
    for name in list(there)[:1] if given.tiny else there:
        possible = best(given.known, name, stack=fidelity(name).replicates)
        if possible is None:
            yield {"fidelity": name, "skipped": "no rate was measured"}
            continue
        work = planned(name, given.scratch)
        yield from _hours(given, name, work, possible, each=True)
        widest = best(given.known, name)
        if widest not in (None, possible):
            yield from _hours(given, name, work, widest or possible, each=False)


def _hours(given: Given, name: str, work: Mapping[str, Row], by: Row, each: bool) -> Iterator[Row]:
    """Hours of each kind of units, and of all, with trainings at the rate of a setting."""
    own = [row for row in given.known if row.get("fidelity") == name and "images a second" in row]
    rates = {row["way"]: row["images a second"] for row in own if row["stack"] == "1"}
    training, gain = by["images a second"], sharing(own)
    evaluation = rates.get("evaluation", 3 * training / gain) * gain
    supernet = rates.get("supernet", training / gain) * gain
    recipe = recipes(given)[name]
    shape = Work(recipe, (), given.torch_device).shape
    macs = statistics.mean(get_space(SPACE).counts(cell, shape).macs for cell in cells(given))
    total = 0.0
    for kind, row in work.items():
        if kind == "train others":
            # Their networks were not measured.
            seconds, what = row["macs"] / (3 * macs * training), "multiply-accumulates"
        else:
            rate = training if kind == "train" else supernet
            seconds, what = row["trained"] / rate + row["evaluated"] / evaluation, "images"
        total += seconds
        if each:
            yield {"fidelity": name, "kind": kind} | row | {"hours": _hour(seconds), "by": what}
    yield {"fidelity": name, "kind": "all", "hours": _hour(total), "by": described(by)}


def _hour(seconds: float) -> float:
    return round(seconds / 3600, 2)


def sharing(rows: Sequence[Row]) -> float:
    """How many times as much several processes do as one, at best, with networks by themselves."""
    shared = {row["workers"]: row["images a second"] for row in rows
              if row.get("workers") and row["stack"] == "1"}  # fmt: skip
    return max(shared.values()) / shared[1] if shared.get(1) else 1.0


def best(
    rows: Sequence[Row], name: str, precision: Precision | None = None, stack: int | None = None
) -> Row | None:
    """The setting of most images a second for a fidelity's trainings.

    Args:
        rows: measured.
        name: of the fidelity.
        precision: only this one.
        stack: networks side by side at most; runs stack replicates alone.
    """
    others = ("compute only", "supernet", "evaluation", "plain loop")
    own = [
        row
        for row in rows
        if row.get("fidelity") == name
        and "images a second" in row
        and not row["way"].startswith(others)
        and (precision is None or ("bfloat16" in row["way"]) == (precision == "bfloat16"))
        and (stack is None or int(row["stack"].split()[-1]) <= stack)
    ]
    return max(own, key=lambda row: row["images a second"], default=None)


def described(row: Row) -> str:
    """A setting in words."""
    workers = f", {row['workers']} workers" if row.get("workers") else ""
    return f"stacks of {row['stack']}, {row['way']}{workers}: {row['images a second']:,} images/s"


# Putting together ---------------------------------------------------------------------------------


class Figures(Protocol):
    """What a part does."""

    def __call__(self, given: Given) -> Iterator[Row]:
        """Give figures, one by one."""


@dataclass(frozen=True)
class Part:
    """A part of the measurements.

    Attributes:
        work: gives its figures.
        share: of the time, relative to the others.
        values: whether it needs tensors with values.
    """

    work: Figures
    share: float
    values: bool = True


PARTS = {
    "counts": Part(counts, 4, values=False),
    "correctness": Part(correctness, 28),
    "throughput": Part(throughput, 40),
    "workers": Part(workers, 16),
    "plain loop": Part(plain_loop, 5),
    "step ways": Part(step_ways, 4),
    "hours": Part(hours, 6),
}


def measured(name: str, given: Given) -> Generator[Row, None, None]:
    """Rows of a part, done in a process of its own that ends when its time is spent."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_part, args=(name, given, receiving, sending))
    process.start()
    sending.close()
    spent = given.left
    try:
        while receiving.poll(max(given.left, 0)):
            yield {"part": name} | receiving.recv()
        yield {"part": name, "failed": f"stopped when its {spent:.0f} s were spent"}
    except EOFError:
        process.join(5)
        if process.exitcode:
            yield {"part": name, "failed": f"its process ended with status {process.exitcode}"}
    finally:
        _end(process)


def _part(name: str, given: Given, receiving: Connection, sending: Connection) -> None:
    """A part in its process, the first of a group that ends together."""
    os.setsid()
    receiving.close()  # so that sending fails where nobody reads any more
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)
    keep_freed_memory()
    try:
        for row in PARTS[name].work(given):
            sending.send(row)
    except NotHere as missing:
        sending.send({"skipped": str(missing)})
    except Exception as error:
        sending.send({"failed": told(error)})


def _end(process: Any) -> None:
    """End a part and everything that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        process.join(3)
    process.kill()
    process.join()


@dataclass
class Results:
    """What was measured so far, on the disk after each figure.

    Attributes:
        out: folder.
        device: of the networks.
        budget: seconds.
        rows: in order.
        started: by ``time.monotonic``.
    """

    out: Path
    device: Device
    budget: float
    rows: list[Row] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def add(self, row: Row) -> None:
        """Take a row and write all."""
        self.rows.append(row)
        self.write(finished=False)

    def write(self, finished: bool) -> None:
        """Write JSON and Markdown, each at once."""
        content = {
            "finished": finished, "seconds": round(time.monotonic() - self.started, 1),
            "budget": self.budget, "environment": self.environment, "rows": self.rows,
            "best": self.best,
        }  # fmt: skip
        _replace(self.out / "results.json", json.dumps(content, indent=1) + "\n")
        _replace(self.out / "results.md", self.markdown(finished))

    @cached_property
    def environment(self) -> Row:
        """The machine and the versions, found out by another process: this one has no device."""
        script = (
            "import json, torch; c = torch.cuda; ok = c.is_available(); "
            "print(json.dumps(dict(gpu=c.get_device_name() if ok else None, "
            "cuda=torch.version.cuda, cudnn=torch.backends.cudnn.version(), "
            "tf32_convolutions=torch.backends.cudnn.allow_tf32)))"
        )
        found = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        names = ("imbnas", "torch", "torchvision", "timm", "numpy")
        return {
            "device": self.device,
            "processor": device_name("cpu"),
            "cores": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            **{name: version(name) for name in names},
            **(json.loads(found.stdout) if found.returncode == 0 else {"gpu": None}),
        }

    @property
    def best(self) -> Mapping[str, Row]:
        """The best settings of each fidelity, with stacks of replicates and with any stacks."""
        found: dict[str, Row | None] = {}
        for name in FIDELITIES:
            if name in suite().fidelities:
                most = fidelity(name).replicates
                found[f"{name}, float32, as runs can be"] = best(self.rows, name, "float32", most)
                found[f"{name}, as runs can be"] = best(self.rows, name, None, most)
                found[f"{name}, stacks of any networks"] = best(self.rows, name)
        return {name: row for name, row in found.items() if row is not None}

    def markdown(self, finished: bool) -> str:
        """Everything as tables."""
        lines = [
            f"# Measured on {self.environment.get('gpu') or self.environment['processor']}",
            "",
        ]
        if self.device == "cpu":
            lines += ["A rehearsal on the device cpu: the figures mean nothing.", ""]
        if not finished:
            lines += ["Not finished.", ""]
        lines += [f"- {name}: {value}" for name, value in self.environment.items()]
        wrong = [row for row in self.rows if row.get("failed") or row.get("right") is False]
        if wrong:
            lines += ["", "## Not right", "", *(f"- {_line(row)}" for row in wrong)]
        if self.best:
            lines += ["", "## Best settings", "", "For docs/speed.md and the defaults:", ""]
            lines += [f"- {name}: {described(row)}" for name, row in self.best.items()]
        for part in dict.fromkeys(row["part"] for row in self.rows):
            lines += ["", f"## {part.capitalize()}", "", _table(self.rows, part)]
        return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value not in (None, []))


def _table(rows: Iterable[Row], part: str) -> str:
    own = [{k: v for k, v in row.items() if k != "part"} for row in rows if row["part"] == part]
    names = dict.fromkeys(name for row in own for name in row)
    cells_ = [[_cell(row.get(name)) for name in names] for row in own]
    return tabulate(cells_, headers=[*names], tablefmt="github", disable_numparse=True)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}"
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.replace("|", "\\|")


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole: whoever is killed leaves the one before."""
    beside_it = path.with_name(f".{path.name}")
    beside_it.write_text(text, encoding="utf-8")
    beside_it.replace(path)


@click.command()
@click.option("--device", default="cuda", type=click.Choice(["cuda", "cpu", "meta"]))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Default: $OUT.")
@click.option("--budget", default="10m", type=Duration(), help="Time for all.  [default: 10m]")
@click.option("--part", "parts", multiple=True, type=click.Choice([*PARTS]), help="Only this one.")
def main(device: Device, out: Path | None, budget: float, parts: tuple[str, ...]) -> None:
    """Measure what a device does; write results.json and results.md."""
    folder = out or Path(os.environ.get("OUT", "device-results"))
    results = Results(folder.resolve(), device, budget)
    if device == "cuda" and not results.environment["gpu"]:
        raise click.UsageError("--device cuda: torch finds no CUDA device; give --device cpu")
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    suite(), sampled(2)  # once for all parts, which are forked
    left = {name: part for name, part in PARTS.items() if not parts or name in parts}
    if device == "meta":
        left = {name: part for name, part in left.items() if not part.values}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        while left:
            name = next(iter(left))
            remaining = results.started + budget - time.monotonic()
            share = left[name].share / sum(part.share for part in left.values())
            until = time.monotonic() + max(remaining * share, 0)
            given = Given(device, Path(scratch), until, tuple(results.rows))
            with contextlib.closing(measured(name, given)) as rows:
                for row in rows:
                    results.add(row)
                    click.echo(_line(row))
            del left[name]
    results.write(finished=True)
    for name, row in results.best.items():
        click.echo(f"best, {name}: {described(row)}")


if __name__ == "__main__":
    main()
