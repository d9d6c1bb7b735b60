"""``imbnas-bench train``: trains one network and prints how it did."""

from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.options import data_options, json_option, plugin_option
from imbnas.cli.output import print_fields, print_json
from imbnas.units.largest import LARGEST_REPLICATE_NUMBER

if TYPE_CHECKING:
    from imbnas.data.manifests import Manifest
    from imbnas.units.metrics import TrainMetrics
    from imbnas.units.recipes import Recipe
    from imbnas.units.records import Record
    from imbnas.units.unit import Model, TrainUnit


@click.command("train")
@click.option("--space", default="nats-tss", help="Search space of --arch.")
@click.option("--arch", "architecture", metavar="A", help="Architecture string.")
@click.option("--baseline", metavar="NAME", help="A baseline, or any timm model.")
@click.option(
    "--pretrained",
    is_flag=True,
    help="Start from DATA_ROOT/pretrained/MODEL.safetensors, else from what timm publishes.",
)
@click.option("--condition", required=True, metavar="C", help="Such as cifar10@100x.")
@click.option(
    "--protocol", default="strict", show_default=False, type=click.Choice(["strict", "paper"])
)
@click.option("--scheme", default="ce")
@click.option(
    "--recipe",
    "recipe_name",
    default="lt-digits/mini",
    metavar="R",
    help="SUITE/FIDELITY, whose network recipe is taken, or a baseline with a recipe of its own.",
)
@click.option("--replicate", default=0, type=click.IntRange(0, LARGEST_REPLICATE_NUMBER))
@click.option("--device", default="cpu", type=click.Choice(["cpu", "cuda"]))
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
    recipe_name: str,
    replicate: int,
    device: str,
    data_root: str | None,
    datasets: tuple[str, ...],
    offline: bool,
    as_json: bool,
) -> None:
    """Train one network from scratch and test it once."""
    from imbnas.cli.devices import device_type
    from imbnas.data.loading import load_dataset, tell_notes
    from imbnas.data.locations import DataLocations
    from imbnas.data.resolving import resolve
    from imbnas.errors import InputError
    from imbnas.execution.runner import Runner
    from imbnas.schemes import resolve_scheme
    from imbnas.spaces import get_space
    from imbnas.suites.baseline_lookup import find_baseline
    from imbnas.suites.images import data_ref
    from imbnas.suites.resolve import space_model
    from imbnas.units.conditions import parse_condition
    from imbnas.units.unit import TrainUnit

    if (architecture is None) == (baseline is None):
        raise InputError("give either --arch (with --space) or --baseline")
    device_found = device_type(device)
    if pretrained and baseline is None:
        raise InputError(
            "--pretrained goes with --baseline; architectures start from random weights"
        )
    model: Model
    recipe = _recipe(recipe_name)
    locations = DataLocations.from_options(data_root, datasets, offline)
    if baseline is not None:
        found = find_baseline(baseline, pretrained, locations)
        model, recipe = found.model, found.spec.recipe_for(recipe)
    else:
        model = space_model(space, get_space(space).parse(architecture or ""))
    wanted = parse_condition(condition, protocol).for_replicate(replicate)
    dataset = load_dataset(wanted.dataset, locations)
    tell_notes(dataset)
    manifest = resolve(wanted, dataset)
    unit = TrainUnit(
        model=model,
        data=data_ref(manifest),
        scheme=resolve_scheme(scheme),
        recipe=recipe,
        replicate=replicate,
        device_type=device_found,
    )
    record = Runner(_NoStore(), locations, device_found).execute(unit)
    (print_json if as_json else print_fields)(_fields(unit, record, manifest))


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


class _NoStore:
    """A single training reads and keeps nothing."""

    def read_record(self, kind: str, identity: str) -> "Record":
        raise FileNotFoundError(identity)

    def read_weights(self, sha256: str) -> bytes:
        raise FileNotFoundError(sha256)

    def publish_weights(self, content: bytes) -> str:
        raise NotImplementedError
