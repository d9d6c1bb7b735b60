"""What is told of a name or a column where it is pointed at; all of it stands elsewhere."""

import inspect
import re
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from imbnas.leaderboards.page.texts import visible
from imbnas.leaderboards.tables.glossary import column_text
from imbnas.leaderboards.tables.shared.regrets import REFERENCES
from imbnas.rankers.registry import RANKERS
from imbnas.registry import BUILT_IN, Registry
from imbnas.schemes.registry import SCHEMES
from imbnas.search.registry import SEARCHERS
from imbnas.strategies.registry import STRATEGIES

_REGISTRIES: tuple[Registry[Any], ...] = (STRATEGIES, SCHEMES, RANKERS, SEARCHERS)
_WORDS = {
    "tau-b": ("rank_correlation", "tau_b"),
    "noise ceiling": ("rank_correlation", "noise_ceiling"),
    "ceiling": ("rank_correlation", "noise_ceiling"),
    "regret": ("adaptation", "regret"),
    "replicates": ("rank_correlation", "n_replicates"),
    "class order": ("rank_correlation", "class_orders"),
    "inconclusive": ("rank_correlation", "verdict"),
    "params": ("baselines", "params"),
    "macs": ("baselines", "macs"),
}
"""Word of a sentence → table and column that explain it."""


@cache
def names() -> dict[str, str]:
    """Names of what imbnas brings along, and of references, with what they are.

    Plug-ins are not among them: a page is the same whether they are loaded or not.
    """
    entries = (entry for registry in _REGISTRIES for entry in registry.entries())
    found = {entry.name: entry.summary for entry in entries if entry.origin == BUILT_IN}
    for name, scores_from in REFERENCES.items():
        found[name] = " ".join((inspect.getdoc(scores_from) or "").split())
    return found


@cache
def words() -> dict[str, str]:
    """Words and names of sentences → what they mean."""
    told = {word: column_text(*place) for word, place in _WORDS.items()}
    # Searchers are called by words of any sentence, such as random.
    named = {name: text for name, text in names().items() if name not in SEARCHERS}
    return named | told


def tip_of_name(text: str) -> str:
    """What a cell's name is, whatever its options; empty for what is no name."""
    return names().get(text.partition("(")[0].partition(" ")[0], "")


def explained(text: str) -> Markup:
    """A sentence whose known words can be pointed at; all of it is escaped.

    None of the words is broken across lines.
    """
    parts = _pattern().split(visible(text))
    return Markup("").join(
        Markup('<span class="term" tabindex="0" data-tip="{}">{}</span>').format(
            words()[part], part
        )
        if part in words()
        else escape(part)
        for part in parts
    )


@cache
def _pattern() -> "re.Pattern[str]":
    known = "|".join(re.escape(word) for word in sorted(words(), key=len, reverse=True))
    return re.compile(rf"(?<![\w@:.=-])({known})(?![\w@:=-])")
