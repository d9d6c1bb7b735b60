"""The environment that workers are started in, wherever that is."""

from imbnas.execution.caps import worker_caps
from imbnas.suites.request import SuiteRequest

SINGLE_THREADED = dict.fromkeys(
    (
        "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        "TORCHINDUCTOR_COMPILE_THREADS",
    ),
    "1",
)  # fmt: skip
"""Each worker computes, and compiles, on one core."""


def worker_environment(request: SuiteRequest) -> dict[str, str]:
    """What a run adds to the environment of its workers, in place of what is there."""
    return SINGLE_THREADED | worker_caps(request.reproducible)
