"""Binds a run directory to a suite, before anything is computed."""

from collections.abc import Iterable
from dataclasses import replace

from imbnas.data.manifests import Manifest
from imbnas.runs.queue.unit_filter import UnitFilter
from imbnas.runs.request import RunRequest
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import publish_once, replace_file
from imbnas.suites.expand import Expansion
from imbnas.suites.resolve import plugin_texts, resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.frozen import canonical_json


def bind_run(request: RunRequest) -> ResolvedSuite:
    """Resolve a suite and bind the run directory to it.

    The directory keeps copies of plug-ins, so that workers elsewhere load the same text, and of
    pinned manifests, which hold for later runs there, too. Without a number of replicates, those
    that it holds are kept.

    Raises:
        InputError: a name is unknown, data is missing, or ``--only`` matches no unit; nothing is
            changed.
        RefusedDirectoryError: the directory belongs to something else; nothing is changed.
    """
    directory = request.directory
    replicates = request.replicates or held_replicates(directory)
    pins = held_pins(directory, request.pins)
    resolved = resolve_suite(replace(request, replicates=replicates, pins=pins))
    if request.only:
        UnitFilter(request.only).of(Expansion(resolved).plan(request.parts).units)
    bound = directory.store_suite(resolved)
    for manifest in pins:
        path = directory.manifests / f"{manifest.sha256}.json"
        publish_once(path, canonical_json(manifest).encode(), directory.temporary)
    for name, text in plugin_texts(request.plugins).items():
        replace_file(directory.plugins / name, text, directory.temporary)
    return bound


def held_replicates(directory: RunDirectory) -> int | None:
    """Replicates of a run that was started; ``None`` where there is none."""
    return directory.read_suite().replicates if directory.exists() else None


def held_pins(directory: RunDirectory, pins: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """The manifests that a run is pinned to: those given, and those of earlier runs there."""
    held = {manifest.sha256: manifest for manifest in (*directory.pins(), *pins)}
    return tuple(held.values())
