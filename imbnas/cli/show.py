"""``imbnas-bench show``: exact facts about whatever can be named."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.completion import names_of
from imbnas.cli.options import data_options, json_option, plugin_option
from imbnas.cli.output import note, print_fields, print_json
from imbnas.units.largest import (
    LARGEST_DEPTH,
    LARGEST_SIDE,
    LARGEST_STEM,
    LARGEST_WIDTH,
    MOST_CHANNELS,
    MOST_CLASSES,
)

if TYPE_CHECKING:
    from imbnas.cli.entries import Option
    from imbnas.data.dataset import Dataset
    from imbnas.data.locations import DataLocations
    from imbnas.registry import Registry


@click.group("show")
def command() -> None:
    """Show an architecture, a condition, a baseline, a suite, or an entry that suites name."""


@command.command("suite")
@click.argument("name", metavar="NAME|FILE.toml", shell_complete=names_of("suites", files=True))
@json_option
def show_suite(name: str, as_json: bool) -> None:
    """The text of a suite; with --json its content, with what it takes over from another one."""
    from imbnas.suites.load import load_suite, modification, suite_text

    suite = load_suite(name)
    if as_json:
        print_json(suite.model_dump(mode="json") | {"modified": modification(suite)})
        return
    click.echo(suite_text(name), nl=False)
    if modified := modification(suite):
        note(f"modified, {modified}: another {suite.name}@{suite.version} ships with imbnas")


@command.command("arch")
@click.argument("space", shell_complete=names_of("spaces"))
@click.argument("architecture", metavar="ARCH")
@click.option("--num-classes", default=10, type=click.IntRange(1, MOST_CLASSES))
@click.option(
    "--resolution", type=click.IntRange(1, LARGEST_SIDE), help="Side in pixels; the published one."
)
@click.option("--in-channels", default=3, type=click.IntRange(1, MOST_CHANNELS))
@click.option("--width", type=click.IntRange(1, LARGEST_WIDTH), help="Channels of the first stage.")
@click.option("--depth", type=click.IntRange(1, LARGEST_DEPTH), help="Cells in each stage.")
@click.option(
    "--stem-kernel", type=click.IntRange(1, LARGEST_STEM), help="Side of the first kernel; 3."
)
@click.option("--stem-stride", type=click.IntRange(1, LARGEST_STEM), help="Its stride; 1.")
@data_options
@plugin_option
@json_option
def show_architecture(
    space: str,
    architecture: str,
    as_json: bool,
    **options: int | None,
) -> None:
    """Parameters, MACs and identities of an architecture."""
    from imbnas.spaces import get_space
    from imbnas.spaces.network_shape import chosen_shape

    found = get_space(space)
    parsed = found.parse(architecture)
    for name in ("data_root", "datasets", "offline"):
        del options[name]  # common to all of `show`; an architecture is shown without any data
    shape = chosen_shape(found, **options)
    counts = found.counts(parsed, shape)
    _print(
        {
            "space": space,
            "architecture": parsed,
            "params": counts.params,
            "macs": counts.macs,
            "unique_id": found.unique_id(parsed),
            "functional_id": found.functional_id(parsed),
            "dead": found.is_dead(parsed),
        },
        as_json,
    )


@command.command("condition")
@click.argument("name", shell_complete=names_of("datasets", after="@"))
@click.option("--protocol", default="strict", type=click.Choice(["strict", "paper"]))
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the exact indices to FILE.",
)
@data_options
@plugin_option
@json_option
def show_condition(
    name: str,
    protocol: Any,
    manifest: Path | None,
    data_root: str | None,
    datasets: tuple[str, ...],
    offline: bool,
    as_json: bool,
) -> None:
    """Class counts, groups and hash of a condition.

    Published counts answer for CIFAR, SVHN and Fashion-MNIST where their images are not at hand;
    --manifest fetches them, as other commands do.
    """
    from imbnas.data.locations import DataLocations
    from imbnas.data.manifests import write_manifest
    from imbnas.data.published_counts import UNKNOWN_DIGEST
    from imbnas.data.resolving import resolve
    from imbnas.units.conditions import parse_condition

    condition = parse_condition(name, protocol)
    locations = DataLocations.from_options(data_root, datasets, offline)
    dataset = _images_or_counts(condition.dataset, locations, manifest is not None)
    resolved = resolve(condition, dataset)
    counted = dataset.digest == UNKNOWN_DIGEST
    if manifest is not None:
        write_manifest(resolved, manifest)
    _print(
        {
            "condition": resolved.condition,
            "protocol": resolved.protocol,
            "class_names": dataset.class_names,
            "class_counts": resolved.class_counts,
            "total": resolved.total,
            "groups": resolved.groups.model_dump(),
            "tertiles": resolved.tertiles.model_dump(),
            "validation": len(resolved.validation.indices),
            "validation_split": resolved.validation.split,
            "test": len(resolved.test.indices),
            "notes": [*dataset.notes, *resolved.notes],
            "dataset_digest": None if counted else resolved.dataset_digest,
            "sha256": None if counted else resolved.sha256,
        },
        as_json,
    )


def _images_or_counts(name: str, locations: "DataLocations", images_needed: bool) -> "Dataset":
    """A dataset, or its counts alone where its images are not at hand."""
    from imbnas.data.loading import load_dataset
    from imbnas.data.published import ImagesMissingError
    from imbnas.data.published_counts import PUBLISHED_COUNTS, counted

    if images_needed or name not in PUBLISHED_COUNTS:
        return load_dataset(name, locations)
    try:
        return load_dataset(name, replace(locations, offline=True))
    except ImagesMissingError:
        told = f"images of {name} are not at hand: counted as published, without hashes"
        return replace(counted(name), notes=(told,))


@command.command("baseline")
@click.argument("name", shell_complete=names_of("baselines", files=True))
@click.option("--num-classes", default=10, type=click.IntRange(1, MOST_CLASSES))
@click.option("--resolution", default=32, type=click.IntRange(1, LARGEST_SIDE))
@click.option("--in-channels", default=3, type=click.IntRange(1, MOST_CHANNELS))
@data_options
@plugin_option
@json_option
def show_baseline(name: str, as_json: bool, **options: Any) -> None:
    """How a timm model is fitted to images, its parameters and MACs."""
    # Data options are common to all of `show`; a baseline is shown without any data.

    from imbnas.baselines.networks import describe
    from imbnas.baselines.registry import load_baseline
    from imbnas.baselines.spec import ImageShape

    images = {key: options[key] for key in ("resolution", "in_channels", "num_classes")}
    described = describe(load_baseline(name), ImageShape(**images))
    _print({"baseline": described["name"], **described}, as_json)


@command.command("strategy")
@click.argument("name", shell_complete=names_of("strategies"))
@plugin_option
@json_option
def show_strategy(name: str, as_json: bool) -> None:
    """Options of a strategy, where it is written, and which suites compare it."""
    from imbnas.strategies.registry import STRATEGIES

    _show_entry(STRATEGIES, name, as_json)


@command.command("scheme")
@click.argument("name", shell_complete=names_of("schemes"))
@plugin_option
@json_option
def show_scheme(name: str, as_json: bool) -> None:
    """All that a scheme sets, where it is written, and which suites train by it."""
    from imbnas.schemes.registry import SCHEMES

    _show_entry(SCHEMES, name, as_json)


@command.command("ranker")
@click.argument("name", shell_complete=names_of("rankers"))
@plugin_option
@json_option
def show_ranker(name: str, as_json: bool) -> None:
    """Options of a ranker, where it is written, and which suites rank by it."""
    from imbnas.rankers.registry import RANKERS

    _show_entry(RANKERS, name, as_json)


@command.command("searcher")
@click.argument("name", shell_complete=names_of("searchers"))
@plugin_option
@json_option
def show_searcher(name: str, as_json: bool) -> None:
    """Options of a searcher, where it is written, and which suites search by it."""
    from imbnas.search.registry import SEARCHERS

    _show_entry(SEARCHERS, name, as_json)


def _show_entry(registry: "Registry[Any]", name: str, as_json: bool) -> None:
    """Print what is known of an entry: a line for each fact, then its options."""
    from imbnas.cli.entries import citations_of, options_of, settings_of_scheme, source_of
    from imbnas.cli.uses import uses_of

    entry, target = registry.entry(name), registry.get(name)
    options = settings_of_scheme(name) if registry.kind == "scheme" else options_of(target)
    uses = uses_of(registry.kind, name)
    fields: dict[str, Any] = {
        registry.kind: name,
        "version": entry.version,
        "summary": entry.summary,
        "source": source_of(entry, target),
        "citations": citations_of(entry.summary),
    }
    if as_json:
        print_json(fields | {"options": list(map(vars, options)), "used_in": uses})
        return
    used = [f"{suite}: {', '.join(places)}" for suite, places in uses.items()]
    print_fields(fields | {"used_in": used or ["no suite that ships with imbnas"]})
    click.echo("")
    _print_options(options)


def _print_options(options: "list[Option]") -> None:
    from imbnas.cli.narrow import narrow_table

    if not options:
        click.echo("It takes no options.")
        return
    rows = [(each.name, _default(each), each.allowed, each.text) for each in options]
    click.echo(narrow_table(rows, ("option", "default", "allowed", "what it does")))


def _default(option: "Option") -> str:
    if option.required:
        return "required"
    return "none" if option.default is None else str(option.default)


def _print(fields: dict[str, Any], as_json: bool) -> None:
    (print_json if as_json else print_fields)(fields)
