"""Code of plug-ins gives apart what it gives in process, sees no more than it may, harms nobody."""

import gc
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from imbnas.data.split_guard import SealedDataError
from imbnas.errors import InputError
from imbnas.isolation.channel import BadMessageError
from imbnas.isolation.failures import ForeignCodeError, ProcessEndedError, ProcessKilledError
from imbnas.runs.store.checkpoints import Checkpointing, Suspended
from imbnas.units.records import Record
from imbnas.units.unit import SpaceModel, Unit

from .conftest import Apart

SAME = """
# What imbnas has, under other names.
from imbnas.data import DATASETS, SAMPLERS
from imbnas.data.digits import load
from imbnas.data.samplers import square_root
from imbnas.losses import LOSSES
from imbnas.losses.configs import ClassBalancedConfig, InfluenceBalancedConfig
from imbnas.rankers import RANKERS
from imbnas.rankers.builtin import GradNorm, ShortTraining
from imbnas.schemes import POSTHOC_STEPS
from imbnas.schemes.posthoc.configs import CrtConfig
from imbnas.search import SEARCHERS
from imbnas.search.evolution import Evolution
from imbnas.spaces import SPACES
from imbnas.spaces.nats.topology_space import NatsTss
from imbnas.strategies import STRATEGIES
from imbnas.strategies.cached import CachedClassifier
from imbnas.strategies.head_per_arch import HeadPerArchitecture
from imbnas.strategies.published import FineTune
from imbnas.supernet import SUPERNETS
from imbnas.supernet.topology import TopologySupernet

for registry, name, target in (
    (STRATEGIES, "my-p2", FineTune), (STRATEGIES, "my-cached", CachedClassifier),
    (STRATEGIES, "my-heads", HeadPerArchitecture), (SEARCHERS, "my-evolution", Evolution),
    (RANKERS, "my-short", ShortTraining), (RANKERS, "my-norm", GradNorm),
    (LOSSES, "my-cb", ClassBalancedConfig), (LOSSES, "my-ib", InfluenceBalancedConfig),
    (SAMPLERS, "my-sqrt", square_root), (POSTHOC_STEPS, "my-crt", CrtConfig),
    (SPACES, "my-tss", NatsTss), (SUPERNETS, "my-tss", TopologySupernet),
    (DATASETS, "my-digits", load),
):
    registry.register(name, version="1", summary="as imbnas has it")(target)
"""
EVOLUTION = {"generations": 1, "population": 3, "crossover": 1, "mutation": 1, "top_k": 2}


def told(record: Record) -> tuple[Any, ...]:
    """What of a record must not depend on where its unit was done."""
    cost = record.cost
    return record.identity, record.metrics, cost.images_seen, cost.macs, record.unit


def same_units(apart: Apart) -> dict[str, Unit]:
    """Units with code of plug-ins of every kind."""
    tss = SpaceModel(space="my-tss", version="1", architecture=apart.train().model.label)
    curve = {"curve_epochs": (1, 2), "best_epoch": True}
    return {
        "strategy": apart.adapt("my-p2", freeze_after=1),
        "cached": apart.adapt("my-cached", paths=2),
        "ranker": apart.rank("my-short"),
        "rank by loss": apart.rank("my-norm", batch_size=16),
        "loss": apart.train(scheme={"loss": "my-cb"}, recipe=curve),
        "loss of features": apart.train(scheme={"loss": "my-ib"}),
        "sampler": apart.train(scheme={"sampler": "my-sqrt"}),
        "post-hoc": apart.train(scheme={"posthoc": "my-crt"}, recipe={"average_from": 0.5}),
        "mixing": apart.train(scheme={"loss": "my-cb", "mixing": "mixup"}),
        "bfloat16": apart.train(scheme={"loss": "my-cb"}, precision="bfloat16"),
        "space": apart.train(model=tss),
        "supernet": apart.supernet.model_copy(update={"space": "my-tss"}),
        "stack": apart.train(scheme={"loss": "my-cb"}, stack=2),
    }


