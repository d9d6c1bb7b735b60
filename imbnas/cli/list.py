"""``imbnas-bench list``: what can be named in suites and on the command line."""

from importlib import import_module

import click

from imbnas.cli.options import json_option, plugin_option
from imbnas.cli.output import print_json

REGISTRIES = {
    "datasets": "imbnas.data.registry:DATASETS",
    "losses": "imbnas.losses.registry:LOSSES",
    "schemes": "imbnas.schemes.registry:SCHEMES",
    "spaces": "imbnas.spaces.registry:SPACES",
    "strategies": "imbnas.strategies.strategy:STRATEGIES",
    "searchers": "imbnas.search.searcher:SEARCHERS",
    "rankers": "imbnas.rankers.ranker:RANKERS",
    "baselines": "imbnas.baselines:BASELINES",
    "executors": "imbnas.runs.executors.registry:EXECUTORS",
}
KINDS = (*REGISTRIES, "suites")
_SHOWN = ("name", "version", "origin", "summary")


@click.command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS))
@plugin_option
@json_option
def command(kind: str | None, as_json: bool) -> None:
    """List what can be named: datasets, strategies, rankers, executors, suites and more."""
    listed = {name: _rows(name) for name in ((kind,) if kind else KINDS)}
    if as_json:
        print_json(listed)
        return
    for name, rows in listed.items():
        click.echo(f"{name}:")
        width = max((len(row["name"]) for row in rows), default=0)
        for row in rows:
            click.echo(f"  {row['name']:<{width}}  {row['version']:<3} {row['summary']}")
            if row["origin"] != "imbnas":
                click.echo(f"  {'':<{width}}      from {row['origin']}")


def _rows(kind: str) -> list[dict[str, str]]:
    if kind == "suites":
        return _suites()
    module, _, attribute = REGISTRIES[kind].partition(":")
    registry = getattr(import_module(module), attribute)
    return [{name: getattr(entry, name) for name in _SHOWN} for entry in registry.entries()]


def _suites() -> list[dict[str, str]]:
    import tomllib

    from imbnas.suites.files import suite_files

    # What ships is valid; checking it all would take longer than everything else here.
    suites = (tomllib.loads(path.read_text(encoding="utf-8")) for path in suite_files().values())
    return [{name: {"origin": "imbnas", **suite}[name] for name in _SHOWN} for suite in suites]
