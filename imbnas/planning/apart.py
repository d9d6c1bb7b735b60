"""Plans runs with plug-ins in a process of its own, so that this one stays without them."""

import sys

from pydantic import TypeAdapter

from imbnas.isolation.apart import ask_apart
from imbnas.isolation.channel import Channel
from imbnas.planning.plan import Planner, RunPlan
from imbnas.registry import load_plugins
from imbnas.runs.request import RunRequest
from imbnas.suites.apart import plugins_named

_PLAN: TypeAdapter[RunPlan] = TypeAdapter(RunPlan)


def plan_apart(request: RunRequest, cores: int) -> RunPlan:
    """Plan a run; code of plug-ins runs in processes that end with the call.

    What is being done is told on standard error.

    Raises:
        InputError: see ``Planner.plan``; or a plug-in cannot be loaded, or ends its process.
        ImbnasError: a shortened unit fails.
    """
    what = plugins_named(request.plugins)
    if not what:
        return Planner(request, cores, _tell).plan(request.fidelity)
    return ask_apart(
        "imbnas.planning.apart:plan_with_plugins",
        (request, cores),
        what,
        _PLAN.validate_json,
        "plan",
    )


def plan_with_plugins(given: tuple[RunRequest, int], _channel: Channel) -> bytes:
    """Load a request's plug-ins and plan it; the entry point of the process."""
    request, cores = given
    load_plugins(request.plugins)
    return _PLAN.dump_json(Planner(request, cores, _tell).plan(request.fidelity))


def _tell(line: str) -> None:
    sys.stderr.write(f"plan: {line}\n")
