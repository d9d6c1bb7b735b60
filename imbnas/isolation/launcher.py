"""Runs a module in a new process, by the imbnas that this file belongs to.

Started as a file, ``python LAUNCHER MODULE ARGUMENTS``, it imports nothing from the working
directory: no file that has the name of a library, and no other imbnas. What ``PYTHONPATH`` names
stays on the path; an empty entry of it, which a trailing colon leaves, means the working directory
and is taken out.
"""

import os
import sys
from typing import NoReturn

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
_NAME = "imbnas"
_SAFE = "PYTHONSAFEPATH"
_AS_OF_PYTHON = ("-u", "-m")
"""What those put before a module who take the launcher for an interpreter."""


def launched(module: str) -> list[str]:
    """The beginning of a command that runs a module; its arguments follow.

    Args:
        module: its full name.
    """
    return [*launching(), module]


def launching(*options: str) -> list[str]:
    """The same without the module, for whoever adds ``MODULE`` or ``-m MODULE``.

    Args:
        options: of the interpreter.
    """
    return [sys.executable, *options, os.path.abspath(__file__)]  # noqa: PTH100


def is_launched() -> bool:
    """Whether this process was started so that it imports nothing from there."""
    return os.environ.get(_SAFE) == "1"


def start_again(module: str) -> NoReturn:
    """Become a process that runs a module with the same arguments, started as above."""
    os.execv(sys.executable, [*launched(module), *sys.argv[1:]])  # noqa: S606  # nosec B606


def main() -> None:
    """Entry point."""
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder of this file
    _leave_working_directory_out()
    _use_this_package()
    import runpy

    from imbnas.isolation.streams import open_standard_streams

    open_standard_streams()
    del sys.argv[0]
    while sys.argv[0] in _AS_OF_PYTHON:
        del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def safe_path() -> dict[str, str]:
    """What keeps the working directory off the path of every Python that is started.

    For the environment of processes; empty entries of ``PYTHONPATH`` are taken out, too.
    """
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    named = [entry for entry in entries if entry]
    safe = {_SAFE: "1"}
    return safe if len(named) == len(entries) else safe | {"PYTHONPATH": os.pathsep.join(named)}


def _leave_working_directory_out() -> None:
    """Before anything is imported that the interpreter has not imported itself."""
    given = os.environ.get("PYTHONPATH")
    os.environ.update(safe_path())  # for processes that are started from here
    named = os.environ.get("PYTHONPATH", "")
    if not given or given == named:
        return
    try:
        here = os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return
    if here not in map(os.path.abspath, filter(None, named.split(os.pathsep))):
        sys.path[:] = [entry for entry in sys.path if entry != here]


def _use_this_package() -> None:
    from importlib.util import module_from_spec, spec_from_file_location

    start = os.path.join(_PACKAGE, "__init__.py")  # noqa: PTH118
    spec = spec_from_file_location(_NAME, start, submodule_search_locations=[_PACKAGE])
    if spec is None or spec.loader is None:
        raise ImportError(start)
    sys.modules[_NAME] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[_NAME])
    root = os.path.dirname(_PACKAGE)  # noqa: PTH120
    if root not in sys.path:
        sys.path.append(root)  # behind all that has a name of its own


if __name__ == "__main__":
    main()
