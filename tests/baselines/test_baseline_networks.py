"""Every baseline builds, runs forward and backward, and is counted, at every size it claims."""

import re

import pytest
import timm
import torch
from torch import nn

from imbnas.baselines.networks import build, check, counts, describe
from imbnas.baselines.registry import BASELINES, load_baseline
from imbnas.baselines.spec import BaselineSpec, ImageShape, SmallImageFitting
from imbnas.errors import InputError, UnknownNameError
from imbnas.units.networks import ImageClassifier


def train_step(name, resolution, in_channels, num_classes):
    torch.manual_seed(0)
    network = build(load_baseline(name), ImageShape(resolution, in_channels, num_classes))
    assert isinstance(network, ImageClassifier)
    network.train()
    images = torch.randn(2, in_channels, resolution, resolution)
    features = network.forward_features(images)
    logits = network.classifier(features)
    assert features.shape == (2, network.num_features)
    assert logits.shape == (2, num_classes)
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, num_classes - 1])).backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    assert not [name for name, gradient in gradients.items() if gradient is None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients.values())
    assert any(gradient.any() for name, gradient in gradients.items() if "classifier" not in name)


@pytest.mark.parametrize("name", BASELINES.names())
@pytest.mark.parametrize(("resolution", "in_channels"), [(8, 1), (32, 3)])
def test_small_images_train(name, resolution, in_channels):
    train_step(name, resolution, in_channels, num_classes=10)


@pytest.mark.slow
@pytest.mark.parametrize("name", BASELINES.names())
@pytest.mark.parametrize("resolution", [8, 16, 32, 224])
@pytest.mark.parametrize("in_channels", [1, 3])
@pytest.mark.parametrize("num_classes", [10, 8142])
def test_all_images_train(name, resolution, in_channels, num_classes):
    train_step(name, resolution, in_channels, num_classes)


def macs_by_hooks(network, in_channels, resolution):
    """Count convolutions and linear layers from their shapes, on real tensors."""
    total = 0

    def conv(module, inputs, output):
        nonlocal total
        total += output[0].numel() * module.weight[0].numel()

    def linear(module, inputs, output):
        nonlocal total
        total += output[0].numel() * module.in_features

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(conv)
        elif isinstance(module, nn.Linear):
            module.register_forward_hook(linear)
    with torch.no_grad():
        network.eval()(torch.zeros(1, in_channels, resolution, resolution))
    return total


@pytest.mark.parametrize(
    ("name", "resolution"),
    [
        ("resnet10t", 8),
        ("mobilenetv3_small_050", 32),
        ("convnext_atto", 16),
        ("repvgg_a0", 8),
        ("resnet10t_w8", 16),
        ("densenet_k8", 8),
        ("convnext_w12", 8),
        ("repvit_w8", 8),
        ("starnet_w8", 32),
        ("fasternet_w8", 8),
    ],
)
def test_macs_equal_a_count_from_layer_shapes(name, resolution):
    spec = load_baseline(name)
    images = ImageShape(resolution, 3, 7)
    assert counts(spec, images).macs == macs_by_hooks(build(spec, images), 3, resolution)


def test_attention_is_counted():
    spec = load_baseline("deit_tiny_patch16_224")
    images = ImageShape(32, 3, 7)
    tokens, width, layers = 8 * 8 + 1, 192, 12
    attention = layers * 2 * tokens * tokens * width
    by_layers = macs_by_hooks(build(spec, images), 3, 32)
    assert counts(spec, images).macs == by_layers + attention


@pytest.mark.parametrize("name", ["resnet10t", "mobilenetv3_small_050", "ghostnet_050"])
def test_large_images_get_the_published_network(name):
    published = timm.create_model(name, num_classes=10, in_chans=3)
    fitted = build(load_baseline(name), ImageShape(224, 3, 10))
    fitted.body.load_state_dict(published.state_dict(), strict=False)
    fitted.classifier.load_state_dict(published.get_classifier().state_dict())
    images = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(fitted.eval()(images), published.eval()(images))
    params = sum(tensor.numel() for tensor in published.parameters())
    assert sum(tensor.numel() for tensor in fitted.parameters()) == params


@pytest.mark.parametrize(
    ("name", "blocks", "num_classes", "params"),
    [
        # Idelbayev's table of proper CIFAR ResNets has 0.27 M and 0.46 M, as He et al. do.
        ("cifar_resnet20", 3, 10, 269_722),
        ("cifar_resnet32", 5, 10, 464_154),
        ("paper-resnet32", 5, 100, 470_004),
    ],
)
def test_cifar_resnets_have_the_literature_s_size(name, blocks, num_classes, params):
    counted = counts(load_baseline(name), ImageShape(32, 3, num_classes))
    assert counted.params == params
    stem, stages = 432, [(16, 32, 2 * blocks), (32, 16, 2 * blocks), (64, 8, 2 * blocks)]
    macs = stem * 32 * 32 + 64 * num_classes
    macs += sum(convs * 9 * width**2 * side**2 for width, side, convs in stages)
    macs -= 9 * (32 * 16 * 16 * 16 + 64 * 32 * 8 * 8)  # first convolutions of stages 2 and 3
    assert counted.macs == macs


