"""Where everything of a run lies; file names derive from hashes only."""

from pathlib import Path


def record_name(kind: str, identity: str) -> str:
    """Path of a record within the folder of all records."""
    return f"{kind}/{identity[:2]}/{identity}.json"


class RunLayout:
    """The paths of a run directory.

    Layout: ``suite.json``, ``records/KIND/HH/HASH.json``, ``weights/HH/SHA256.safetensors``,
    ``failures/HASH.json``, ``claims/HASH.json``, ``checkpoints/HASH.N.safetensors``,
    ``quarantine/``, ``manifests/SHA256.json``, ``plugins/NAME.py``, ``tables/``, ``logs/``.

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
        self.suite_file = path / "suite.json"

    def record_path(self, kind: str, identity: str) -> Path:
        """Where the record of a unit lies, or would lie."""
        return self.path / "records" / record_name(kind, identity)

    def weights_path(self, sha256: str) -> Path:
        """Where weights with that hash lie."""
        return self.path / "weights" / sha256[:2] / f"{sha256}.safetensors"

    def failure_path(self, identity: str) -> Path:
        """Where the failure of a unit lies, or would lie."""
        return self.path / "failures" / f"{identity}.json"

    def claim_path(self, identity: str) -> Path:
        """Where the claim on a unit lies, or would lie."""
        return self.claims / f"{identity}.json"
