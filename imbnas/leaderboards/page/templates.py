"""Templates of pages: every value is escaped, and made visible."""

import re
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from imbnas.leaderboards.charts.palette import variables
from imbnas.leaderboards.page.texts import visible

_PACKAGE = "imbnas.leaderboards.page"
_PARTS = re.compile(r"(?<=[:(=,_|+])(?=\w)")


def environment(*packages: str) -> Environment:
    """Templates in ``assets`` of this package and of further ones."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(each, "assets") for each in (_PACKAGE, *packages)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished,
    )
    made.filters["breakable"] = breakable
    return made


def breakable(text: str) -> Markup:
    """The text, escaped and visible, that may be broken behind the signs that names are made of."""
    return Markup("<wbr>").join(escape(part) for part in _PARTS.split(visible(text)))


def asset(name: str) -> Markup:
    """A style or script of ours; nothing of a suite or a plug-in is in it."""
    text = (files(_PACKAGE) / "assets" / name).read_text("utf-8")
    return Markup(text)  # noqa: S704  # nosec B704 # ours


def style() -> Markup:
    """The style of all pages, with the colours of charts."""
    return Markup(variables()) + asset("page.css")  # noqa: S704  # nosec B704 # ours


def _finished(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