@pytest.mark.parametrize(("layers", "width"), [(8, 4), (8, 6), (8, 12), (14, 8), (20, 4), (20, 8)])
def test_narrow_cifar_resnets_are_counted_by_their_width(layers, width):
    counted = counts(load_baseline(f"cifar_resnet{layers}_w{width}"), ImageShape(8, 1, 10))
    convs = (layers - 2) // 3
    # In units of 9w² on the 8-pixel map: a stage has channels, and pixels, of the one before by
    # 2 and 1/4, so that each later stage's first convolution costs half of its others.
    macs = 9 * width * 64 + 9 * width**2 * 64 * (3 * convs - 1) + 4 * width * 10
    weights = 9 * width + 9 * width**2 * (convs + 4 * convs - 2 + 16 * convs - 8)
    norms = 2 * width * (1 + convs + 2 * convs + 4 * convs)
    assert counted.macs == macs
    assert counted.params == weights + norms + 4 * width * 10 + 10


def test_the_published_width_keeps_its_first_weights():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build(load_baseline("cifar_resnet20"), ImageShape(8, 1, 10))
    stem, last = network.body.stem.weight, network.body.stages[2][2].conv2.weight
    near = {"atol": 1e-4, "rtol": 0}
    first = torch.tensor([-0.0606, 1.4157, -0.4577])
    torch.testing.assert_close(stem.detach().flatten()[:3], first, **near)
    first = torch.tensor([-0.0524, 0.0282, -0.0109])
    torch.testing.assert_close(network.classifier.weight.detach().flatten()[:3], first, **near)
    assert float(last.detach().double().sum()) == pytest.approx(9.765319, abs=1e-2)


def test_many_baselines_cost_as_much_as_a_cell_on_8_pixels():
    # Cells of width 8 in the population of lt-digits have 119,626 to 574,282 MACs.
    images = ImageShape(8, 1, 10)
    narrow = [name for name in BASELINES.names() if re.search(r"_[wk]\d+$", name)]
    macs = sorted(counts(load_baseline(name), images).macs for name in narrow)
    assert sum(119_626 <= each <= 574_282 for each in macs) >= 10
    assert sum(each <= 160_000 for each in macs) >= 3


def test_resnet32_shortcut_takes_every_second_pixel_and_pads_channels():
    network = build(load_baseline("paper-resnet32"), ImageShape(8, 3, 2)).body
    maps = torch.arange(16 * 16, dtype=torch.float32).reshape(1, 16, 4, 4)
    out = network.stages[1][0].shortcut(maps)
    assert out.shape == (1, 32, 2, 2)
    assert torch.equal(out[:, 8:24], maps[:, :, [0, 2]][..., [0, 2]])
    assert not out[:, :8].any()
    assert not out[:, 24:].any()


def test_description_says_how_a_network_is_fitted():
    images = ImageShape(32, 1, 5)
    described = describe(load_baseline("resnet10t"), images)
    fitted = [described[key] for key in ("reduction", "input_size", "patch_size")]
    assert fitted == [8, 32, None]
    counted = counts(load_baseline("resnet10t"), images)
    assert (described["params"], described["macs"]) == (counted.params, counted.macs)
    assert described["num_features"] == 512
    assert describe(load_baseline("deit_tiny_patch16_224"), images)["patch_size"] == 4
    assert describe(load_baseline("levit_128s"), images)["input_size"] == 224


def test_enlarging_happens_inside_the_network():
    spec = load_baseline("levit_128s")
    network = build(spec, ImageShape(8, 1, 3)).eval()
    images = torch.rand(1, 1, 8, 8)
    large = nn.functional.interpolate(images, size=(224, 224), mode="bilinear")
    with torch.no_grad():
        torch.testing.assert_close(network(images), network.classifier(network.body(large)))


def test_weights_come_from_the_global_generator_and_counting_leaves_it_alone():
    spec = load_baseline("mobilenetv3_small_050")
    images = ImageShape(8, 1, 3)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        first = build(spec, images).state_dict()
        torch.manual_seed(5)
        state = torch.get_rng_state()
        counts.cache_clear()
        counts(spec, images)
        check(spec, images)
        assert torch.equal(torch.get_rng_state(), state)
        second = build(spec, images).state_dict()
        third = build(spec, images).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["classifier.weight"], third["classifier.weight"])
    assert not torch.equal(first["body.conv_stem.weight"], third["body.conv_stem.weight"])


