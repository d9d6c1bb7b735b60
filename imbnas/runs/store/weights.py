"""The weights that units leave for later ones, named by their hash."""

import hashlib
from pathlib import Path

from imbnas.regular_files import read_regular
from imbnas.runs.store.files import publish_linked, publish_once, replace_file
from imbnas.runs.store.records import RECORD_BYTES, DamagedFileError, Records

WEIGHTS_BYTES = 2**33


class Weights(Records):
    """Reads and publishes weights; the records that name them are part of every remedy."""

    def publish_weights(self, content: bytes) -> str:
        """Store safetensors bytes under their own hash and return it.

        What lies in their place and is something else is replaced: the record that names them
        promises that they can be read.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        if not publish_once(self.weights_path(sha256), content, self.temporary):
            self.mend_weights(content)
        return sha256

    def read_weights(self, sha256: str) -> bytes:
        """Read weights and check their hash.

        Raises:
            DamagedFileError: the file is missing or its content does not match its name.
        """
        content = self._read(sha256)
        if isinstance(content, bytes):
            return content
        remedy = self._remedy(sha256)
        raise DamagedFileError(f"{self.weights_path(sha256)}: {content}; {remedy}")

    def mend_weights(self, content: bytes) -> bool:
        """Restore stored weights to this content; returns whether they had been changed."""
        sha256 = hashlib.sha256(content).hexdigest()
        if isinstance(self._read(sha256), bytes):
            return False
        path = self.weights_path(sha256)
        if path.is_dir() and not path.is_symlink():
            self.set_aside(path, "weights")
        replace_file(path, content, self.temporary)
        return True

    def take_weights(self, source: "Weights", sha256: str) -> None:
        """Take weights over from another directory, unless they are here.

        They share the place on the disk where the file systems allow it. A link is never taken,
        only what it leads to.

        Raises:
            DamagedFileError: they are missing there, or damaged.
        """
        if isinstance(self._read(sha256), bytes):
            return
        content = source.read_weights(sha256)
        shared = publish_linked(
            source.weights_path(sha256),
            self.weights_path(sha256),
            self.temporary,
            lambda draft: _has_hash(draft, sha256),
        )
        if not shared:
            self.publish_weights(content)

    def _read(self, sha256: str) -> bytes | str:
        """Weights whose hash is right, or what is wrong with them."""
        try:
            content = read_regular(self.weights_path(sha256), WEIGHTS_BYTES, follow=self.follow)
        except FileNotFoundError:
            return "missing weights"
        except OSError as error:
            return f"damaged weights ({error.strerror})"
        return content if hashlib.sha256(content).hexdigest() == sha256 else "damaged weights"

    def _remedy(self, sha256: str) -> str:
        named = [
            path
            for kind in ("supernet", "adapt")
            for path in sorted(entry.path for entry in self.record_files(kind))
            if self._names(Path(path), sha256)
        ]
        return f"delete {', '.join(named) or 'its record'} and run again with --retry-failed"

    def _names(self, record: Path, sha256: str) -> bool:
        try:
            return sha256.encode() in read_regular(record, RECORD_BYTES, follow=self.follow)
        except OSError:
            return False


def _has_hash(path: Path, sha256: str) -> bool:
    try:
        content = read_regular(path, WEIGHTS_BYTES)
    except OSError:
        return False
    return hashlib.sha256(content).hexdigest() == sha256
