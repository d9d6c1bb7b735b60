"""Where everything of a run lies; file names derive from hashes only."""

import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from imbnas.file_systems import remove
from imbnas.units.unit import UNIT_KINDS

_IDENTITY_FILE = re.compile(r"[0-9a-f]{64}\.json")


def record_name(kind: str, identity: str) -> str:
    """Path of a record within the folder of all records."""
    return f"{kind}/{identity[:2]}/{identity}.json"


class RunLayout:
    """The paths of a run directory.

    Layout: ``suite.json``, ``imbnas.json``, ``records/KIND/HH/HASH.json``,
    ``weights/HH/SHA256.safetensors``, ``failures/HASH.json``, ``claims/HASH.json``,
    ``checkpoints/HASH.N.safetensors``, ``quarantine/``, ``conflicts/KIND.HASH.SHA256.json``,
    ``manifests/SHA256.json``, ``plugins/NAME.py``, ``tables/``, ``logs/``,
    ``asked.json``.

    Attributes:
        tables: folder of the tables.
        shown: folder of the page and the pictures.

    Args:
        path: root folder; it need not exist yet.
        follow: whether links may stand in the place of files, as in stores of links that others
            keep. In a run of its own a link is a damaged file: it could lead anywhere.
        out: folder for tables, page and pictures in place of the run's own.
    """

    faults: tuple[str, ...] = ()
    """What could not be read of the whole, one line each."""

    def __init__(self, path: Path, *, follow: bool = False, out: Path | None = None) -> None:
        self.path = path
        self.follow = follow
        self.temporary = out or path / ".tmp"
        self.claims = path / "claims"
        self.checkpoints = path / "checkpoints"
        self.failure_files = path / "failures"
        self.quarantine = path / "quarantine"
        self.conflicts = path / "conflicts"
        self.plugins = path / "plugins"
        self.manifests = path / "manifests"
        self.tables = out or path / "tables"
        self.shown = out or path
        self.suite_file = path / "suite.json"
        self.asked_file = path / "asked.json"
        self.installation_file = path / "imbnas.json"

    def record_path(self, kind: str, identity: str) -> Path:
        """Where the record of a unit lies, or would lie."""
        return self.path / "records" / record_name(kind, identity)

    def weights_path(self, sha256: str) -> Path:
        """Where weights with that hash lie."""
        return self.path / "weights" / sha256[:2] / f"{sha256}.safetensors"

    def failure_path(self, identity: str) -> Path:
        """Where the failure of a unit lies, or would lie."""
        return self.failure_files / f"{identity}.json"

    def claim_path(self, identity: str) -> Path:
        """Where the claim on a unit lies, or would lie."""
        return self.claims / f"{identity}.json"

    def obstacles(self) -> list[Path]:
        """What lies where a folder should be, and is none."""
        records, weights = self.path / "records", self.path / "weights"
        folders = [
            self.temporary, self.claims, self.checkpoints, self.quarantine, self.plugins,
            self.manifests, self.failure_files, self.tables, self.path / "logs", records, weights,
            *(records / kind for kind in UNIT_KINDS), *records.glob("*/??"), *weights.glob("??"),
        ]  # fmt: skip
        return [path for path in folders if os.path.lexists(path) and not path.is_dir()]

    def set_aside(self, path: Path, kind: str) -> Path:
        """Move what is not what its name says to ``quarantine/``; whatever lies there is kept.

        Args:
            path: of a file, a folder, a link or anything else.
            kind: what it should have been.

        Returns:
            Where it is now.

        Raises:
            FileNotFoundError: it is gone.
        """
        self.quarantine.mkdir(exist_ok=True)
        names = (self.quarantine / f"{kind}.{path.stem}.{n}{path.suffix}" for n in count())
        # A link that leads nowhere does not ``exist``, and would be replaced.
        return path.rename(next(name for name in names if not os.path.lexists(name)))

    def discard(self, path: Path, kind: str) -> None:
        """Delete a file of the run, if it is there; what cannot be deleted is set aside."""
        try:
            remove(path)
        except IsADirectoryError:
            self.set_aside(path, kind)


def identities_in(folder: Path) -> set[str]:
    """Identities that the files ``IDENTITY.json`` of a folder are named after."""
    return {path.stem for path in identity_files(folder)}


def identity_files(folder: Path) -> Iterator[Path]:
    """What is called ``IDENTITY.json`` in a folder, whatever it is, in no certain order."""
    return (path for path in folder.glob("*.json") if names_identity(path.name))


def names_identity(name: str) -> bool:
    """Whether a file is called ``IDENTITY.json``; all else that systems and users put is not."""
    return _IDENTITY_FILE.fullmatch(name) is not None
