"""``imbnas-bench train``: trains one network and prints how it did."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.completion import names_of
from imbnas.cli.options import data_options, json_option, plugin_option
from imbnas.cli.output import note, print_fields, print_json
from imbnas.units.largest import (
    LARGEST_DEPTH,
    LARGEST_REPLICATE_NUMBER,
    LARGEST_SIDE,
    LARGEST_WIDTH,
)

if TYPE_CHECKING:
    from imbnas.data.dataset import Dataset
    from imbnas.data.locations import DataLocations
    from imbnas.data.manifests import Manifest
    from imbnas.execution.train import UnitSetup
    from imbnas.units.metrics import TrainMetrics
    from imbnas.units.recipes import Recipe
    from imbnas.units.records import Record
    from imbnas.units.unit import Model, TrainUnit


@click.command("train")
@click.option(
    "--space", default="nats-tss", help="Search space of --arch.", shell_complete=names_of("spaces")
)
@click.option("--arch", "architecture", metavar="A", help="Architecture string.")
@click.option(
    "--baseline",
    metavar="NAME",
    help="A baseline, or any timm model.",
    shell_complete=names_of("baselines", files=True),
)
@click.option(
    "--pretrained",
    is_flag=True,
    help="Start from DATA_ROOT/pretrained/MODEL.safetensors, else from what timm publishes.",
)
@click.option(
    "--condition",
    required=True,
    metavar="C",
    help="Such as cifar10@100x.",
    shell_complete=names_of("datasets", after="@"),
)
@click.option(
    "--protocol", default="strict", show_default=False, type=click.Choice(["strict", "paper"])
)
@click.option("--scheme", default="ce", shell_complete=names_of("schemes"))
@click.option(
    "--recipe",
    "recipe_name",
    metavar="R",
    help="SUITE/FIDELITY, whose network recipe is taken, or a baseline with a recipe of its own; "
    "by default one that fits the images, which is told.",
)
@click.option("--epochs", type=click.IntRange(1), help="In place of the recipe's.")
@click.option("--batch-size", type=click.IntRange(2), help="Images in a step.")
@click.option("--lr", type=float, help="Peak learning rate.")
@click.option(
    "--resolution", type=click.IntRange(1, LARGEST_SIDE), help="Side of images in pixels."
)
@click.option("--width", type=click.IntRange(1, LARGEST_WIDTH), help="Channels of the first stage.")
@click.option("--depth", type=click.IntRange(1, LARGEST_DEPTH), help="Cells in each stage.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the network into DIR, for imbnas.load_network.",
)
@click.option("--replicate", default=0, type=click.IntRange(0, LARGEST_REPLICATE_NUMBER))
@click.option("--device", default="auto", type=click.Choice(["auto", "cpu", "cuda"]))
@data_options
@plugin_option
@json_option
def command(
    space: str,
    architecture: str | None,
    baseline: str | None,
    pretrained: bool,
    condition: str,
    protocol: Any,
    scheme: str,
    recipe_name: str | None,
    replicate: int,
    device: str,
    save: Path | None,
    data_root: str | None,
    datasets: tuple[str, ...],
    offline: bool,
    as_json: bool,
    **options: int | float | None,
) -> None:
    """Train one network from scratch and test it once."""
    from imbnas.cli.devices import device_type
    from imbnas.data.loading import load_dataset, tell_notes
    from imbnas.data.locations import DataLocations
    from imbnas.data.resolving import resolve
    from imbnas.execution.saving import check_savable, save_network
    from imbnas.schemes import resolve_scheme
    from imbnas.spaces import get_space
    from imbnas.suites.baseline_lookup import find_baseline
    from imbnas.suites.fitting_recipe import changed
    from imbnas.suites.images import data_ref
    from imbnas.suites.resolve import space_model
    from imbnas.units.conditions import parse_condition
    from imbnas.units.unit import TrainUnit

    changes = {name: value for name, value in options.items() if value is not None}
    _check_options(architecture, baseline, pretrained, changes)
    device_found = device_type(device)
    model: Model
    given = None if recipe_name is None else _recipe(recipe_name)
    resolved_scheme = resolve_scheme(scheme)
    locations = DataLocations.from_options(data_root, datasets, offline)
    found = None if baseline is None else find_baseline(baseline, pretrained, locations)
    if found is not None:
        model = found.model
    else:
        model = space_model(space, get_space(space).parse(architecture or ""))
    wanted = parse_condition(condition, protocol).for_replicate(replicate)
    dataset = load_dataset(wanted.dataset, locations)
    tell_notes(dataset)
    manifest = resolve(wanted, dataset)
    _check_batch(changes.get("batch_size"), manifest)
    notes: list[str] = []
    recipe = given or _fitting(dataset, manifest, notes)
    if found is not None:
        recipe = found.spec.recipe_for(recipe)
    if notes and changes:
        told = ", ".join(f"{name} {value}" for name, value in changes.items())
        notes.append(f"changed by options: {told}")
    recipe = _of_one_size(changed(recipe, changes), dataset, notes)
    unit = TrainUnit(
        model=model,
        data=data_ref(manifest),
        scheme=resolved_scheme,
        recipe=recipe,
        replicate=replicate,
        device_type=device_found,
    )
    if save is not None:
        check_savable(save, resolved_scheme)
    record, trained = _train(unit, locations, notes)
    if save is not None:
        note(f"saved in {save_network(save, trained, dataset)}")
    fields = _fields(unit, record, manifest)
    if as_json:
        print_json(fields | {"class_names": dataset.class_names})
    else:
        _print(fields, dataset, manifest)


def _check_options(
    architecture: str | None,
    baseline: str | None,
    pretrained: bool,
    changes: Mapping[str, float],
) -> None:
    """Refuse options that contradict each other, or that would change nothing."""
    from imbnas.errors import InputError

    if (architecture is None) == (baseline is None):
        raise InputError("give either --arch (with --space) or --baseline")
    if pretrained and baseline is None:
        raise InputError(
            "--pretrained goes with --baseline; architectures start from random weights"
        )
    for name in ("width", "depth"):
        if baseline is not None and name in changes:
            raise InputError(f"--{name} goes with --arch; a baseline has a {name} of its own")


def _check_batch(size: float | None, manifest: "Manifest") -> None:
    """Refuse a batch that images would have to be repeated for."""
    from imbnas.errors import InputError

    if size is not None and size > manifest.total:
        raise InputError(
            f"--batch-size: {size} is more than the {manifest.total} training images of "
            f"{manifest.condition}; give at most as many"
        )


def _train(
    unit: "TrainUnit", locations: "DataLocations", notes: list[str]
) -> "tuple[Record, UnitSetup]":
    """Train and test a network here, as a worker would; notes are told once it begins."""
    import torch

    from imbnas.cli.training_progress import TrainingProgress
    from imbnas.execution.data_pool import DataPool
    from imbnas.execution.runner import own_random_state, prepare_process
    from imbnas.execution.train import trained

    prepare_process()
    pool = DataPool(locations, torch.device(unit.device_type), ())
    with TrainingProgress(unit, notes) as attempt, own_random_state(pool.device):
        ready, outcome = trained(unit, pool, attempt)
    return outcome.record(unit, attempt.seconds), ready


def _fitting(dataset: "Dataset", manifest: "Manifest", notes: list[str]) -> "Recipe":
    from imbnas.suites.fitting_recipe import fitting_recipe

    recipe, why = fitting_recipe(dataset, manifest.total)
    notes.append(f"recipe: {why}")
    return recipe


def _of_one_size(recipe: "Recipe", dataset: "Dataset", notes: list[str]) -> "Recipe":
    """The recipe with a resolution, where it has none and the images have no common one."""
    from imbnas.suites.fitting_recipe import fitting_side

    if recipe.resolution is not None or dataset.resolution is not None:
        return recipe
    side, why = fitting_side(dataset)
    notes.append(f"resolution: {why}; --resolution sets another")
    return recipe.model_copy(update={"resolution": side})


def _recipe(name: str) -> "Recipe":
    from imbnas.baselines.registry import BASELINES, load_baseline
    from imbnas.errors import InputError
    from imbnas.suites.load import choose_fidelity, load_suite

    suite_name, slash, fidelity = name.rpartition("/")
    if slash:
        return choose_fidelity(load_suite(suite_name), fidelity)[1].network
    recipe: Recipe | None = load_baseline(name).recipe if name in BASELINES else None
    if recipe is None:
        raise InputError(
            f"--recipe {name!r}: write SUITE/FIDELITY, for example lt-digits/mini, or the name of "
            "a baseline that has a recipe of its own, such as paper-resnet32"
        )
    return recipe


def _fields(unit: "TrainUnit", record: "Record", manifest: "Manifest") -> dict[str, Any]:
    metrics = record.metrics
    if TYPE_CHECKING:
        assert isinstance(metrics, TrainMetrics)  # nosec B101 # never runs
    groups = manifest.groups.model_dump()
    return {
        "model": unit.model.label,
        "condition": unit.data.condition,
        "protocol": unit.data.protocol,
        "scheme": unit.scheme.name,
        "replicate": unit.replicate,
        "test_accuracy": metrics.mean_accuracy(),
        "per_class_accuracy": metrics.class_accuracy,
        **{
            name: metrics.mean_accuracy(classes) if classes else None
            for name, classes in groups.items()
        },
        "harmonic_mean": metrics.harmonic_mean(),
        "expected_calibration_error": metrics.expected_calibration_error(),
        "params": metrics.params,
        "macs": metrics.macs,
        "train_loss": metrics.train_loss,
        "seconds": round(record.cost.seconds, 3),
        "images_per_second": round(record.cost.images_seen / record.cost.seconds, 1),
        "train_images_per_second": round(record.cost.train_images_per_second or 0.0, 1),
        "latency_ms": round(1000 * (record.cost.latency or 0.0), 3),
    }


_SHARES = ("test_accuracy", "many", "medium", "few", "harmonic_mean", "expected_calibration_error")
"""Shares that people are shown in percent, as in tables."""


def _print(fields: dict[str, Any], dataset: "Dataset", manifest: "Manifest") -> None:
    """Print a training for people: percent, and a line for each class."""
    from tabulate import tabulate

    accuracies = fields.pop("per_class_accuracy")
    shown = {name: _percent(value) if name in _SHARES else value for name, value in fields.items()}
    shown["train_loss"] = f"{fields['train_loss']:.4f}"
    print_fields(shown)
    rows = [
        (name, count, _percent(accuracy))
        for name, count, accuracy in zip(
            dataset.class_names, manifest.class_counts, accuracies, strict=True
        )
    ]
    headers = ("class", "training images", "accuracy")
    click.echo("")
    click.echo(tabulate(rows, headers, disable_numparse=True, colalign=("left", "right", "right")))


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.2f} %"
