"""Which imbnas does a run: its workers, wherever they are started, must all be of that one."""

import hashlib
from functools import cache
from pathlib import Path

from imbnas.errors import ImbnasError
from imbnas.regular_files import read_regular
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.files import replace_file
from imbnas.units.frozen import FrozenModel
from imbnas.units.sealing import read_sealed, seal
from imbnas.version import __version__

_FILE_BYTES = 2**16
_PACKAGE = Path(__file__).parents[1]


class OtherInstallationError(ImbnasError):
    """A worker is of another version or source of imbnas than its run."""


class Installation(FrozenModel):
    """An imbnas.

    Attributes:
        version: of the package.
        sources: sha256 over names and contents of its Python files.
    """

    version: str
    sources: str

    def __str__(self) -> str:
        """In a message."""
        return f"{self.version} (sources {self.sources[:12]})"


@cache
def own_installation() -> Installation:
    """The one that this process runs, as its files are when this is first asked."""
    return Installation(version=__version__, sources=sources_sha256(_PACKAGE))


def sources_sha256(package: Path) -> str:
    """Hash of the Python files of a package, wherever it lies; hidden files are passed over."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        inner = path.relative_to(package)
        if not any(part.startswith(".") for part in inner.parts):
            content = path.read_bytes()
            digest.update(f"{inner.as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def store_installation(directory: RunDirectory) -> None:
    """Bind the workers of a run to this imbnas from now on."""
    content = seal(own_installation())
    path = directory.installation_file
    try:
        held = read_regular(path, _FILE_BYTES)
    except OSError:
        held = None
    if held != content:
        if path.is_dir() and not path.is_symlink():
            directory.set_aside(path, "installation")
        replace_file(path, content, directory.temporary)


def check_installation(directory: RunDirectory) -> None:
    """Make sure that this process is of the imbnas that the run was last started with.

    Runs of older versions do not say which one that is.

    Raises:
        OtherInstallationError: it is not.
    """
    path = directory.installation_file
    try:
        held, _ = read_sealed(Installation, read_regular(path, _FILE_BYTES))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise OtherInstallationError(
            f"{path}: it does not say which imbnas the run is done with ({_fault(error)}); give "
            "the `run` command of the run again"
        ) from None
    if held != own_installation():
        raise OtherInstallationError(
            f"imbnas {own_installation()} in {_PACKAGE} is not the imbnas {held} that "
            f"{directory.path} was last started with; start workers with that one, or give the "
            "`run` command of the run again"
        )


def _fault(error: OSError | ValueError) -> str:
    return str(error.strerror) if isinstance(error, OSError) else "damaged"
