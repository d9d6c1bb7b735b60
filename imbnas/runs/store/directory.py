"""The run directory: records, weights, failures and the resolved suite."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from imbnas.data.manifests import Manifest, read_manifest
from imbnas.errors import InputError, RefusedDirectoryError
from imbnas.runs.store.files import publish_once, replace_file
from imbnas.runs.store.records import (
    DamagedFileError,
    DamagedRecordError,
    read_record,
    read_records,
    record_files,
    record_name,
    stored_identities,
)
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.frozen import canonical_json
from imbnas.units.records import Failure, Record
from imbnas.units.unit import UNIT_KINDS, Unit
from imbnas.validation import first_fault

_LAYOUT = {
    ".tmp", "suite.json", "records", "weights", "failures", "claims", "checkpoints", "quarantine",
    "manifests", "plugins", "tables", "logs", "submitit", "workers.sbatch",
}  # fmt: skip


class RunDirectory:
    """Everything that is stored of a run; file names derive from hashes only.

    Layout: ``suite.json``, ``records/KIND/HH/HASH.json``, ``weights/HH/SHA256.safetensors``,
    ``failures/HASH.json``, ``claims/HASH.json``, ``checkpoints/HASH.N.safetensors``,
    ``quarantine/``, ``manifests/SHA256.json``, ``plugins/NAME.py``, ``tables/``.

    Args:
        path: root folder; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temporary = path / ".tmp"
        self.claims = path / "claims"
        self.checkpoints = path / "checkpoints"
        self.quarantine = path / "quarantine"
        self.plugins = path / "plugins"
        self.manifests = path / "manifests"
        self.tables = path / "tables"
        self._records = path / "records"

    @property
    def suite_file(self) -> Path:
        """Where the resolved suite lies."""
        return self.path / "suite.json"

    def exists(self) -> bool:
        """Whether a run was ever started here."""
        return self.suite_file.is_file()

    def read_suite(self) -> ResolvedSuite:
        """Read the resolved suite.

        Raises:
            InputError: there is none, or it is damaged.
        """
        try:
            return ResolvedSuite.model_validate_json(self.suite_file.read_bytes())
        except FileNotFoundError:
            raise InputError(
                f"{self.path}: not a run directory (it has no suite.json); give the --out of a run"
            ) from None
        except ValidationError as error:
            raise InputError(
                f"{self.suite_file}: damaged, or of another version of imbnas "
                f"({first_fault(error)}); restore it or use that version, "
                "or delete it and run the same command again, which keeps all records"
            ) from None

    def store_suite(self, resolved: ResolvedSuite) -> ResolvedSuite:
        """Bind the directory to a resolved suite, or extend a bound one by replicates.

        Returns:
            The suite now in force.

        Raises:
            RefusedDirectoryError: the directory holds another suite, fidelity, device or
                version, or more replicates than asked for; nothing is changed.
        """
        held = self.check_suite(resolved)
        if held is not None:
            return held
        content = canonical_json(resolved).encode()
        replace_file(self.suite_file, content, self.temporary)
        return resolved

    def check_suite(self, resolved: ResolvedSuite) -> ResolvedSuite | None:
        """Return the suite held where it is the same; nothing is changed.

        Raises:
            RefusedDirectoryError: see ``store_suite``.
        """
        if self.exists():
            held = self.read_suite()
            if canonical_json(held) == canonical_json(resolved):
                return held
            self._refuse_unless_extended(held, resolved)
        elif self._holds_other_things():
            raise RefusedDirectoryError(
                f"{self.path}: not empty and not a run directory; choose another --out"
            )
        return None

    def _holds_other_things(self) -> bool:
        # A run that was killed, or lost its disk, before suite.json was there can start again.
        return self.path.exists() and any(p.name not in _LAYOUT for p in self.path.iterdir())

    def _refuse_unless_extended(self, held: ResolvedSuite, wanted: ResolvedSuite) -> None:
        if held.title != wanted.title:
            raise RefusedDirectoryError(
                f"{self.path}: holds {held.title}, not {wanted.title}; choose another --out"
            )
        if wanted.replicates < held.replicates:
            raise RefusedDirectoryError(
                f"{self.path}: holds {held.replicates} replicates, {wanted.replicates} asked for; "
                "give at least as many, or choose another --out"
            )
        old, new = held.model_dump(mode="json"), wanted.model_dump(mode="json")
        for dump in (old, new):
            dump.pop("replicates")
            for facts in dump["conditions"].values():
                # Further replicates may follow; those held must stay what they are.
                facts["replicates"] = facts["replicates"][: held.replicates]
        # A field that holds its default may be left out.
        changed = sorted(f for f in old.keys() | new.keys() if old.get(f) != new.get(f))
        if changed:
            raise RefusedDirectoryError(
                f"{self.path}: {', '.join(changed)} of {wanted.title} changed since the run was "
                "started; choose another --out"
            )

    def pins(self) -> list[Manifest]:
        """Manifests that the run is pinned to, whatever their conditions would resolve to."""
        return [read_manifest(path) for path in sorted(self.manifests.glob("*.json"))]

    def record_path(self, kind: str, identity: str) -> Path:
        """Where the record of a unit lies, or would lie."""
        return self._records / record_name(kind, identity)

    def has_record(self, unit: Unit) -> bool:
        """Whether the unit is finished."""
        return self.record_path(unit.kind, unit.identity).exists()

    def publish_record(self, record: Record) -> bool:
        """Store a finished unit's record once; returns whether this call stored it."""
        path = self.record_path(record.unit.kind, record.identity)
        return publish_once(path, canonical_json(record).encode(), self.temporary)

    def read_record(self, kind: str, identity: str) -> Record:
        """Read one record and check that it is what its name says.

        Raises:
            FileNotFoundError: the unit is not finished.
            DamagedRecordError: the file is not that unit's record.
        """
        return read_record(self._records, kind, identity)

    def finished(self) -> set[str]:
        """Identities of all finished units, from file names alone."""
        return {identity for kind in UNIT_KINDS for identity in self.finished_of(kind)}

    def finished_of(self, kind: str) -> Iterator[str]:
        """Identities of the finished units of one kind, in no certain order."""
        return stored_identities(self._records, kind)

    def records(
        self, damaged: Callable[[DamagedRecordError], None] | None = None
    ) -> Iterator[Record]:
        """All sound records, in an order that depends on nothing but their names.

        Args:
            damaged: called for each of the others; ``None`` lets the first of them raise.

        Raises:
            DamagedRecordError: a record is damaged and nobody is to be told.
        """
        return read_records(self._records, damaged)

    def weights_path(self, sha256: str) -> Path:
        """Where weights with that hash lie."""
        return self.path / "weights" / sha256[:2] / f"{sha256}.safetensors"

    def publish_weights(self, content: bytes) -> str:
        """Store safetensors bytes under their own hash and return it."""
        sha256 = hashlib.sha256(content).hexdigest()
        publish_once(self.weights_path(sha256), content, self.temporary)
        return sha256

    def read_weights(self, sha256: str) -> bytes:
        """Read weights and check their hash.

        Raises:
            DamagedFileError: the file is missing or its content does not match its name.
        """
        path = self.weights_path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise DamagedFileError(f"{path}: missing weights; {self._remedy(sha256)}") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedFileError(
                f"{path}: damaged weights; delete the file, {self._remedy(sha256)}"
            )
        return content

    def mend_weights(self, content: bytes) -> bool:
        """Put stored weights back to this content, and tell whether they had been changed."""
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            self.read_weights(sha256)
        except DamagedFileError:
            replace_file(self.weights_path(sha256), content, self.temporary)
            return True
        return False

    def _remedy(self, sha256: str) -> str:
        named = [
            path
            for kind in ("supernet", "adapt")
            for path in sorted(entry.path for entry in record_files(self._records, kind))
            if sha256.encode() in Path(path).read_bytes()
        ]
        return f"delete {', '.join(named) or 'its record'} and run again with --retry-failed"

    def failure_path(self, identity: str) -> Path:
        """Where the failure of a unit lies, or would lie."""
        return self.path / "failures" / f"{identity}.json"

    def publish_failure(self, failure: Failure) -> None:
        """Store why a unit could not be finished."""
        content = canonical_json(failure).encode()
        publish_once(self.failure_path(failure.identity), content, self.temporary)

    def failures(self) -> dict[str, Failure]:
        """Identity → failure of every unit that failed.

        Raises:
            DamagedFileError: a file is not a failure.
        """
        found = {}
        for path in sorted((self.path / "failures").glob("*.json")):
            try:
                found[path.stem] = Failure.model_validate_json(path.read_bytes())
            except ValidationError as error:
                why = first_fault(error).message
                raise DamagedFileError(
                    f"{path}: damaged failure ({why}); delete it and run again"
                ) from None
        return found

    def failed(self) -> set[str]:
        """Identities of all failed units, from file names alone."""
        return {path.stem for path in (self.path / "failures").glob("*.json")}

    def forget_failures(self) -> None:
        """Let failed units be tried again."""
        for identity in self.failed():
            self.failure_path(identity).unlink(missing_ok=True)
