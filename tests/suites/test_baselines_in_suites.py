import json
import shutil
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.suites.expansion import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.resolve import Resolver
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import BaselinesPart
from imbnas.units.frozen import canonical_json
from imbnas.units.unit import TrainUnit

OFFLINE = DataLocations.from_options(offline=True, environ={})
ONE_MODEL = 'models = ["mobilenetv3_small_050"]'
FRESH_AND_PRETRAINED = """models = ["test_resnet"]
trainings = [{ condition = "digits@10x", scheme = "cb-drw" }]

[parts.pretrained]
kind = "baselines"
pretrained = true
models = ["test_resnet"]"""


def suite_with(tmp_path: Path, tiny_suite: Path, models: str) -> Path:
    text = tiny_suite.read_text()
    assert ONE_MODEL in text
    path = tmp_path / "suite.toml"
    path.write_text(text.replace(ONE_MODEL, models))
    return path


def resolve(path: Path, locations: DataLocations = OFFLINE) -> ResolvedSuite:
    return Resolver(read_suite(path), "only", locations).resolve()


@pytest.fixture
def data_root(tmp_path: Path) -> Path:
    """A data root with a weights file of another random initialisation than any unit's."""
    folder = tmp_path / "root" / "pretrained"
    folder.mkdir(parents=True)
    with torch.random.fork_rng():
        torch.manual_seed(99)
        state = timm.create_model("test_resnet").state_dict()
    save_file({k: v.contiguous() for k, v in state.items()}, folder / "test_resnet.safetensors")
    return tmp_path / "root"


def test_fresh_and_pretrained_models_are_different_units_with_different_names(
    tmp_path: Path, tiny_suite: Path, data_root: Path
) -> None:
    path = suite_with(tmp_path, tiny_suite, FRESH_AND_PRETRAINED)
    locations = DataLocations.from_options(data_root, offline=True, environ={})
    resolved = resolve(path, locations)
    assert list(resolved.baselines) == ["test_resnet", "test_resnet (pretrained)"]
    units = Expansion(resolved).plan(["baselines", "pretrained"]).units
    fresh, pretrained = ([u for u in units if u.model.label == k] for k in resolved.baselines)
    assert len(fresh) == len(pretrained) == 2
    assert all(unit.model.weights.startswith("sha256:") for unit in pretrained)
    assert len({unit.identity for unit in units}) == 4
    # Where the file lies is no part of what a run is.
    moved = tmp_path / "elsewhere"
    shutil.copytree(data_root, moved)
    other = resolve(path, DataLocations.from_options(moved, offline=True, environ={}))
    assert canonical_json(other) == canonical_json(resolved)
    (moved / "pretrained" / "test_resnet.safetensors").unlink()
    with pytest.raises(InputError, match=r"parts\.pretrained: .*offline.*test_resnet\.safetensors"):
        resolve(path, DataLocations.from_options(moved, offline=True, environ={}))


def test_weights_of_another_network_are_refused_before_anything_runs(
    tmp_path: Path, tiny_suite: Path, data_root: Path
) -> None:
    state = timm.create_model("test_efficientnet").state_dict()
    weights = {k: v.contiguous() for k, v in state.items()}
    save_file(weights, data_root / "pretrained" / "test_resnet.safetensors")
    path = suite_with(tmp_path, tiny_suite, FRESH_AND_PRETRAINED)
    with pytest.raises(InputError, match=r"parts\.pretrained: .*pretrained weights cannot be"):
        resolve(path, DataLocations.from_options(data_root, offline=True, environ={}))


def test_fresh_baselines_leave_no_trace_of_pretraining_in_suite_and_units(
    tiny_suite: Path,
) -> None:
    resolved = resolve(tiny_suite)
    assert "pretrained" not in canonical_json(resolved)
    unit = next(
        u
        for u in Expansion(resolved).plan(["baselines"]).units
        if isinstance(u, TrainUnit) and u.model.source == "baseline"
    )
    assert set(json.loads(canonical_json(unit))["model"]) == {
        "source",
        "baseline",
        "version",
        "spec_sha256",
    }


def test_a_suite_of_before_pretraining_is_read_as_one_from_scratch(tiny_suite: Path) -> None:
    """What an older version stored holds neither ``pretrained`` nor ``weights``."""
    resolved = resolve(tiny_suite)
    stored = ResolvedSuite.model_validate_json(canonical_json(resolved))
    part = stored.suite.parts["baselines"]
    assert isinstance(part, BaselinesPart)
    assert part.pretrained is False
    assert canonical_json(stored) == canonical_json(resolved)


def test_any_model_of_timm_and_files_stand_in_suites(tmp_path: Path, tiny_suite: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('version = "1"\nsummary = "s"\nmodel = "test_efficientnet"\n')
    models = f'models = ["test_resnet", "{file}"]'
    resolved = resolve(suite_with(tmp_path, tiny_suite, models))
    assert set(resolved.baselines) == {"test_resnet", str(file)}
    assert all(facts.macs > 0 for facts in resolved.baselines.values())


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ('models = ["resnet10x"]', r"suite 'tiny': parts\.baselines: .*did you mean .*resnet10t"),
        ('models = ["levit_128"]', r"parts\.baselines: .*8 pixels; it takes 224 pixels only"),
        (
            'pretrained = true\nmodels = ["cifar_resnet20"]',
            r"parts\.baselines: .*no pretrained weights exist for cifar_resnet20",
        ),
    ],
)
def test_models_that_cannot_be_trained_are_refused_with_the_part_named(
    tmp_path: Path, tiny_suite: Path, models: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        resolve(suite_with(tmp_path, tiny_suite, models))


def test_a_baseline_must_take_the_images_of_every_training(
    tmp_path: Path, tiny_suite: Path
) -> None:
    """The images of a second dataset may be too small for a model that takes the first's."""
    from imbnas.baselines import ImageShape
    from imbnas.suites.baselines import name_baseline

    file = tmp_path / "large.toml"
    file.write_text(
        'version = "1"\nsummary = "s"\nmodel = "test_resnet"\n[fitting]\nsmallest_resolution = 16\n'
    )
    baseline = name_baseline(str(file), False, OFFLINE)
    baseline.check([ImageShape(16, 1, 10)])
    with pytest.raises(InputError, match="8 pixels; it takes 16 pixels and above"):
        baseline.check([ImageShape(16, 1, 10), ImageShape(8, 1, 10)])
