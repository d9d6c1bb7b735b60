"""A published run: what its archive holds, read as a run directory is."""

import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from imbnas.data.manifests import Manifest, parse_manifest
from imbnas.runs.store.archive import Archive, Bounds, unpack
from imbnas.runs.store.directory import RunDirectory


class ArchivedRun(RunDirectory):
    """The run in an archive, held in memory and never written to.

    Paths in messages lead through the archive as if it were a folder. Tables, page and pictures go
    to one folder.

    Args:
        path: of the archive.
        out: the folder; that of the archive by default.
        bounds: see ``unpack``.

    Raises:
        InputError: it is no archive, or a damaged one.
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path, out: Path | None = None, bounds: Bounds | None = None) -> None:
        super().__init__(path, out=out or path.parent)
        self.archive: Archive = unpack(path, bounds)
        self.faults = tuple(f"{path}: {fault}" for fault in self.archive.faults)

    def exists(self) -> bool:
        """An archive is that of a run."""
        return True

    def suite_content(self) -> bytes:
        """See ``RunDirectory``."""
        return self.archive.suite

    def record_content(self, kind: str, identity: str) -> bytes:
        """See ``RunDirectory``."""
        return _held(self.archive.records.get(kind, {}), identity, self.record_path(kind, identity))

    def record_contents(self, kind: str) -> Iterator[tuple[str, bytes | OSError]]:
        """See ``RunDirectory``."""
        for identity, content in sorted(self.archive.records.get(kind, {}).items()):
            yield str(self.record_path(kind, identity)), content

    def finished_of(self, kind: str) -> Iterator[str]:
        """See ``RunDirectory``."""
        return iter(self.archive.records.get(kind, {}))

    def record_files(self, kind: str) -> Iterator[os.DirEntry[str]]:
        """None: records are no files of their own."""
        return iter(())

    def failure_content(self, identity: str) -> bytes:
        """See ``RunDirectory``."""
        return _held(self.archive.failures, identity, self.failure_path(identity))

    def failed(self) -> set[str]:
        """See ``RunDirectory``."""
        return set(self.archive.failures)

    def has_weights(self, sha256: str) -> bool:
        """See ``RunDirectory``."""
        return f"weights/{sha256}.safetensors" in self.archive.files

    def weights_content(self, sha256: str) -> bytes:
        """See ``RunDirectory``."""
        path = self.weights_path(sha256)
        return _held(self.archive.files, f"weights/{path.name}", path)

    def plugin_content(self, name: str) -> bytes:
        """See ``RunDirectory``."""
        return _held(self.archive.files, f"plugins/{name}", self.plugins / name)

    def pins(self) -> list[Manifest]:
        """See ``RunDirectory``."""
        held = sorted(self.archive.files.items())
        return [
            parse_manifest(content, self.path / name)
            for name, content in held
            if name.startswith("manifests/")
        ]

    def _version(self) -> tuple[int, ...]:
        return ()


def _held(contents: Mapping[str, bytes], name: str, path: Path) -> bytes:
    """A content, with the error of a missing file where it is not there."""
    try:
        return contents[name]
    except KeyError:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from None
