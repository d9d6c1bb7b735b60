"""Steps that are recorded and replayed train as those that are done one by one."""

import re

import pytest
import torch
from torch import Tensor, nn

from imbnas.schemes import SCHEMES, build_scheme, resolve_scheme
from imbnas.schemes.stacked_scheme import StackedScheme
from imbnas.schemes.training_scheme import TrainingScheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.nats.stacked_network import StackedNetwork
from imbnas.training import fitting
from imbnas.training.fitting import Fit, Trainer, torch_module
from imbnas.training.step_graphs import CaptureError, CudaGraphs, RecordedSteps
from imbnas.units.recipes import Recipe

from .tape import TapeRecorder

CELL = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|nor_conv_3x3~0|skip_connect~1|none~2|"
COUNTS = (40, 20, 10)
EPOCHS = 3
READING = "gcl"
"""Mixes, and asks in each step which targets are not 0."""
WHOLE = 3
"""Whole batches in an epoch; a smaller one follows."""


class Batches:
    """Three whole batches and a smaller one, other images in each epoch."""

    def __init__(self, places: int = 1) -> None:
        self.places = places
        self.generator = torch.Generator().manual_seed(places)

    def epoch(self, steps: int | None = None, class_probabilities: Tensor | None = None):
        for size in (*[8] * WHOLE, 5):
            images = torch.randn(size, 3 * self.places, 6, 6, generator=self.generator)
            labels = torch.randint(3, (size, self.places), generator=self.generator)
            yield images, labels if self.places > 1 else labels.squeeze(1)

    def state_dict(self) -> dict[str, Tensor]:
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.generator.set_state(state["generator"])


def changing(scheme: TrainingScheme | StackedScheme, network: nn.Module) -> list[Tensor]:
    losses = [each.loss_module for each in getattr(scheme, "_schemes", [scheme])]
    modules: list[nn.Module] = [network, *losses]
    return [t for m in modules for t in (*m.parameters(), *m.buffers())]


def trained(
    name: str, recorded: bool, places: int = 1, **options
) -> tuple[Fit, list[Tensor], TapeRecorder | None]:
    """Train with or without recordings; loss, weights and the recorder."""
    torch.manual_seed(1)
    networks = [
        get_space("nats-tss").build(CELL, NetworkShape(2, 1, 6, 3, 3)) for _ in range(places)
    ]
    schemes = [build_scheme(resolve_scheme(name), COUNTS, EPOCHS, seed=i) for i in range(places)]
    for network, scheme in zip(networks, schemes, strict=True):
        network.classifier = scheme.make_classifier(network.num_features, 3) or network.classifier
    network, scheme = networks[0], schemes[0]
    if places > 1:
        network = StackedNetwork(networks)
        generators = [torch.Generator().manual_seed(i) for i in range(places)]
        scheme = StackedScheme(schemes, generators)
    trainer = Trainer(
        network=network,
        stream=Batches(places),
        scheme=scheme,
        recipe=Recipe(epochs=EPOCHS, batch_size=8, lr=0.05, average_from=0.5, clip_norm=1.0),
        class_counts=COUNTS,
        mixing_generator=torch.Generator().manual_seed(3),
        **options,
    )
    if recorded:
        optimizers: list[torch.optim.Optimizer] = []
        make = trainer._optimizer
        trainer._optimizer = lambda done: optimizers.append(make(done)) or optimizers[-1]

        def state() -> list[Tensor]:
            momenta = [s["momentum_buffer"] for o in optimizers for s in o.state.values()]
            return changing(scheme, torch_module(network)) + momenta

        trainer.recorder = TapeRecorder(state)
    fit = trainer.run()
    weights = [*torch_module(network).state_dict().values()]
    return fit, weights, trainer.recorder


def different_steps() -> list[str]:
    """One scheme for each combination of loss, mixing and switch."""
    found = {}
    for name in SCHEMES.names():
        spec = resolve_scheme(name)
        key = (spec.loss, spec.mixing, spec.deferred_from is None, spec.classifier)
        found.setdefault(key, name)
    return sorted(set(found.values()) - {READING})


