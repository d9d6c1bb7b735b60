"""What the explanations compute is what they show."""

from pathlib import Path

import pytest

from .pages import DOCS, blocks, outputs

PAGES = sorted((DOCS / "explanations").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_prints_what_stands_below_it(page: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = None
    for language, code in blocks(page):
        if language == "python":
            printed = outputs(code, names)
        elif printed is not None:
            assert (language, code) == ("text", printed)
            printed = None
    assert not printed, "what is printed is not shown"