def test_code_of_plugins_gives_apart_what_it_gives_in_process(apart: Apart) -> None:
    apart.plug_in(SAME)
    for what, unit in same_units(apart).items():
        done = apart.executor.execute(unit)
        with apart.loaded() as here:
            assert told(done) == told(here.execute(unit)), what
        assert done.cost.seconds > 0
        assert (done.cost.latency is not None) == (unit.kind == "train")
        assert (done.cost.core_seconds is not None) == (unit.kind == "train")


def test_searches_give_apart_what_they_give_in_process(apart: Apart) -> None:
    apart.plug_in(SAME)
    plain, heads = apart.adapt("p1"), apart.adapt("my-heads")
    apart.keep(apart.here.execute(plain))
    apart.run(heads)
    for unit in (
        apart.search(plain, "my-evolution", **EVOLUTION),
        apart.search(heads, "evolution", **EVOLUTION),
        apart.search(plain, "my-evolution", **EVOLUTION).model_copy(
            update={"calibration_images": 16, "validation_images": 40}
        ),
    ):
        done = apart.executor.execute(unit)
        with apart.loaded() as here:
            assert told(done) == told(here.execute(unit))


def test_a_stack_fails_or_is_done_place_by_place(apart: Apart) -> None:
    apart.plug_in(SAME)
    first = apart.train(scheme={"loss": "my-cb"}, stack=2)
    other = next(
        unit
        for unit in apart.expansion.plan().units
        if unit.kind == "train" and unit.replicate == 1 and unit.model == first.model
        and unit.data.condition.rpartition(":")[0] == first.data.condition.rpartition(":")[0]
    ).model_copy(update={"scheme": first.scheme, "stack": 2})  # fmt: skip
    for units in ([first, other], [other]):
        done = apart.executor.execute_stack(units)
        with apart.loaded() as here:
            expected = here.execute_stack(units)
        assert [told(r) for r in done if isinstance(r, Record)] == [
            told(r) for r in expected if isinstance(r, Record)
        ]
        assert len(done) == len(units)
    diverging = [
        unit.model_copy(update={"recipe": unit.recipe.model_copy(update={"lr": 1e30, "epochs": 6})})
        for unit in (first, other)
    ]
    failed = apart.executor.execute_stack
    with pytest.raises(ForeignCodeError, match="the loss is") as caught:
        failed(diverging)
    assert caught.value.error == "NonFiniteLossError"


def test_units_of_imbnas_itself_start_no_process(apart: Apart, monkeypatch: Any) -> None:
    apart.plug_in(SAME)

    def refuse(*_: object) -> None:
        raise AssertionError("started")

    monkeypatch.setattr(apart.executor._server, "run", refuse)
    for unit in (apart.train(), apart.adapt("p1"), apart.rank("snip", batch_size=16)):
        assert told(apart.executor.execute(unit)) == told(apart.here.execute(unit))
    # The name of a resolved scheme is no code.
    apart.executor.execute(apart.train(scheme={"name": "of-a-plug-in"}))
    for unit in same_units(apart).values():
        with pytest.raises(AssertionError, match="started"):
            apart.executor.execute(unit)


def strategy(body: str, before: str = "") -> str:
    """A plug-in with a strategy ``made-up`` that does something with its adaptation ``a``."""
    lines = "\n".join("        " + line for line in body.strip().splitlines())
    return f"""
from imbnas.strategies import STRATEGIES
{before}
@STRATEGIES.register("made-up", version="1", summary="for a test")
class MadeUp:
    scores_on, recipe = "target", "adaptation"
    def adapt(self, a):
{lines}
        return a.supernet
"""


