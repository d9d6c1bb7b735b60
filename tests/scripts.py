"""Imports programs of ``benchmark/``, which lie outside the package."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

BENCHMARK = Path(__file__).parents[1] / "benchmark"


@contextmanager
def imported(path: str) -> Iterator[ModuleType]:
    """The program at a path below ``benchmark/`` as a module, until the block ends."""
    name = f"benchmark_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, BENCHMARK / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[name]
