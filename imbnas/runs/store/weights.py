"""The weights that units leave for later ones, named by their hash."""

import hashlib
from pathlib import Path

from imbnas.runs.store.files import publish_once
from imbnas.runs.store.records import DamagedFileError, Records


class Weights(Records):
    """Reads and publishes weights; the records that name them are part of every remedy."""

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

    def _remedy(self, sha256: str) -> str:
        named = [
            path
            for kind in ("supernet", "adapt")
            for path in sorted(entry.path for entry in self.record_files(kind))
            if sha256.encode() in Path(path).read_bytes()
        ]
        return f"delete {', '.join(named) or 'its record'} and run again with --retry-failed"