def test_building_leaves_the_network_in_training_mode_with_untouched_statistics():
    network = build(load_baseline("resnet10t"), ImageShape(8, 1, 3))
    assert all(module.training for module in network.modules())
    buffers = dict(network.named_buffers())
    assert all(int(buffers[name]) == 0 for name in buffers if name.endswith("batches_tracked"))
    assert not any(buffers[name].any() for name in buffers if name.endswith("running_mean"))
    assert all(tensor.device.type == "cpu" for tensor in network.parameters())


def test_an_ad_hoc_model_is_fitted_by_the_default_rules():
    ad_hoc = counts(load_baseline("resnet14t"), ImageShape(8, 1, 10))
    assert ad_hoc.params > 0
    assert ad_hoc.macs < counts(load_baseline("resnet14t"), ImageShape(32, 1, 10)).macs


def test_a_model_tied_to_one_size_names_it():
    with pytest.raises(InputError, match=r"levit_128 .*32 pixels; it takes 224 pixels only"):
        check(load_baseline("levit_128"), ImageShape(32, 3, 10))


def test_a_network_that_breaks_on_a_size_names_those_that_work():
    spec = BaselineSpec(name="mine", version="1", summary="s", model="levit_128s")
    told = r"mine cannot take images of 32 pixels; of the sizes tried it takes 224; .*input_size"
    with pytest.raises(InputError, match=told):
        check(spec, ImageShape(32, 3, 10))


def test_bad_models_and_options_are_named():
    known = {"name": "mine", "version": "1", "summary": "s"}
    images = ImageShape(8, 1, 10)
    with pytest.raises(UnknownNameError, match=r"baseline mine.*resnt18.*did you mean.*resnet18"):
        check(BaselineSpec(**known, model="resnt18"), images)
    with pytest.raises(UnknownNameError, match="cifar_resnet32"):
        check(BaselineSpec(**known, source="imbnas", model="cifar_resnet33"), images)
    with pytest.raises(InputError, match=r"baseline mine: model_options.*widht"):
        check(BaselineSpec(**known, model="resnet10t", model_options={"widht": 3}), images)


@pytest.mark.parametrize(
    ("model", "options", "told"),
    [
        ("resnet26", {"channels": [8, 16, 32], "layers": [1, 1, 1]}, "resnet26 refuses them"),
        ("convnext_atto", {"dims": [8, 16]}, "convnext_atto refuses them"),
        ("densenet121", {"block_config": 4}, "densenet121 refuses them"),
        ("cifar_resnet32", {"widht": 3}, "option 'widht': unknown option; did you mean 'width'"),
        ("cifar_resnet8", {"blocks": 2}, "option 'blocks': unknown option"),
        ("cifar_resnet8", {"in_channels": 2}, "option 'in_channels': unknown option"),
        ("cifar_resnet8", {"width": 0}, "width 0 must be a whole number of at least 1"),
        ("cifar_resnet8", {"width": True}, "width True must be"),
        ("cifar_resnet8", {"width": [8]}, r"width \(8,\) must be"),
    ],
)
def test_options_that_a_network_refuses_are_told_in_one_line(model, options, told):
    source = "imbnas" if model.startswith("cifar") else "timm"
    spec = BaselineSpec(
        name="mine", version="1", summary="s", source=source, model=model, model_options=options
    )
    with pytest.raises(InputError, match=rf"^baseline mine: model_options.*{told}") as caught:
        check(spec, ImageShape(8, 1, 10))
    assert "\n" not in str(caught.value)


def test_lists_reach_the_model():
    body = build(load_baseline("densenet_k8"), ImageShape(8, 1, 10)).body
    blocks = [body.features.denseblock1, body.features.denseblock2, body.features.denseblock3]
    assert [len(block) for block in blocks] == [2, 2, 2]
    assert not hasattr(body.features, "denseblock4")
    stages = build(load_baseline("convnext_w8"), ImageShape(8, 1, 10)).body.stages
    assert [stage.blocks[0].conv_dw.in_channels for stage in stages] == [8, 16, 32, 64]


def test_pooling_and_options_reach_the_model():
    spec = BaselineSpec(
        name="mine",
        version="1",
        summary="s",
        model="test_vit",
        model_options={"depth": 1},
        fitting=SmallImageFitting(patch_grid=4, pooling="avg"),
    )
    body = build(spec, ImageShape(8, 1, 3)).body
    assert body.global_pool == "avg"
    assert len(body.blocks) == 1
    assert body.patch_embed.patch_size == (2, 2)