HARM = """
import contextlib, os, signal, sys, threading, warnings
import numpy as np
import torch
from torch import nn

def harm():
    torch.set_num_threads(3)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.set_flags(False)
    torch.set_float32_matmul_precision("medium")
    torch.autocast("cpu", torch.bfloat16).__enter__()
    torch.set_default_device("meta")
    torch.manual_seed(1)
    np.random.seed(1)
    nn.modules.module.register_module_forward_hook(lambda module, given, put: None)
    nn.modules.module.register_module_forward_pre_hook(lambda module, given: 1 / 0)
    torch.nn.functional.cross_entropy = lambda *a, **k: 1 / 0
    torch.Tensor.backward = lambda *a, **k: None
    import imbnas.training.evaluation, imbnas.execution.train, imbnas.units.randomness
    imbnas.training.evaluation.ask = imbnas.execution.train.set_up = lambda *a, **k: 1 / 0
    imbnas.units.randomness.derive_seed = lambda *a: 1
    os.environ["OMP_NUM_THREADS"] = os.environ["IMBNAS_CACHE"] = "7"
    os.chdir("/")
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    sys.path.clear()
    sys.setrecursionlimit(100_000)
    threading.Thread(target=lambda: [torch.rand(1000) for _ in iter(int, 1)], daemon=True).start()
    threading.Thread(target=lambda: [torch.manual_seed(3) for _ in iter(int, 1)]).start()
"""
VANDAL = """
a.train_images.labels.fill_(0)
a.train_images.pixels.zero_()
object.__setattr__(a, "class_counts", (1,) * 10)
vars(a.recipe)["lr"] = 7.0
vars(a.scheme)["loss"] = "none"
a.supernet.requires_grad_(False)
with __import__("torch").no_grad():
    for tensor in a.supernet.state_dict().values():
        tensor.zero_()
harm()
"""


HARMFUL_LOSS = """
from imbnas.losses import LOSSES, CrossEntropyConfig
@LOSSES.register("harms", version="1", summary="for a test")
class Harms(CrossEntropyConfig):
    def build(self, *arguments, **options):
        harm()
        return super().build(*arguments, **options)
"""


def surroundings() -> tuple[Any, ...]:
    torch.manual_seed(5)
    return (
        torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(), torch.backends.mkldnn.enabled,
        torch.get_float32_matmul_precision(), torch.is_autocast_enabled("cpu"),
        torch.get_default_device(), Path.cwd(), dict(os.environ), threading.active_count(),
        [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)],
        torch.rand(3).tolist(), torch.nn.functional.cross_entropy,
    )  # fmt: skip


@pytest.mark.parametrize("where", ["while it adapts", "when it is loaded", "from a loss"])
def test_whatever_a_plugin_does_no_other_unit_differs(apart: Apart, where: str) -> None:
    others = [
        apart.train(), apart.adapt("p1"), apart.rank("grad-norm", batch_size=16), apart.supernet,
        apart.adapt("my-p2"), apart.train(scheme={"loss": "my-cb"}),
    ]  # fmt: skip
    apart.plug_in(SAME)
    before = [told(apart.executor.execute(unit)) for unit in others], surroundings()
    text, unit = {
        "while it adapts": (strategy(VANDAL, HARM), apart.adapt("made-up")),
        "when it is loaded": (strategy("pass", HARM + "\nharm()"), apart.adapt("made-up")),
        "from a loss": (HARM + HARMFUL_LOSS, apart.train(scheme={"loss": "harms"})),
    }[where]
    apart.plug_in(text)
    with pytest.raises((ForeignCodeError, ProcessEndedError)):
        apart.executor.execute(unit)
    apart.plug_in(SAME)
    assert ([told(apart.executor.execute(unit)) for unit in others], surroundings()) == before


SEARCH_MEMORY = """
import gc, sys, threading
import numpy as np
import torch

def everything():
    seen, queue = set(), [*gc.get_objects(), *sys._current_frames().values()]
    while queue:
        value = queue.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, (np.ndarray, torch.Tensor, bytes, bytearray)):
            yield value
        queue += gc.get_referents(value)

found = {tuple(v.shape) if hasattr(v, "shape") else (len(v),) for v in everything()}
images = [shape for shape in found if shape[-2:] == (8, 8) or shape[1:3] == (8, 8)]
count = sum(a.class_counts)
assert {shape[0] for shape in images if len(shape) == 4 and shape[0] > 64} == {count}, images
assert (800,) not in found and (800 * 64,) not in found and (997,) not in found, found
from imbnas.data.dataset import Dataset
from imbnas.data import Manifest
from imbnas.execution.data_pool import ConditionImages, DataPool
kinds = (Dataset, Manifest, DataPool, ConditionImages)
assert not [value for value in gc.get_objects() if isinstance(value, kinds)]
"""


