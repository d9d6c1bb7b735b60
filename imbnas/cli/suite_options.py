"""The options that name a suite and how it is run; ``run`` and ``plan`` get one request of them."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.completion import Complete, names_of, of_suite
from imbnas.cli.options import Command, add_options
from imbnas.cli.quantities import Duration, Size
from imbnas.units.largest import LARGEST_REPLICATE_NUMBER, MOST_REPLICATES, MOST_UNITS, MOST_WORKERS

if TYPE_CHECKING:
    from imbnas.runs.request import RunRequest


def _addition(
    option: str, field: str, form: str, what: str, complete: Complete
) -> Callable[[Command], Command]:
    return click.option(
        option,
        field,
        multiple=True,
        metavar=form,
        help=f"{what}; repeatable.",
        shell_complete=complete,
    )


_naming_options = add_options(
    click.option(
        "--suite",
        "suite_name",
        metavar="NAME|FILE.toml",
        help="Default: lt-digits.",
        shell_complete=names_of("suites", files=True),
    ),
    click.option(
        "--fidelity",
        metavar="F",
        help="How much to spend; the suite's default.",
        shell_complete=of_suite("fidelities"),
    ),
    click.option(
        "--part",
        "parts",
        multiple=True,
        metavar="P",
        help="Only this part; repeatable.",
        shell_complete=of_suite("parts"),
    ),
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Run directory.  [default: runs/SUITE@VERSION/FIDELITY, with what is added]",
    ),
)
_reuse_options = add_options(
    click.option(
        "--reuse",
        "reused",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="DIR|published",
        help="Take over units known in another run or board; repeatable. `published` is the "
        "suite's own board, and the default where its records are at hand.",
    ),
    click.option("--no-reuse", is_flag=True, help="Compute everything."),
)
_computation_options = add_options(
    click.option(
        "--workers",
        type=click.IntRange(1, MOST_WORKERS),
        help="Processes; by default one per core, on CUDA one per GPU.",
    ),
    click.option("--device", default="auto", type=click.Choice(["auto", "cpu", "cuda"])),
    click.option(
        "--precision",
        default="float32",
        type=click.Choice(["float32", "bfloat16"]),
        help="Of forward passes; bfloat16 runs them under autocast.",
    ),
    click.option(
        "--compile",
        "compiled",
        is_flag=True,
        help="Train through torch.compile, which takes minutes for each network; no supernet.",
    ),
    click.option(
        "--cuda-graphs",
        is_flag=True,
        help="Capture training steps in CUDA graphs; on CUDA, no supernet.",
    ),
    click.option(
        "--reproducible",
        is_flag=True,
        help="Hold libraries to instructions that all x86-64 processors with AVX2 have.",
    ),
    click.option(
        "--replicates",
        type=click.IntRange(1, MOST_REPLICATES),
        help="More of them extend a run.",
    ),
    click.option(
        "--first-replicate",
        type=click.IntRange(0, LARGEST_REPLICATE_NUMBER),
        metavar="N",
        help="Repeat the suite with the replicates from N on: other images, other seeds.",
    ),
    click.option(
        "--manifest",
        "manifests",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Use exactly the images of an exported manifest; repeatable.",
    ),
)
how_options = add_options(_reuse_options, _computation_options)
"""How trainings are computed and what of them is known elsewhere; for ``run_request``."""
_suite_options = add_options(
    _naming_options,
    how_options,
    _addition(
        "--strategy",
        "strategies",
        "NAME[(OPTION=VALUE)]",
        "Compare this strategy, too",
        names_of("strategies"),
    ),
    _addition(
        "--ranker",
        "rankers",
        "NAME[(OPTION=VALUE)]",
        "Rank the population by this, too",
        names_of("rankers"),
    ),
    _addition(
        "--baseline",
        "baselines",
        "NAME|FILE.toml",
        "Train this baseline, too",
        names_of("baselines", files=True),
    ),
    _addition(
        "--scheme",
        "schemes",
        "NAME",
        "Train on the long-tailed targets by this, too",
        names_of("schemes"),
    ),
    _addition(
        "--condition",
        "conditions",
        "'C [SCHEME]'",
        "Train the population on this, too",
        names_of("datasets", after="@"),
    ),
)

limit_options = add_options(
    click.option(
        "--only",
        multiple=True,
        metavar="PATTERN",
        help="Only units whose label fits, as 'train *digits@20x*', or whose identity begins "
        "so; what they build on is done, too. Repeatable.",
    ),
    click.option(
        "--max-units",
        type=click.IntRange(1, MOST_UNITS),
        help="Begin at most so many units.",
    ),
    click.option(
        "--time-budget",
        type=Duration(),
        metavar="T",
        help="Stop after so long, as 2h or 1h30m; running units stop at a checkpoint.",
    ),
    click.option(
        "--unit-time-limit",
        type=Duration(),
        metavar="T",
        help="A unit that takes longer fails.",
    ),
    click.option(
        "--unit-memory-limit",
        type=Size(),
        help="A unit whose worker holds more memory, as 4GB, fails.",
    ),
    click.option(
        "--checkpoint-every",
        type=Duration(),
        metavar="T",
        help="Keep the state of long units that often.  [default: 1m]",
    ),
)
"""What restricts one start, and one unit; these options go with ``suite_options``."""


def suite_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is run, where, and what of it is known elsewhere.

    The command gets one first argument, a ``RunRequest``, in place of these options, and of those
    for limits, data and plug-ins that stand below it.
    """

    @wraps(command)
    def gathered(**given: Any) -> Any:
        from imbnas.cli.devices import check_system

        check_system()
        return command(run_request(given.pop), **given)

    return _suite_options(gathered)


