"""Binds a run directory to a suite, before anything is computed."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Manifest
from imbnas.errors import InputError
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import publish_once, replace_file
from imbnas.suites.resolve import Resolver
from imbnas.suites.resolved import PluginFile, ResolvedSuite
from imbnas.suites.schema import SuiteFile
from imbnas.units.frozen import canonical_json
from imbnas.units.unit import DeviceType, Precision


def bind_run(
    directory: RunDirectory,
    suite: SuiteFile,
    fidelity: str,
    locations: DataLocations,
    device_type: DeviceType,
    replicates: int | None,
    plugins: Sequence[Path],
    pins: Sequence[Manifest] = (),
    check: Callable[[ResolvedSuite], object] | None = None,
    precision: Precision = "float32",
    compiled: bool = False,
) -> ResolvedSuite:
    """Resolve a suite and bind the directory to it.

    Args:
        directory: new, or of an earlier run of the same suite and fidelity.
        suite: as read.
        fidelity: one of the suite's.
        locations: where data lies.
        device_type: where networks will run.
        replicates: at least as many as the directory holds; ``None`` keeps those that it holds,
            or takes the fidelity's number.
        plugins: plug-in files already loaded; they are copied into the directory, so that
            workers elsewhere load the same text.
        pins: exported manifests that take the place of what their conditions would resolve to;
            they are copied into the directory, too, and hold for later runs there.
        check: called before anything is written; what it raises leaves the directory alone.
        precision: of forward passes.
        compiled: see ``Resolver``.

    Raises:
        InputError: a name is unknown or data is missing.
        RefusedDirectoryError: the directory belongs to something else; nothing is changed.
    """
    texts = _texts(plugins)
    held = held_pins(directory, pins)
    if replicates is None:
        replicates = held_replicates(directory)
    resolved = resolve_suite(
        suite, fidelity, locations, device_type, replicates, plugins, held, precision, compiled
    )
    if check is not None:
        check(resolved)
    bound = directory.store_suite(resolved)
    for manifest in held:
        path = directory.manifests / f"{manifest.sha256}.json"
        publish_once(path, canonical_json(manifest).encode(), directory.temporary)
    for name, text in texts.items():
        replace_file(directory.plugins / name, text, directory.temporary)
    return bound


def resolve_suite(
    suite: SuiteFile,
    fidelity: str,
    locations: DataLocations,
    device_type: DeviceType,
    replicates: int | None,
    plugins: Sequence[Path],
    pins: tuple[Manifest, ...],
    precision: Precision = "float32",
    compiled: bool = False,
) -> ResolvedSuite:
    """Resolve a suite and write nothing; arguments are those of ``bind_run``.

    Raises:
        InputError: a name is unknown or data is missing.
    """
    return Resolver(
        suite=suite,
        fidelity=fidelity,
        locations=locations,
        replicates=replicates,
        device_type=device_type,
        precision=precision,
        compiled=compiled,
        pins=pins,
        plugins=tuple(
            PluginFile(name=name, sha256=hashlib.sha256(text).hexdigest())
            for name, text in _texts(plugins).items()
        ),
    ).resolve()


def held_replicates(directory: RunDirectory) -> int | None:
    """Replicates of a run that was started; ``None`` where there is none."""
    return directory.read_suite().replicates if directory.exists() else None


def held_pins(directory: RunDirectory, pins: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """The manifests that a run is pinned to: those given, and those of earlier runs there."""
    held = {manifest.sha256: manifest for manifest in (*directory.pins(), *pins)}
    return tuple(held.values())


def _texts(plugins: Sequence[Path]) -> dict[str, bytes]:
    """File name → content of each plug-in."""
    texts: dict[str, bytes] = {}
    for path in plugins:
        content = path.read_bytes()
        if texts.setdefault(path.name, content) != content:
            raise InputError(
                f"--plugin {path}: two plug-ins are called {path.name!r}, and the run keeps a copy "
                "of each by name; rename one"
            )
    return texts
