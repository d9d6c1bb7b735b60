"""Every name of the library has an example that works, and so has the page about it."""

import doctest
import inspect
import pydoc
import re
from pathlib import Path
from types import ModuleType

import pytest

import imbnas

PAGE = Path(__file__).resolve().parents[2] / "docs" / "library.md"
NAMES = [name for name in imbnas.__all__ if name != "__version__"]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def run(examples: doctest.DocTest) -> None:
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(examples, out=told.append)
    assert result.failed == 0, "".join(told)


def examples_of(name: str) -> doctest.DocTest:
    target = getattr(imbnas, name)
    text = inspect.getdoc(target) or ""
    return doctest.DocTestParser().get_doctest(text, {}, f"imbnas.{name}", None, None)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_an_example_that_works(name: str, workplace: Path) -> None:
    examples = examples_of(name)
    assert any("imbnas" in each.source for each in examples.examples)
    run(examples)


@pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not beside the tests")
def test_the_page_works_from_top_to_bottom(workplace: Path) -> None:
    blocks = re.findall(r"^```pycon\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    assert blocks
    run(doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0))


@pytest.mark.skipif(not PAGE.exists(), reason="the documentation is not beside the tests")
def test_the_page_names_every_name() -> None:
    rows = re.findall(r"^\| `(\w+)", PAGE.read_text(), re.M)
    assert sorted(rows) == sorted(NAMES)


def test_help_lists_every_name() -> None:
    text = pydoc.plain(pydoc.render_doc(imbnas))
    described = inspect.getdoc(imbnas) or ""
    for name in NAMES:
        if isinstance(getattr(imbnas, name), ModuleType):
            assert f"    {name} (package)" in text
        else:
            assert re.search(rf"^    (class )?{name}\(", text, re.M), name
        assert f"``{name}" in described


def test_what_is_private_is_not_offered() -> None:
    assert set(dir(imbnas)) == set(imbnas.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'conditions'"):
        _ = imbnas.conditions