def run_request(take: Callable[..., Any]) -> "RunRequest":
    """Look up what options name.

    Args:
        take: gives the value of an option by its parameter, or a second argument where the command
            does not have the option; additions, limits and restrictions may be missing.

    Raises:
        InputError: a suite, fidelity, part, manifest, device or folder that does not exist.
    """
    from imbnas.cli.devices import check_graphs, check_reproducible, default_workers, device_type
    from imbnas.data.locations import DataLocations
    from imbnas.data.manifests import read_manifest
    from imbnas.errors import InputError, UnknownNameError
    from imbnas.runs.limits import Budget, Limits
    from imbnas.runs.request import RunRequest
    from imbnas.runs.reuse import sources
    from imbnas.runs.store.checkpoints import CHECKPOINT_SECONDS
    from imbnas.runs.store.directory import RunDirectory
    from imbnas.suites.additions import Additions, extended_suite
    from imbnas.suites.load import DEFAULT_SUITE, choose_fidelity, load_suite, modification
    from imbnas.units.unit import Computation

    locations = DataLocations.from_options(take("data_root"), take("datasets"), take("offline"))
    suite_name = take("suite_name") or DEFAULT_SUITE
    suite = load_suite(suite_name)
    # What is named is what ships.
    modified = modification(suite) if suite_name.endswith(".toml") else None
    fidelity, _ = choose_fidelity(suite, take("fidelity"))
    parts = take("parts")
    offered = suite.at(fidelity).parts
    for part in parts:
        if part in suite.parts and part not in offered:
            others = (name for name in suite.fidelities if part in suite.at(name).parts)
            raise InputError(
                f"part {part!r} of suite {suite.name!r} is not in fidelity {fidelity!r}; give "
                f"--fidelity {' or '.join(others)}"
            )
        if part not in offered:
            raise UnknownNameError(f"part of suite {suite.name!r}:", part, offered)
    additions = Additions(*(take(each.name, ()) for each in fields(Additions)))
    suite = extended_suite(suite, fidelity, additions, parts)
    title = f"{suite.name}@{suite.version}/{fidelity}"
    device = device_type(take("device"))
    precision, compiled = take("precision"), take("compiled")
    if cuda_graphs := take("cuda_graphs"):
        check_graphs(device)
    if reproducible := take("reproducible"):
        check_reproducible(device, precision, compiled)
    interval = take("checkpoint_every", None)
    return RunRequest(
        suite,
        fidelity,
        locations,
        Computation(
            device_type=device,
            precision=precision,
            compiled=compiled,
            cuda_graphs=cuda_graphs,
            reproducible=reproducible,
        ),
        replicates=take("replicates"),
        first_replicate=take("first_replicate"),
        pins=tuple(map(read_manifest, take("manifests"))),
        plugins=take("plugins"),
        added=additions.named,
        modified=modified,
        directory=RunDirectory(take("out") or Path("runs") / f"{title}{additions.suffix}"),
        workers=take("workers") or default_workers(device),
        parts=parts or None,
        only=take("only", ()),
        reused=sources(
            take("reused"), take("no_reuse"), f"{suite.name}@{suite.version}/{fidelity}"
        ),
        limits=Limits(take("unit_time_limit", None), take("unit_memory_limit", None)),
        budget=Budget(take("time_budget", None), take("max_units", None)),
        checkpoint_seconds=CHECKPOINT_SECONDS if interval is None else interval,
    )
