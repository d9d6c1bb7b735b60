"""Resolves suites with plug-ins in a process of its own, so that this one stays without them."""

from collections.abc import Sequence

from imbnas.isolation.apart import ask_apart
from imbnas.isolation.channel import Channel
from imbnas.registry import Plugin, installed_plugins, load_plugins
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.frozen import canonical_json


def resolve_apart(request: SuiteRequest) -> ResolvedSuite:
    """Resolve a suite; code of plug-ins runs in a process that ends with the call.

    Raises:
        InputError: see ``resolve_suite``; or a plug-in cannot be loaded, or ends its process.
    """
    what = plugins_named(request.plugins)
    if not what:
        return resolve_suite(request)
    return ask_apart(
        "imbnas.suites.apart:resolve_with_plugins",
        request,
        what,
        ResolvedSuite.model_validate_json,
        "suite",
    )


def plugins_named(plugins: Sequence[Plugin]) -> str:
    """The plug-ins whose code may run, installed ones included, for messages; empty for none."""
    files = f"--plugin {', '.join(plugin.name for plugin in plugins)}"
    return files if plugins else ", ".join(installed_plugins())


def resolve_with_plugins(request: SuiteRequest, _channel: Channel) -> bytes:
    """Load a request's plug-ins and resolve it; the entry point of the process."""
    load_plugins(request.plugins)
    return canonical_json(resolve_suite(request)).encode()
