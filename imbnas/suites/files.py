"""Where the suites are that ship with imbnas."""

from pathlib import Path

from imbnas.resources import resource_folder


def suite_files() -> dict[str, Path]:
    """Name → file of every suite that ships with imbnas, sorted by name."""
    return {path.stem: path for path in sorted(resource_folder("suites").glob("*.toml"))}