def test_the_test_split_is_not_there(apart: Apart) -> None:
    apart.plug_in(strategy(SEARCH_MEMORY))
    apart.executor.execute(apart.adapt("made-up"))
    gc.collect()


DUMP_MEMORY = """
import re
kept = a.train_images.pixels.clone()
region = re.compile("([0-9a-f]+)-([0-9a-f]+) rw.. [^ ]+ [^ ]+ [^ ]+ *(?!/)")
maps, memory = open("/proc/self/maps"), open("/proc/self/mem", "rb")
with open({dump!r}, "wb") as out:
    for start, end in (found.groups() for found in map(region.match, maps) if found):
        try:
            memory.seek(int(start, 16))
            out.write(memory.read(int(end, 16) - int(start, 16)))
        except (OSError, ValueError, OverflowError):
            pass
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no /proc")
def test_no_test_image_is_anywhere_in_memory(apart: Apart, tmp_path: Path) -> None:
    """Three test images in a row occur nowhere in the process's memory, training images do."""
    dump = tmp_path / "memory"
    apart.plug_in(strategy(DUMP_MEMORY.format(dump=str(dump))))
    unit = apart.adapt("made-up")
    apart.executor.execute(unit)
    images = apart.here.pool.images(unit.target, None)
    content = dump.read_bytes()
    for held, there in ((images.train, True), (images.test, False), (images.validation, False)):
        pattern = held.raw(torch.arange(40, 43)).numpy().tobytes()
        assert (pattern in content) is there


ASKS = {
    "politely": "load_dataset('digits', DataLocations.from_options(offline=True))",
    "from a thread": ("t = threading.Thread(target=quietly); t.start(); t.join()"),
    "in another context": "contextvars.Context().run(quietly)",
    "and swallows": "quietly()",
}


@pytest.mark.parametrize("how", ASKS)
def test_asking_for_a_dataset_is_refused_and_told(apart: Apart, how: str) -> None:
    before = """
import contextvars, threading
from imbnas.data import DataLocations, load_dataset
def quietly():
    try:
        load_dataset("digits", DataLocations.from_options(offline=True))
    except Exception:
        return
    raise AssertionError("the data was in reach")
"""
    apart.plug_in(strategy(ASKS[how], before))
    told_of = "dataset 'digits' is out of reach: strategy 'made-up' has adaptation.train_images"
    with pytest.raises(ForeignCodeError, match=told_of) as caught:
        apart.executor.execute(apart.adapt("made-up"))
    assert caught.value.error == "SealedDataError"


def test_a_ranker_that_asks_for_a_dataset_is_refused(apart: Apart) -> None:
    apart.plug_in("""
from imbnas.data import DataLocations, load_dataset
from imbnas.rankers import RANKERS
@RANKERS.register("peeks", version="1", summary="x")
class Peeks:
    def score(self, candidate):
        try:
            load_dataset("digits", DataLocations.from_options(offline=True))
        except Exception:
            return candidate.scored(1.0)
""")
    with pytest.raises(ForeignCodeError, match="code of plug-ins has what its unit is given"):
        apart.executor.execute(apart.rank("peeks"))


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        ({"ask": "images", "data": "TARGET", "what": "validation"}, SealedDataError),
        ({"ask": "images", "data": "TARGET", "what": "scored", "limit": None}, SealedDataError),
        ({"ask": "images", "data": "SOURCE", "what": "train"}, SealedDataError),
        ({"ask": "images", "data": "TARGET", "what": "test"}, SealedDataError),
        ({"ask": "examine", "data": "TARGET"}, SealedDataError),
        ({"ask": "facts", "data": "0" * 64}, SealedDataError),
        ({"ask": "record", "kind": "adapt", "identity": "0" * 64}, SealedDataError),
        ({"ask": "weights", "sha256": "0" * 64}, SealedDataError),
        ({"ask": "load", "number": 5}, BadMessageError),
        ({"ask": "offer", "number": -1}, BadMessageError),
        ({"ask": "attempt"}, BadMessageError),
        ({"ask": ["images"]}, BadMessageError),
        ({}, BadMessageError),
    ],
)
def test_the_worker_answers_nothing_that_a_unit_may_not_see(
    apart: Apart, ask: dict[str, Any], error: type[Exception]
) -> None:
    unit = apart.adapt("made-up")
    known = {"TARGET": unit.target.manifest_sha256, "SOURCE": unit.source.manifest_sha256}
    asked = {name: known.get(str(value), value) for name, value in ask.items()}
    apart.plug_in(strategy(f"a.trainer.checkpoints.channel.ask({asked!r})"))
    with pytest.raises(error):
        apart.executor.execute(unit)


