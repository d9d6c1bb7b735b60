"""The options that name a suite and how it is run, shared by ``run`` and ``plan``."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imbnas.cli.options import locations_from

if TYPE_CHECKING:
    from imbnas.runs.request import RunRequest
    from imbnas.units.unit import Precision

_OPTIONS = (
    click.option("--suite", "suite_name", metavar="NAME|FILE.toml", help="Default: lt-digits."),
    click.option("--fidelity", metavar="F", help="How much to spend; the suite's default."),
    click.option("--part", "parts", multiple=True, metavar="P", help="Only this part; repeatable."),
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Run directory.  [default: runs/SUITE@VERSION/FIDELITY]",
    ),
    click.option(
        "--reuse",
        "reused",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Take over units known in another run or published leaderboard; repeatable.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1),
        help="Processes; one a core, on CUDA one a GPU, by default.",
    ),
    click.option(
        "--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"])
    ),
    click.option(
        "--precision",
        default="float32",
        show_default=True,
        type=click.Choice(["float32", "bfloat16"]),
        help="Of forward passes; bfloat16 runs them under autocast.",
    ),
    click.option(
        "--compile",
        "compiled",
        is_flag=True,
        help="Train through torch.compile, which takes minutes for each network; no supernet.",
    ),
    click.option("--replicates", type=click.IntRange(1), help="More of them extend a run."),
    click.option(
        "--manifest",
        "manifests",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Use exactly the images of an exported manifest; repeatable.",
    ),
)


@dataclass(frozen=True)
class SuiteOptions:
    """The options as given; attributes are called like their parameters."""

    suite_name: str | None
    fidelity: str | None
    parts: tuple[str, ...]
    out: Path | None
    reused: tuple[Path, ...]
    workers: int | None
    device: str
    precision: "Precision"
    compiled: bool
    replicates: int | None
    manifests: tuple[Path, ...]
    data_root: str | None
    datasets: tuple[str, ...]
    offline: bool
    plugins: tuple[Path, ...]

    def request(self) -> "RunRequest":
        """Look up what the options name.

        Raises:
            InputError: a suite, fidelity, part, manifest, device or folder that does not exist.
        """
        from imbnas.cli.devices import default_workers, device_type
        from imbnas.data.manifests import read_manifest
        from imbnas.errors import UnknownNameError
        from imbnas.runs.request import RunRequest
        from imbnas.runs.reuse import reusable
        from imbnas.runs.store.directory import RunDirectory
        from imbnas.suites.load import DEFAULT_SUITE, choose_fidelity, load_suite

        locations = locations_from(self.data_root, self.datasets, self.offline)
        suite = load_suite(self.suite_name or DEFAULT_SUITE)
        chosen, _ = choose_fidelity(suite, self.fidelity)
        for part in self.parts:
            if part not in suite.parts:
                raise UnknownNameError(f"part of suite {suite.name!r}:", part, suite.parts)
        device = device_type(self.device)
        out = self.out or Path("runs") / f"{suite.name}@{suite.version}" / chosen
        return RunRequest(
            suite=suite,
            fidelity=chosen,
            parts=self.parts or None,
            directory=RunDirectory(out),
            reused=tuple(reusable(path) for path in self.reused),
            locations=locations,
            device_type=device,
            precision=self.precision,
            compiled=self.compiled,
            replicates=self.replicates,
            plugins=self.plugins,
            pins=tuple(read_manifest(path) for path in self.manifests),
            workers=self.workers or default_workers(device),
        )


def suite_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is run, where, and what of it is known elsewhere.

    The command gets them as one first argument, ``SuiteOptions``.
    """

    @wraps(command)
    def gathered(**given: Any) -> Any:
        own = {field.name: given.pop(field.name) for field in fields(SuiteOptions)}
        return command(SuiteOptions(**own), **given)

    for option in reversed(_OPTIONS):
        option(gathered)
    return gathered
