"""Matplotlib as it ships: what users set for their own figures has no say in those of a run."""

import logging
import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path

_FILE = "matplotlibrc"


def import_matplotlib() -> None:
    """Import it without ``MPLBACKEND`` and any ``matplotlibrc``, which may name what is not here.

    That it keeps its cache elsewhere where there is no home folder is not told, either.
    """
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return
    shipped = Path(found.origin).parent / "mpl-data" / _FILE
    # One in the working directory is read before the one that the environment names.
    place = chdir(shipped.parent) if Path(_FILE).exists() else nullcontext()
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with place, _environment(MPLBACKEND=None, MATPLOTLIBRC=str(shipped)):
            import matplotlib.figure  # noqa: F401
    finally:
        logger.setLevel(level)


@contextmanager
def _environment(**wanted: str | None) -> Iterator[None]:
    held = {name: os.environ.pop(name, None) for name in wanted}
    os.environ.update({name: value for name, value in wanted.items() if value is not None})
    try:
        yield
    finally:
        for name, value in held.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
