from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.execution.data_pool import ConditionImages
from imbnas.execution.latency import seconds_per_image
from imbnas.execution.runner import Runner
from imbnas.runs.store.directory import RunDirectory
from imbnas.schemes import resolve_scheme
from imbnas.suites.baseline_lookup import find_baseline
from imbnas.suites.expand import Expansion
from imbnas.training.fitting import Trainer
from imbnas.training.step_graphs import CaptureError
from imbnas.units.metrics import AdaptMetrics, SearchMetrics, SupernetMetrics, TrainMetrics
from imbnas.units.unit import AdaptUnit, SearchUnit, SupernetUnit, TrainUnit

LOCATIONS = DataLocations.from_options(offline=True)


@pytest.fixture
def executor(tmp_path: Path) -> Runner:
    return Runner(RunDirectory(tmp_path), LOCATIONS)


def first(expansion: Expansion, kind: type) -> Any:
    return next(unit for unit in expansion.plan().units if isinstance(unit, kind))


def population_unit(expansion: Expansion) -> TrainUnit:
    return next(
        unit
        for unit in expansion.plan(["transfer"]).units
        if isinstance(unit, TrainUnit) and unit.scheme.name == "cb-drw"
    )


def test_a_training_gives_the_same_metrics_whatever_ran_before(
    expansion: Expansion, executor: Runner
) -> None:
    unit = population_unit(expansion)
    alone = executor.execute(unit).metrics
    torch.manual_seed(99)
    executor.execute(first(expansion, SupernetUnit))
    assert executor.execute(unit).metrics == alone
    assert isinstance(alone, TrainMetrics)
    assert sum(alone.class_total) == 800


def test_the_callers_random_numbers_are_left_alone(expansion: Expansion, executor: Runner) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    executor.execute(population_unit(expansion))
    assert torch.rand(1) == expected


def test_cost_counts_three_passes_a_step_and_one_an_evaluated_image(
    expansion: Expansion, executor: Runner
) -> None:
    record = executor.execute(population_unit(expansion))
    assert isinstance(record.metrics, TrainMetrics)
    trained, tested = 2 * 2 * 32, 800
    assert record.cost.images_seen == trained + tested
    assert record.cost.macs == record.metrics.macs * (3 * trained + tested)


