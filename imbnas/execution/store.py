"""What execution needs of wherever results are kept."""

from typing import Protocol

from imbnas.units.records import Record


class Store(Protocol):
    """Reads what earlier units left and keeps weights that later ones read."""

    def read_record(self, kind: str, identity: str) -> Record:
        """The record of a finished unit."""

    def read_weights(self, sha256: str) -> bytes:
        """Safetensors bytes with that hash."""

    def publish_weights(self, content: bytes) -> str:
        """Keep safetensors bytes and return their hash."""