FORGED = """
from imbnas.execution import remote
remote.packed_outcomes = lambda outcomes: {content!r}
"""


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{", b"[1]", b'[{"metrics": {}}]', b"[[]]",
        b'[{"metrics": {"kind": "adapt", "weights_sha256": "' + b"0" * 64 + b'"}, '
        b'"images_seen": 1, "macs": 1, "train_images_per_second": null, "latency": null}]',
        b'[{"untested": {"params": 1, "macs": 1, "train_loss": 0.0, "curve": null}, '
        b'"images_seen": 1, "macs": 1, "train_images_per_second": null, "latency": null}]',
    ],
)  # fmt: skip
def test_results_that_cannot_be_are_refused(apart: Apart, content: bytes) -> None:
    apart.plug_in(strategy(FORGED.format(content=content)))
    with pytest.raises(BadMessageError):
        apart.executor.execute(apart.adapt("made-up"))


def test_a_loss_cannot_say_how_its_network_was_tested(apart: Apart) -> None:
    content = apart.here.execute(apart.train()).metrics.model_dump_json()
    counted = '"images_seen": 1, "macs": 1, "train_images_per_second": null, "latency": null'
    forged = FORGED.format(content=f'[{{"metrics": {content}, {counted}}}]'.encode())
    apart.plug_in(SAME + forged)
    with pytest.raises(BadMessageError, match="answers that nobody has seen"):
        apart.executor.execute(apart.train(scheme={"loss": "my-cb"}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("return 'a supernet'", "returned str, not a supernet"),
        ("a.supernet.classifier.weight.data.fill_(float('nan'))", "that are not finite"),
        (
            "from imbnas.execution import supernets, weights\n"
            "a.supernet.classifier.weight.data.fill_(float('nan'))\n"
            "supernets.storable = lambda label, net, fresh: weights.to_bytes(net)",
            "left weights that are not finite",
        ),
        (
            "from imbnas.execution import supernets\nsupernets.storable = lambda *_: b'no weights'",
            "left what are no weights",
        ),
    ],
)
def test_only_weights_that_can_be_searched_are_kept(apart: Apart, spoil: str, said: str) -> None:
    apart.plug_in(strategy(spoil))
    before = set((apart.directory.path / "weights").rglob("*"))
    with pytest.raises(Exception, match=said):
        apart.executor.execute(apart.adapt("made-up"))
    assert set((apart.directory.path / "weights").rglob("*")) == before


ENDS = {
    "sys.exit(0)": (ForeignCodeError, "raised SystemExit: 0"),
    "raise KeyboardInterrupt": (ForeignCodeError, "raised KeyboardInterrupt"),
    "raise GeneratorExit": (ForeignCodeError, "raised GeneratorExit"),
    "os._exit(0)": (ProcessEndedError, "ended with status 0"),
    "os.kill(os.getpid(), signal.SIGKILL)": (ProcessKilledError, "SIGKILL"),
}
PLACES = """
import os, signal, sys
import torch
from imbnas.losses import LOSSES, CrossEntropyConfig, Loss
from imbnas.rankers import RANKERS
from imbnas.search import SEARCHERS
def end():
    {end}
@SEARCHERS.register("ends", version="1", summary="x")
class Search:
    def search(self, space, scoreboard, rng):
        end()
@RANKERS.register("ends", version="1", summary="x")
class Rank:
    def score(self, candidate):
        end()
@LOSSES.register("ends", version="1", summary="x")
class Ends(CrossEntropyConfig):
    def build(self, *a, **k):
        end()
"""


