"""The registry of executors; listing it imports nothing of a run."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

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
