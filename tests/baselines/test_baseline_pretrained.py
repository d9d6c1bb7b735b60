"""Published weights are loaded from files without running what is in them."""

import hashlib
import pickle
from dataclasses import replace

import pytest
import timm
import torch
from safetensors.torch import save_file

from imbnas.baselines.networks import build, check
from imbnas.baselines.pretrained import check_pretrained, find_weights, weights_identity
from imbnas.baselines.registry import load_baseline
from imbnas.baselines.spec import BaselineSpec, ImageShape
from imbnas.errors import InputError

IMAGES = ImageShape(8, 3, 4)


def published(name):
    with torch.random.fork_rng():
        torch.manual_seed(99)
        return {
            key: value.contiguous() for key, value in timm.create_model(name).state_dict().items()
        }


@pytest.fixture
def resnet(tmp_path):
    weights = published("test_resnet")
    save_file(weights, tmp_path / "w.safetensors")
    torch.save(weights, tmp_path / "w.pth")
    return tmp_path, weights


def spec_of(model):
    return BaselineSpec(name=model, version="1", summary="s", model=model)


@pytest.mark.parametrize("file", ["w.safetensors", "w.pth"])
def test_a_file_fills_the_body_and_leaves_the_classifier_random(resnet, file):
    folder, weights = resnet
    network = build(spec_of("test_resnet"), IMAGES, pretrained=folder / file)
    state = network.body.state_dict()
    assert state
    assert all(torch.equal(value, weights[key]) for key, value in state.items())
    assert network.classifier.weight.shape[0] == 4
    network(torch.randn(2, 3, 8, 8)).sum().backward()


def test_grey_images_get_the_summed_first_kernel(resnet):
    folder, weights = resnet
    network = build(
        spec_of("test_resnet"), replace(IMAGES, in_channels=1), pretrained=folder / "w.safetensors"
    )
    first = next(key for key, value in weights.items() if value.ndim == 4)
    expected = weights[first].sum(1, keepdim=True)
    torch.testing.assert_close(network.body.state_dict()[first], expected)


def test_patches_are_resampled(tmp_path):
    save_file(published("test_vit"), tmp_path / "w.safetensors")
    fitting = {"patch_grid": 8, "largest_patch": 16}
    spec = BaselineSpec(name="mine", version="1", summary="s", model="test_vit", fitting=fitting)
    network = build(spec, replace(IMAGES, resolution=32), pretrained=tmp_path / "w.safetensors")
    assert network.body.patch_embed.proj.weight.shape[-1] == 4
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 4)


def test_another_network_s_file_is_refused(tmp_path):
    save_file(published("test_efficientnet"), tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"baseline test_resnet: .*other\.safetensors"):
        build(spec_of("test_resnet"), IMAGES, pretrained=tmp_path / "other.safetensors")


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_code_in_a_file_is_not_run(tmp_path):
    trace = tmp_path / "ran"
    bad = tmp_path / "bad.pth"
    bad.write_bytes(pickle.dumps({"state_dict": Bomb(trace)}, protocol=2))
    torch.save({"weight": Bomb(trace)}, tmp_path / "zip.pth")
    for file in (bad, tmp_path / "zip.pth"):
        with pytest.raises(InputError, match=r"cannot be loaded from .*\.pth") as caught:
            build(spec_of("test_resnet"), IMAGES, pretrained=file)
        assert "\n" not in str(caught.value)
    assert not trace.exists()


def test_damaged_and_missing_files_are_named(resnet):
    folder, _ = resnet
    (folder / "cut.safetensors").write_bytes((folder / "w.safetensors").read_bytes()[:1000])
    with pytest.raises(InputError, match=r"cannot be loaded from .*cut\.safetensors"):
        build(spec_of("test_resnet"), IMAGES, pretrained=folder / "cut.safetensors")
    for name in ("none.safetensors", "w.txt"):
        with pytest.raises(InputError, match=f"{name}: give an existing file"):
            build(spec_of("test_resnet"), IMAGES, pretrained=folder / name)


def test_an_unreachable_hub_asks_for_a_file(monkeypatch, tmp_path):
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError, match=r"cannot be loaded from timm/test_resnet.*; give the"):
        build(spec_of("test_resnet"), IMAGES, pretrained=True)


def test_networks_without_published_weights_are_refused():
    with pytest.raises(InputError, match="no pretrained weights exist for cifar_resnet32"):
        build(load_baseline("paper-resnet32"), IMAGES, pretrained=True)
    with pytest.raises(InputError, match="timm publishes no weights for regnetz_005"):
        check_pretrained(spec_of("regnetz_005"), True)


def test_identity_names_the_weights(resnet):
    folder, _ = resnet
    file = folder / "w.pth"
    spec = spec_of("test_resnet")
    assert weights_identity(spec, False) is None
    assert weights_identity(spec, file) == f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    assert weights_identity(spec, True).startswith("timm/test_resnet.")
    with pytest.raises(InputError):
        weights_identity(load_baseline("paper-resnet32"), True)


def test_weights_are_looked_for_by_the_model_s_name_before_they_are_fetched(tmp_path):
    spec = spec_of("test_resnet.r160_in1k")
    assert find_weights(spec, None) is True
    assert find_weights(spec, tmp_path) is True
    with pytest.raises(InputError, match=r"offline; give them as .*test_resnet\.r160_in1k\.safe"):
        find_weights(spec, tmp_path, offline=True)
    other = tmp_path / "test_resnet.pth"
    other.write_bytes(b"")
    assert find_weights(spec, tmp_path) is True
    file = tmp_path / "test_resnet.r160_in1k.pth"
    file.write_bytes(b"")
    assert find_weights(spec, tmp_path, offline=True) == file
    preferred = tmp_path / "test_resnet.r160_in1k.safetensors"
    preferred.write_bytes(b"")
    assert find_weights(spec, tmp_path) == preferred


def test_checking_loads_the_weights(resnet):
    folder, _ = resnet
    check(spec_of("test_resnet"), IMAGES, pretrained=folder / "w.safetensors")
    with pytest.raises(InputError, match=r"w\.safetensors"):
        check(spec_of("test_efficientnet"), IMAGES, pretrained=folder / "w.safetensors")