@pytest.mark.parametrize("end", ENDS)
def test_whatever_ends_a_unit_is_told(apart: Apart, end: str) -> None:
    error, said = ENDS[end]
    plain = apart.adapt("p1")
    apart.keep(apart.here.execute(plain))
    before = PLACES.format(end=end)
    units = (
        apart.adapt("made-up"), apart.search(plain, "ends"), apart.rank("ends"),
        apart.train(scheme={"loss": "ends"}),
    )  # fmt: skip
    apart.plug_in(strategy("end()", before))
    for unit in units:
        with pytest.raises(error, match=said):
            apart.executor.execute(unit)
    apart.plug_in(strategy("pass", before + "\nend()"))
    if error is ForeignCodeError:
        said = r"--plugin /nowhere/mine\.py: .*the file must import cleanly"
    with pytest.raises(error, match=said):
        apart.executor.execute(units[0])


def test_a_changed_text_is_never_compiled(apart: Apart, tmp_path: Path) -> None:
    from imbnas.registry import Plugin
    from imbnas.suites.resolved import PluginFile

    text = strategy("pass")
    directory, named = apart.directory, PluginFile(
        name="mine.py", sha256=Plugin(Path("mine.py"), text.encode()).sha256
    )  # fmt: skip
    directory.plugins.mkdir(exist_ok=True)
    copy = directory.plugins / "mine.py"
    copy.write_text(text)
    (plugin,) = directory.read_plugins([named])
    # What was read and compared is what is compiled, whatever the file holds then.
    copy.write_text("raise RuntimeError('compiled')")
    apart.plugins[:] = [plugin]
    apart.executor.execute(apart.adapt("made-up"))
    for harm in (lambda: None, copy.unlink, lambda: copy.symlink_to("/dev/zero")):
        harm()
        with pytest.raises(InputError, match=r"mine\.py: not the plug-in that the run was started"):
            directory.read_plugins([named])
    copy.unlink()


def test_a_suspended_unit_goes_on_where_it_was(apart: Apart) -> None:
    apart.plug_in(SAME)
    unit = apart.adapt("my-p2").model_copy(
        update={"recipe": apart.adapt("p1").recipe.model_copy(update={"epochs": 6})}
    )
    whole = apart.executor.execute(unit)
    checkpointing = Checkpointing(apart.directory, 1000.0, suspending=True)
    apart.attempt = checkpointing.attempt
    for _ in range(3):
        with pytest.raises(Suspended):
            apart.executor.execute(unit)
    (path,) = apart.directory.checkpoints.glob(f"{unit.identity}.*")
    checkpointing.suspending = False
    resumed = apart.executor.execute(unit)
    assert told(resumed) == told(whole)
    path.unlink()


def test_a_search_is_checkpointed_candidate_by_candidate(apart: Apart) -> None:
    apart.plug_in(SAME)
    plain = apart.adapt("p1")
    apart.keep(apart.here.execute(plain))
    unit = apart.search(plain, "my-evolution", **EVOLUTION)
    whole = apart.executor.execute(unit)
    checkpointing = Checkpointing(apart.directory, 1000.0, suspending=True)
    apart.attempt = checkpointing.attempt
    for _ in range(3):
        with pytest.raises(Suspended):
            apart.executor.execute(unit)
    checkpointing.suspending = False
    assert told(apart.executor.execute(unit)) == told(whole)


def test_a_dataset_of_a_plugin_is_loaded_apart(apart: Apart) -> None:
    """Its test split is in that process, since nobody else can load it."""
    from imbnas.data import load_dataset, resolve
    from imbnas.suites.images import data_ref
    from imbnas.units.conditions import parse_condition

    from ..factories import OFFLINE

    apart.plug_in(SAME)
    with apart.loaded():
        condition = parse_condition("my-digits@10x").for_replicate(0)
        data = data_ref(resolve(condition, load_dataset("my-digits", OFFLINE)))
        unit = apart.train(data=data)
        expected = apart.here.execute(unit)
    apart.here.pool._datasets.pop("my-digits")
    apart.here.pool._conditions.clear()
    assert told(apart.executor.execute(unit)) == told(expected)
    assert "my-digits" not in apart.executor._runner.pool._datasets
