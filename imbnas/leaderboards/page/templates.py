"""Templates of pages: every value is escaped, and made visible."""

from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from imbnas.leaderboards.page.texts import visible

_PACKAGE = "imbnas.leaderboards.page"


def environment(*packages: str) -> Environment:
    """Templates in ``assets`` of this package and of further ones."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(each, "assets") for each in (_PACKAGE, *packages)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished,
    )


def asset(name: str) -> Markup:
    """A style or script of ours; nothing of a suite or a plug-in is in it."""
    text = (files(_PACKAGE) / "assets" / name).read_text("utf-8")
    return Markup(text)  # noqa: S704  # nosec B704 # ours


def _finished(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