@pytest.fixture(autouse=True)
def rates_are_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorded step reads its learning rate from a float32 tensor; nothing else differs."""
    rate = fitting.learning_rate
    monkeypatch.setattr(fitting, "learning_rate", lambda *given: torch.tensor(rate(*given)).item())
    # On a CPU torch looks whether labels are labels, on CUDA it does not.
    monkeypatch.setattr(
        nn.functional,
        "one_hot",
        lambda labels, count: labels[:, None].eq(torch.arange(count)).long(),
    )


@pytest.mark.parametrize("name", different_steps())
def test_every_scheme_trains_to_the_same_bits(name: str) -> None:
    plain, weights, _ = trained(name, recorded=False)
    fit, replayed, recorder = trained(name, recorded=True)
    assert fit == plain
    assert all(map(torch.equal, replayed, weights))
    assert (recorder.recorded, recorder.done) == (EPOCHS, 2 * EPOCHS)
    assert recorder.replayed == EPOCHS * (WHOLE - 1)


def test_a_scheme_that_reads_a_value_in_each_step_is_refused() -> None:
    with pytest.raises(CaptureError, match="nonzero"):
        trained(READING, recorded=True)


@pytest.mark.parametrize("name", ["cb-drw", "mixup", "seesaw"])
def test_so_do_stacks(name: str) -> None:
    plain, weights, _ = trained(name, recorded=False, places=2)
    fit, replayed, recorder = trained(name, recorded=True, places=2)
    assert fit == plain
    assert all(map(torch.equal, replayed, weights))
    assert recorder.replayed == EPOCHS * (WHOLE - 1)


def test_a_backbone_that_is_frozen_is_left_out_of_the_recording() -> None:
    plain, weights, _ = trained("ce", recorded=False, freeze_backbone_from=2)
    fit, replayed, _ = trained("ce", recorded=True, freeze_backbone_from=2)
    assert fit == plain
    assert 2 * fit.head_images == fit.trained_images
    assert all(map(torch.equal, replayed, weights))


def test_a_step_that_reads_a_value_is_refused() -> None:
    def step(images: Tensor, targets: Tensor) -> Tensor:
        return images.sum() * float(targets.sum())

    steps = RecordedSteps(step, TapeRecorder(list), tuple)
    steps(torch.ones(2, 3), torch.ones(2))
    with pytest.raises(CaptureError, match="reads a value on the host"):
        steps(torch.ones(2, 3), torch.ones(2))


def test_a_capture_that_fails_is_one_line_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of torch.cuda by their order; whether they do what they should, a GPU tells."""
    called: list[str] = []

    class Stream:
        def __init__(self, *_: object) -> None: ...

        def wait_stream(self, _: object) -> None:
            called.append("wait")

    class Entered:
        def __init__(self, *given: object, **named: object) -> None:
            called.append("capture" if named else "side")

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    class Graph:
        def register_generator_state(self, _: object) -> None:
            called.append("register")

        def replay(self) -> None:
            called.append("replay")

    fakes = {"Stream": Stream, "stream": Entered, "graph": Entered, "CUDAGraph": Graph,
             "current_stream": Stream}  # fmt: skip
    for name, fake in fakes.items():
        monkeypatch.setattr(torch.cuda, name, fake)
    graphs = CudaGraphs(torch.device("cuda"))
    assert graphs.at_once(lambda: torch.ones(())) == 1
    assert called == ["wait", "side", "wait"]
    del called[:]
    recording = graphs.record(lambda: torch.ones(()), [torch.Generator()])
    recording.replay()
    assert called == ["register", "capture", "replay"]

    def failing() -> Tensor:
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nmore")

    said = "cannot be captured in a CUDA graph: CUDA error: operation not permitted when stream is"
    with pytest.raises(CaptureError, match=re.escape(said) + ".*leave --cuda-graphs out") as told:
        graphs.record(failing, ())
    assert "\n" not in str(told.value)
