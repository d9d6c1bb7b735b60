"""Finds the TOML folders that ship with imbnas, and the published tables of a checkout."""

from pathlib import Path

from imbnas.file_systems import is_systems_own

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = {"suites": "benchmark/suites", "baselines": "baselines"}


def resource_folder(name: str) -> Path:
    """Return the folder of shipped TOML files: the packaged one, else the checkout's.

    Args:
        name: ``"suites"`` or ``"baselines"``.

    Raises:
        FileNotFoundError: neither folder exists, so the installation is broken.
    """
    packaged = _PACKAGE / "_resources" / name
    if packaged.is_dir():
        return packaged
    checkout = _PACKAGE.parent / _CHECKOUT[name]
    if checkout.is_dir():
        return checkout
    raise FileNotFoundError(f"imbnas is installed without its {name}; install it again")


def resource_files(name: str) -> list[Path]:
    """The shipped TOML files, sorted; what systems put beside them is none of them.

    Args:
        name: as for ``resource_folder``.
    """
    files = sorted(resource_folder(name).glob("*.toml"))
    return [path for path in files if not is_systems_own(path.name)]


def published_folder(title: str) -> Path | None:
    """The board of a suite at a fidelity: of the checkout, else of the working directory.

    Wheels have none.

    Args:
        title: ``SUITE@VERSION/FIDELITY``.
    """
    return published_folders().get(title)


def published_folders() -> dict[str, Path]:
    """Title → folder of every board of the checkout, else of the working directory."""
    roots = (root / "leaderboards" for root in (Path(), _PACKAGE.parent))
    return {
        path.relative_to(root).as_posix(): path
        for root in roots
        for path in sorted(root.glob("*/*/"))
    }
