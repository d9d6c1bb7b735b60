"""Binds a run directory to a suite, before anything is computed."""

from collections.abc import Iterable
from dataclasses import replace

from imbnas.data.manifests import Manifest
from imbnas.runs.installation import store_installation
from imbnas.runs.queue.unit_filter import UnitFilter
from imbnas.runs.request import RunRequest
from imbnas.runs.store.asked import Asked, keep_asked
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import publish_once, replace_file
from imbnas.suites.apart import resolve_apart
from imbnas.suites.expand import Expansion
from imbnas.suites.resolve import plugins_by_name
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
    resolved = resolve_apart(as_held(request))
    if request.only:
        UnitFilter(request.only).of(Expansion(resolved).plan(request.parts).units)
    bound = directory.store_suite(resolved)
    store_installation(directory)
    for manifest in held_pins(directory, request.pins):
        path = directory.manifests / f"{manifest.sha256}.json"
        publish_once(path, canonical_json(manifest).encode(), directory.temporary)
    for name, plugin in plugins_by_name(request.plugins).items():
        replace_file(directory.plugins / name, plugin.text, directory.temporary)
    keep_asked(directory, Asked(parts=request.parts, only=request.only))
    return bound


def as_held(request: RunRequest) -> RunRequest:
    """A request with the replicates and manifests that a started run holds, where it names none."""
    directory, replicates, first = request.directory, request.replicates, request.first_replicate
    if directory.exists():
        held = directory.read_suite()
        replicates = replicates or held.replicates
        first = held.first_replicate if first is None else first
    pins = held_pins(directory, request.pins)
    return replace(request, replicates=replicates, first_replicate=first, pins=pins)


def held_pins(directory: RunDirectory, pins: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """The manifests that a run is pinned to: those given, and those of earlier runs there."""
    held = {manifest.sha256: manifest for manifest in (*directory.pins(), *pins)}
    return tuple(held.values())