def test_speed_is_measured_without_counting_or_changing_anything(
    expansion: Expansion, executor: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = population_unit(expansion)
    record = executor.execute(unit)
    assert record.cost.latency is not None
    assert 0 < record.cost.latency < record.cost.seconds
    assert record.cost.train_images_per_second is not None
    # Training is a part of the unit's time.
    assert record.cost.train_images_per_second > 2 * 2 * 32 / record.cost.seconds
    monkeypatch.setattr("imbnas.execution.train.seconds_per_image", lambda *_: 0.0)
    again = executor.execute(unit)
    assert again.metrics == record.metrics
    assert (again.cost.images_seen, again.cost.macs) == (record.cost.images_seen, record.cost.macs)
    supernet = executor.execute(first(expansion, SupernetUnit))
    assert record.cost.core_seconds is not None
    assert record.cost.core_seconds > 0
    assert '"latency"' not in supernet.cost.model_dump_json()
    assert '"core_seconds"' not in supernet.cost.model_dump_json()


def test_latency_is_the_median_of_passes_after_a_first_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = 0.0
    waits = iter([1.0, 0.0005, 0.003, 0.001])

    def predict(images: torch.Tensor) -> torch.Tensor:
        nonlocal clock
        assert images.shape == (1, 3, 8, 8)
        assert torch.is_inference_mode_enabled()
        clock += next(waits)
        return images

    monkeypatch.setattr("imbnas.execution.latency.time.perf_counter", lambda: clock)
    latency = seconds_per_image(predict, 3, 8, torch.device("cpu"))
    # The slow first pass is left out; 4 ms are spent after the fourth.
    assert latency == pytest.approx(0.001)
    assert next(waits, None) is None


def test_a_searched_network_and_a_timm_model_see_the_same_batches_in_the_same_loop(
    expansion: Expansion, executor: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given one seed, nothing but the network tells the two trainings apart."""
    step, seen = Trainer._step, {}

    def spy(self: Trainer, images: torch.Tensor, labels: torch.Tensor, *rest: Any) -> torch.Tensor:
        seen.setdefault(type(self.network).__name__, []).append((images.clone(), labels.clone()))
        return step(self, images, labels, *rest)

    monkeypatch.setattr(Trainer, "_step", spy)
    monkeypatch.setattr("imbnas.execution.train.stream_seed", lambda unit: 7)
    searched = population_unit(expansion)
    timm_model = next(iter(expansion.resolved.baselines.values())).model
    for unit in (searched, searched.model_copy(update={"model": timm_model})):
        executor.execute(unit)
    assert len(seen) == 2
    cell, timm_batches = seen.values()
    assert len(cell) == len(timm_batches) == 2 * 2
    for (x, y), (images, labels) in zip(cell, timm_batches, strict=True):
        assert torch.equal(x, images)
        assert torch.equal(y, labels)


def test_pretrained_weights_are_found_in_the_data_root_and_checked(
    expansion: Expansion, tmp_path: Path
) -> None:
    folder = tmp_path / "root" / "pretrained"
    folder.mkdir(parents=True)
    file = folder / "test_resnet.safetensors"
    _publish(file, seed=1)
    locations = DataLocations.from_options(tmp_path / "root", offline=True, environ={})
    executor = Runner(RunDirectory(tmp_path / "run"), locations)
    pretrained = find_baseline("test_resnet", True, locations).model
    unit = population_unit(expansion).model_copy(update={"model": pretrained})
    record = executor.execute(unit)
    fresh = pretrained.model_copy(update={"weights": None})
    assert executor.execute(unit.model_copy(update={"model": fresh})).metrics != record.metrics
    _publish(file, seed=2)
    with pytest.raises(InputError, match="not those of the run"):
        executor.execute(unit)
    file.unlink()
    with pytest.raises(InputError, match=r"offline; give them as .*test_resnet\.safetensors"):
        executor.execute(unit)


def _publish(file: Path, seed: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        state = timm.create_model("test_resnet").state_dict()
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, file)


def test_strict_reads_the_test_split_once_and_search_never(
    expansion: Expansion, executor: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    for split in ("train", "validation", "test"):
        original = getattr(ConditionImages, split).func

        def spy(self: ConditionImages, split: str = split, original: Any = original) -> Any:
            reads.append(split)
            return original(self)

        monkeypatch.setattr(ConditionImages, split, property(spy))

    def scoring(self: ConditionImages, limit: int | None, original: Any = ConditionImages.scoring):
        reads.append("validation")
        return original(self, limit)

    monkeypatch.setattr(ConditionImages, "scoring", scoring)
    executor.execute(population_unit(expansion))
    assert reads.count("test") <= 2  # the set itself and its size
    assert "validation" not in reads
    reads.clear()
    directory = RunDirectory(tmp_path)
    for kind in (SupernetUnit, AdaptUnit, SearchUnit):
        directory.publish_record(executor.execute(first(expansion, kind)))
    assert "test" not in reads
    assert "validation" in reads


def test_a_chain_ends_in_a_found_architecture(
    expansion: Expansion, executor: Runner, tmp_path: Path
) -> None:
    directory = RunDirectory(tmp_path)
    metrics = []
    for kind in (SupernetUnit, AdaptUnit, SearchUnit):
        record = executor.execute(first(expansion, kind))
        directory.publish_record(record)
        metrics.append(record.metrics)
    source, adapted, found = metrics
    assert isinstance(source, SupernetMetrics)
    assert isinstance(adapted, AdaptMetrics)
    assert isinstance(found, SearchMetrics)
    assert source.weights_sha256 == adapted.weights_sha256  # p0 changes nothing
    scores = dict(found.scores)
    assert len(scores) == 6
    assert scores[found.best] == max(scores.values())


@pytest.mark.parametrize("scheme", ["ce-crt", "ce-tau-norm", "ldam-drw", "gcl", "lade"])
def test_schemes_with_classifiers_and_post_hoc_steps_of_their_own(
    expansion: Expansion, executor: Runner, scheme: str
) -> None:
    unit = population_unit(expansion).model_copy(update={"scheme": resolve_scheme(scheme)})
    metrics = executor.execute(unit).metrics
    assert isinstance(metrics, TrainMetrics)
    assert sum(metrics.class_total) == 800


def test_other_data_than_the_runs_is_refused(expansion: Expansion, executor: Runner) -> None:
    unit = population_unit(expansion)
    other = unit.data.model_copy(update={"dataset_digest": "0" * 64})
    with pytest.raises(InputError, match="its images differ from those of the run"):
        executor.execute(unit.model_copy(update={"data": other}))
    other = unit.data.model_copy(update={"manifest_sha256": "0" * 64})
    with pytest.raises(InputError, match="resolves to other images"):
        executor.execute(unit.model_copy(update={"data": other}))


@pytest.mark.parametrize("stack", [1, 2])
def test_the_steps_of_a_compiled_training_are_compiled_as_a_whole(
    expansion: Expansion, executor: Runner, monkeypatch: pytest.MonkeyPatch, stack: int
) -> None:
    compiled: list[Any] = []

    def compile_nothing(function: Any, *, fullgraph: bool, dynamic: bool) -> Any:
        assert fullgraph
        assert not dynamic
        compiled.append(function)
        return function

    monkeypatch.setattr(torch, "compile", compile_nothing)
    unit = population_unit(expansion).model_copy(update={"stack": stack})
    alone = executor.execute(unit).metrics
    assert not compiled
    other = unit.model_copy(update={"compiled": True})
    assert other.identity != unit.identity
    assert executor.execute(other).metrics == alone
    assert [function.__name__ for function in compiled] == ["forward_features"]


@pytest.mark.parametrize("stack", [1, 2])
def test_the_steps_of_a_unit_with_cuda_graphs_are_recorded(
    expansion: Expansion, executor: Runner, monkeypatch: pytest.MonkeyPatch, stack: int
) -> None:
    devices: list[torch.device] = []
    monkeypatch.setattr(
        "imbnas.execution.train.CudaGraphs", lambda device: devices.append(device) or Undone()
    )
    unit = population_unit(expansion).model_copy(update={"stack": stack})
    alone = executor.execute(unit).metrics
    assert not devices
    other = unit.model_copy(update={"cuda_graphs": True})
    assert other.identity != unit.identity
    with pytest.raises(CaptureError, match="recorded"):
        executor.execute(other)
    assert devices == [torch.device("cpu")]
    assert executor.execute(unit).metrics == alone


class Undone:
    """Does the first step and records no other."""

    def at_once(self, step: Any) -> torch.Tensor:
        return step()

    def record(self, step: Any, generators: Any) -> Any:
        raise CaptureError("recorded")
