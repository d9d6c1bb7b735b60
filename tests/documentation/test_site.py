"""The site is built without a warning, and works in a browser from a disk."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pages import DOCS

pytest.importorskip("furo", reason="the extra docs is not installed")
pytest.importorskip("griffe", reason="the extra docs is not installed")

PHONE, DESK = (390, 844), (1280, 900)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the checkout's pages."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-q"]
    done = subprocess.run(
        [*command, "-b", "html", "-d", out / ".doctrees", DOCS, out / "html"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> Iterator[object]:
    """A page of a browser, and what its console says."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on the PATH; on Debian: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


def names(site: Path) -> list[str]:
    found = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(str(path) for path in found if path.stem not in ("genindex", "search"))


def test_every_page_is_there_and_nothing_asks_for_more_than_the_folder(site: Path) -> None:
    written = {str(path.relative_to(DOCS).with_suffix(".html")) for path in DOCS.rglob("*.md")}
    assert set(names(site)) == written
    for name in names(site):
        text = (site / name).read_text()
        loaded = re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"([^\"]+)\"", text)
        assert not [each for each in loaded if each.startswith(("http:", "https:", "//"))], name
        assert "generated:" not in text, name


def test_the_reference_holds_what_the_code_offers(site: Path) -> None:
    import imbnas
    from imbnas.cli.main import COMMANDS
    from imbnas.units.recipes import Recipe

    library = (site / "reference" / "library.html").read_text()
    for name in dir(imbnas):
        assert name.startswith("_") or f'id="{name.lower().replace("_", "-")}"' in library, name
    lines = (site / "reference" / "command-line.html").read_text()
    assert all(f"imbnas-bench {name}" in lines for name in COMMANDS)
    suites = (site / "reference" / "suites.html").read_text()
    assert all(f">{field}</span>" in suites for field in Recipe.model_fields)


def test_every_field_has_a_meaning(site: Path) -> None:
    for name in ("suites", "files"):
        text = (site / "reference" / f"{name}.html").read_text()
        rows = re.findall(r"<tr[^>]*>(.*?)</tr>", text, re.DOTALL)
        cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
        assert not [row[0] for row in cells if len(row) == 4 and not row[3].strip()]


SOME = ("index", "reference/library", "reference/tables", "tutorials/your-strategy")


@pytest.mark.parametrize(
    ("size", "scheme", "some"),
    [(PHONE, "light", None), (PHONE, "dark", SOME), (DESK, "light", SOME), (DESK, "dark", SOME)],
    ids=["phone", "phone-dark", "desk", "desk-dark"],
)
def test_pages_fit_and_say_nothing_on_the_console(site: Path, pages, size, scheme, some) -> None:
    context = pages.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in [f"{each}.html" for each in some] if some else names(site):
        page.goto((site / name).as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0], (name, wide)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        dark = sum(map(int, re.findall(r"\d+", ground)[:3])) < 3 * 128
        assert dark == (scheme == "dark"), (name, ground)
    assert said == []
    context.close()


def test_the_search_finds_a_page_without_a_server(site: Path, pages) -> None:
    page = pages.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((site / "index.html").as_uri())
    page.fill("input[name=q]", "noise ceiling")
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("#search-results li a")
    found = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    assert any(url.split("?")[0].endswith("explanations/noise-ceilings.html") for url in found)
    assert said == []
    page.close()
