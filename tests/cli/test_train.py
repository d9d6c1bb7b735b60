"""``imbnas-bench train`` on anybody's images: a fitting recipe, options, a saved network."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import imbnas
from imbnas.cli import training_progress
from imbnas.cli.training_progress import TrainingProgress
from imbnas.errors import InputError
from imbnas.training.checkpoints import Reached

CELL = "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|none~0|skip_connect~1|nor_conv_3x3~2|"
COLOURS = {"blue": (20, 30, 220), "red": (220, 30, 20)}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of colour images, of sides from 20 to 99 pixels."""
    root, rng = tmp_path_factory.mktemp("mixed"), np.random.default_rng(0)
    for split, count in (("train", 24), ("test", 6)):
        for name, colour in COLOURS.items():
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                height, width = rng.integers(20, 100, 2)
                noise = rng.integers(-15, 15, (height, width, 3))
                pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return root


def arguments(mixed: Path, *more: str | Path) -> tuple[str | Path, ...]:
    return (
        "train", "--arch", CELL, "--dataset", f"mine={mixed}", "--condition", "mine@1x",
        "--epochs", "2", "--width", "4", "--device", "cpu", *more,
    )  # fmt: skip


def test_own_images_of_mixed_sizes_need_no_option(
    bench_here: Any, mixed: Path, tmp_path: Path
) -> None:
    done = bench_here(*arguments(mixed, "--save", tmp_path / "net"))
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    told = next(line for line in lines if line.startswith("recipe: fitted to "))
    assert "pixels (the shorter sides of" in told
    assert lines[-1] == f"saved in {tmp_path / 'net' / 'network.safetensors'}"
    lines = done.stdout.splitlines()
    accuracy = next(line for line in lines if line.startswith("test_accuracy"))
    assert accuracy.endswith(" %")
    assert [line.split()[0] for line in lines[-2:]] == ["blue", "red"]
    assert all(line.endswith(" %") for line in lines[-2:])


def test_options_change_the_recipe_and_a_saved_network_answers_as_it_was_tested(
    bench_here: Any, mixed: Path, tmp_path: Path
) -> None:
    options = (
        "--resolution", "16", "--batch-size", "8", "--lr", "0.05", "--depth", "1",
        "--epochs", "6", "--save", tmp_path / "net", "--json",
    )  # fmt: skip
    done = bench_here(*arguments(mixed, *options))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["class_names"] == ["blue", "red"]
    network = imbnas.load_network(tmp_path / "net")
    assert network.class_names == ("blue", "red")
    assert (network.facts.resolution, network.facts.shape.width) == (16, 4)
    assert "2 classes, 16 pixels, trained on mine@1x" in repr(network)
    # One colour for each class: how images are resized changes no answer of a trained network.
    for place, name in enumerate(COLOURS):
        images = np.stack([
            np.asarray(Image.open(path).resize((16, 16)))
            for path in sorted((mixed / "test" / name).iterdir())
        ])  # fmt: skip
        labels = network.labels(images)
        assert labels.count(name) / len(labels) == told["per_class_accuracy"][place]
        assert np.allclose(network.probabilities(images).sum(axis=1), 1)
    for shape, kind, remedy in (
        ((1, 8, 8, 3), np.uint8, "resize them"),
        ((1, 16, 16, 1), np.uint8, "convert them, such as with convert"),
        ((1, 16, 16, 1, 3), np.uint8, "add or drop axes: images, rows, columns, channels"),
        ((1, 16, 16, 3), np.float32, "give pixels from 0 to 255"),
    ):
        takes = rf"the network takes \(N, 16, 16, 3\) of uint8; {remedy}"
        with pytest.raises(InputError, match=takes):
            network.labels(np.zeros(shape, kind))
    again = bench_here(*arguments(mixed, *options))
    assert again.returncode == 2
    assert "there is a network.safetensors already" in again.stderr


def test_the_same_options_give_the_same_weights(
    bench_here: Any, mixed: Path, tmp_path: Path
) -> None:
    written = []
    for name in ("a", "b"):
        bench_here(*arguments(mixed, "--resolution", "16", "--save", tmp_path / name))
        written.append((tmp_path / name / "network.safetensors").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lr", "-1"), "--lr: Input should be greater than 0"),
        (("--resolution", "0"), "--resolution"),
        (("--scheme", "ce-tau-norm", "--save", "net"), "ends with the post-hoc step 'tau-norm'"),
        (("--device", "cuda"), "--device cuda: torch finds no CUDA device"),
    ],
)
def test_what_cannot_be_is_one_line(
    bench_here: Any, mixed: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = bench_here(*arguments(mixed, *options), cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"nonsense" * 10],
    ids=["empty", "no facts", "text"],
)
def test_a_file_that_is_no_network_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "network.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"no file of imbnas-bench train --save"):
        imbnas.load_network(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        imbnas.load_network(tmp_path / "absent")


def test_progress_is_told_seldom_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(training_progress.time, "monotonic", lambda: now[0])
    with TrainingProgress(None) as attempt:  # type: ignore[arg-type]
        for epoch in range(1, 101):
            now[0] += 3
            attempt.open().offer(lambda: None, Reached.epoch(epoch, 100, 0.5))  # type: ignore[arg-type, return-value]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "epoch 4 of 100, loss 0.5, 12 s so far, about 288 s left".replace(
        "288 s", "5 min"
    )
    assert 10 < len(lines) < 26


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--baseline", "resnet10t", "--width", "4"), "--width goes with --arch"),
        (("--baseline", "paper-resnet32", "--depth", "2"), "--depth goes with --arch"),
        (("--arch", CELL, "--batch-size", "49"), "49 is more than the 44 training images"),
    ],
)
def test_options_that_would_change_nothing_or_repeat_images_are_refused(
    bench_here: Any, mixed: Path, options: tuple[str, ...], told: str
) -> None:
    done = bench_here("train", *options, "--dataset", f"mine={mixed}", "--condition", "mine@1x")
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""
