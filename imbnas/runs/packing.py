"""Packs a run into the archive of a board."""

from collections.abc import Iterable

from imbnas.errors import InputError
from imbnas.runs.queue.queue import Queue
from imbnas.runs.store.archive import Archive, pack
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion
from imbnas.units.frozen import canonical_json
from imbnas.units.metrics import SupernetMetrics
from imbnas.units.unit import UNIT_KINDS, Unit


def check_complete(directory: RunDirectory) -> None:
    """Make sure that every unit of a run is done.

    Raises:
        InputError: some are not; says how many, and how many of them have failed.
    """
    progress = Queue(Expansion(directory.read_suite()).plan(), directory).progress()
    if progress.done < progress.total:
        raise InputError(
            f"{directory.path}: {progress.done} of {progress.total} units are done "
            f"({progress.failed} failed, {progress.blocked} wait for failed ones); do the rest, or "
            "publish with --incomplete, which the board then says"
        )


def packed_run(directory: RunDirectory) -> bytes:
    """The archive of a run.

    It holds the suite, every sound record and failure of its units, manifests that the run is
    pinned to, its plug-ins, and the weights of source supernets. Weights that strategies made of
    them are left out: few units need them, and they can be made again.

    Raises:
        InputError: a record is damaged.
        DamagedFileError: weights are missing or damaged.
    """
    queue = Queue(Expansion(directory.read_suite()).plan(), directory)
    states = queue.states()
    units = queue.units.values()
    records: dict[str, dict[str, bytes]] = {kind: {} for kind in UNIT_KINDS}
    files: dict[str, bytes] = {}
    for unit in units:
        if unit.identity in states.done:
            record = directory.read_record(unit.kind, unit.identity)
            records[unit.kind][unit.identity] = directory.record_content(unit.kind, unit.identity)
            if isinstance(record.metrics, SupernetMetrics):
                sha256 = record.metrics.weights_sha256
                files[f"weights/{sha256}.safetensors"] = directory.read_weights(sha256)
    return pack(
        Archive(
            directory.suite_content(),
            {kind: held for kind, held in records.items() if held},
            _failures(directory, units, states.failed),
            {**files, **_further_files(directory)},
        )
    )


def _failures(directory: RunDirectory, units: Iterable[Unit], failed: set[str]) -> dict[str, bytes]:
    identities = (unit.identity for unit in units if unit.identity in failed)
    return {identity: directory.failure_content(identity) for identity in identities}


def _further_files(directory: RunDirectory) -> dict[str, bytes]:
    """Manifests and plug-ins, which a repetition of the run needs."""
    manifests = {f"manifests/{m.sha256}.json": canonical_json(m) for m in directory.pins()}
    plugins = directory.read_plugins(directory.read_suite().plugins)
    return {
        **{name: text.encode() for name, text in manifests.items()},
        **{f"plugins/{plugin.name}": plugin.text for plugin in plugins},
    }
