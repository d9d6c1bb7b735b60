"""How Sphinx makes the site of the pages in this folder: ``tox -e docs``."""

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
# The checkout's own imbnas is documented, without being installed.
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

from generators import commands, contents, fields, library

import imbnas

project = "imbnas"
author = "The imbnas maintainers"
version = release = imbnas.__version__
project_copyright = "The imbnas maintainers, MIT licence"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}

# Anchors of headings, as forges make them.
myst_heading_anchors = 4

html_theme = "furo"
html_title = "imbnas"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
# A summary is read from the page that was found, which a browser refuses for files of its own disk.
html_show_search_summary = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {"top_of_page_buttons": []}

GENERATED = re.compile(r"^<!-- generated: (?P<what>[\w-]+)(?: (?P<of>[\w.:]+))? -->$", re.MULTILINE)
GENERATORS = {"commands": commands.text, "fields": fields.text, "library": library.text}


def generate(page: str, depth: int = 0) -> str:
    """Put what is generated in the place of each comment that asks for it.

    Links to files of the repository that are no pages become their paths.

    Args:
        page: its text.
        depth: folders that it lies below this one.
    """
    outside = re.compile(rf"\[([^\]]+)\]\((?:\.\./){{{depth + 1}}}([^)#\s]+)(?:#[^)\s]*)?\)")
    page = outside.sub(r"\1 (`\2`)", page)

    def made(match: re.Match[str]) -> str:
        if match["what"] == "contents":
            return contents.text(page, DOCS)
        return GENERATORS[match["what"]](*filter(None, [match["of"]]))

    return GENERATED.sub(made, page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the generators; Sphinx calls it."""

    def read(_app: Sphinx, name: str, source: list[str]) -> None:
        source[0] = generate(source[0], name.count("/"))

    app.connect("source-read", read)
    return {"parallel_read_safe": True}
