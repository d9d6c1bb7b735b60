"""Where data is looked for, and where what was prepared once is kept."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from imbnas.error_texts import shortened
from imbnas.errors import InputError

_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".tar.xz", ".tar.bz2", ".zip")


def _default_cache(environ: Mapping[str, str]) -> Path:
    if environ.get("IMBNAS_CACHE"):
        return Path(environ["IMBNAS_CACHE"])
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]) / "imbnas"
    try:
        return Path.home() / ".cache" / "imbnas"
    except RuntimeError:
        # Containers often run as a user without a home; what a cache holds is checked anyway.
        return Path(tempfile.gettempdir()) / f"imbnas-cache-{os.getuid()}"


def _folder(text: Path | str, what: str) -> Path:
    """A folder that users name, where ``~`` stands for their home.

    Raises:
        InputError: there is none.
    """
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise InputError(
            f"{what}: no home folder for the ~ in it; write the path in full"
        ) from None
    _check_folder(what, folder)
    return folder


@dataclass(frozen=True)
class DataLocations:
    """Everything that says where data lies. It is never part of a unit's identity.

    Attributes:
        root: folder with one sub-folder or the published files of each dataset; ``None`` if not
            given.
        paths: (dataset name, path) pairs that were given by name.
        offline: whether downloads are forbidden.
        cache: folder for decoded images and downloads.
    """

    root: Path | None
    paths: tuple[tuple[str, Path], ...]
    offline: bool
    cache: Path

    @classmethod
    def from_options(
        cls,
        data_root: Path | str | None = None,
        datasets: Iterable[str] = (),
        offline: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> "DataLocations":
        """Combine command-line options with ``IMBNAS_DATA``, ``IMBNAS_CACHE``, ``XDG_CACHE_HOME``.

        Args:
            data_root: ``--data-root``; the environment's ``IMBNAS_DATA`` where ``None``.
            datasets: ``--dataset`` values, ``NAME=PATH`` each.
            offline: ``--offline``.
            environ: environment variables; the process's own where ``None``.

        Raises:
            InputError: a value is not ``NAME=PATH``, repeats a name, or a path does not exist.
        """
        environ = os.environ if environ is None else environ
        option = "--data-root" if data_root is not None else "IMBNAS_DATA"
        given = data_root if data_root is not None else environ.get("IMBNAS_DATA") or None
        root = None if given is None else _folder(given, f"{option} {given}")
        paths: dict[str, Path] = {}
        for text in datasets:
            name, equals, path = text.partition("=")
            if not (name and equals and path):
                raise InputError(f"--dataset {text!r}: write NAME=PATH")
            if name in paths:
                raise InputError(f"--dataset {text!r}: {name!r} is given twice; give it once")
            paths[name] = _folder(path, f"--dataset {name}={path}")
        return cls(root, tuple(sorted(paths.items())), offline, _default_cache(environ))

    def resolved(self) -> "DataLocations":
        """The same with absolute paths, for processes that are started elsewhere."""
        return replace(
            self,
            root=self.root and self.root.resolve(),
            paths=tuple((name, path.resolve()) for name, path in self.paths),
        )

    def named(self, name: str) -> Path | None:
        """The path given for a dataset by name, if any."""
        return dict(self.paths).get(name)

    def candidates(self, name: str) -> tuple[Path, ...]:
        """Folders to look for a dataset in: only the one given by name, else those of the root.

        Args:
            name: of the dataset; its own folder under the root is looked at before the root.
        """
        given = self.named(name)
        if given is not None:
            return (given,)
        return () if self.root is None else (self.root / name, self.root)

    def image_folder(self, name: str) -> Path | None:
        """The image folder of a dataset: as given by name, else under the root if it is there."""
        given = self.named(name)
        if given is not None or self.root is None:
            return given
        return self.root / name if (self.root / name).is_dir() else None

    def packed(self, name: str, others: Iterable[str] = ()) -> str | None:
        """How to unpack an archive that lies where a dataset's files are looked for, if any does.

        Args:
            name: of the dataset.
            others: how archives of it are called besides, without their suffix.
        """
        wanted = {f"{stem}{suffix}".lower() for stem in (name, *others) for suffix in _ARCHIVES}
        for folder in self.candidates(name):
            try:
                found = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
            except OSError:
                continue
            archive = next((folder / each for each in found if each.lower() in wanted), None)
            if archive is not None:
                command = (
                    f"unzip {archive} -d {folder}"
                    if archive.suffix.lower() == ".zip"
                    else f"tar xf {archive} -C {folder}"
                )
                return f"unpack {archive} first ({command})"
        return None

    @property
    def pretrained(self) -> Path | None:
        """Folder of pretrained weights, ``DATA_ROOT/pretrained``; ``None`` without a root."""
        return None if self.root is None else self.root / "pretrained"

    def downloads(self, name: str) -> Path:
        """Where a dataset is downloaded to."""
        return self.cache / "downloads" / name


def _check_folder(what: str, path: Path) -> None:
    """Refuse what is no folder, may not be entered, or has a name that no text can hold.

    Raises:
        InputError: opens with ``what``.
    """
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise InputError(f"{shortened(what)}: the name is not UTF-8; rename the folder") from None
    try:
        if not path.is_dir():
            raise InputError(f"{what}: {_not_a_folder(path)}")
        os.scandir(path).close()
    except InputError:
        raise
    except PermissionError:
        raise InputError(
            f"{what}: may not be read; give read permission, and permission to enter it"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{what}: {reason}; give an existing folder") from None


def _not_a_folder(path: Path) -> str:
    if path.is_file():
        return "is a file, not a folder; unpack the archive and give the folder"
    if path.is_symlink():
        return "is a link that leads nowhere; restore what it leads to"
    return "no such folder; give an existing one"
