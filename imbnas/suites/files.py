"""Where the suites are that ship with imbnas."""

from pathlib import Path

from imbnas.resources import resource_files


def suite_files() -> dict[str, Path]:
    """Name → file of every suite that ships with imbnas, sorted by name."""
    return {path.stem: path for path in resource_files("suites")}
