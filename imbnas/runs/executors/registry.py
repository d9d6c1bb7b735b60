"""The registry of executors, and how one is made; listing it imports nothing of a run."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from imbnas.errors import InputError, UnknownNameError
from imbnas.registry import Registry, build_entry

if TYPE_CHECKING:
    from imbnas.runs.executors.executor import Executor

EXECUTORS: "Registry[Callable[..., Executor]]" = Registry(
    "executor",
    {
        "local": (
            "imbnas.runs.executors.local:LocalExecutor",
            "1",
            "worker processes on this machine",
        ),
        "ray": (
            "imbnas.runs.executors.on_ray:RayExecutor",
            "1",
            "workers as tasks of a Ray cluster, local or existing",
        ),
        "script": (
            "imbnas.runs.executors.script:ScriptExecutor",
            "1",
            "writes a plain sbatch array script and starts nothing",
        ),
        "slurm": (
            "imbnas.runs.executors.slurm:SlurmExecutor",
            "1",
            "an array of workers on SLURM, submitted and requeued by submitit",
        ),
    },
    entry_points="imbnas.executors",
)


def build_executor(name: str, options: Iterable[str] = ()) -> "Executor":
    """Make an executor from ``KEY=VALUE`` texts.

    Raises:
        UnknownNameError: no executor has that name.
        InputError: an option is unknown or out of range.
    """
    parsed = _parsed(options)
    try:
        return build_entry(EXECUTORS, name, parsed)
    except UnknownNameError:
        raise
    except InputError as error:
        raise InputError(f"--executor-option: {error}") from None


def _parsed(options: Iterable[str]) -> dict[str, str]:
    parsed: dict[str, str] = {}
    for text in options:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise InputError(f"--executor-option {text!r}: write KEY=VALUE")
        if key in parsed:
            raise InputError(f"--executor-option {text!r}: {key!r} is given twice; give it once")
        parsed[key] = value
    return parsed
