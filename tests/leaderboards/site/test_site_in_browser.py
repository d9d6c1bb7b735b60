"""The overview in a real browser: hostile names, sorting, filtering, links; no network."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from imbnas.leaderboards.site.boards import PAGE, read_boards
from imbnas.leaderboards.site.overview import address
from imbnas.leaderboards.site.site import write_site

from .conftest import SUITES


@pytest.fixture(scope="module")
def site(hostile_boards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    write_site(hostile_boards, out)
    return out


def test_it_opens_from_a_file_sorts_filters_and_leads_to_the_boards(
    browser: Any, site: Path
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((site / "index.html").as_uri())
    suites = page.locator("#table-best tbody tr td:first-child")
    assert suites.count() == 3
    before = suites.all_inner_texts()
    page.click("#table-best th[data-column='suite'] button")
    assert suites.all_inner_texts() == sorted(before, key=str.lower)
    page.click("#table-best th[data-column='suite'] button")
    assert suites.all_inner_texts() == sorted(before, key=str.lower, reverse=True)
    assert any("\\u202e" in text for text in before)
    tools = page.locator(".tools[data-table=table-best]")
    tools.locator(".filter").fill("img onerror")
    assert page.locator("#table-best tbody tr:visible").count() == 1
    tools.locator(".filters summary").click()
    tools.locator("[data-fact=origin]").select_option("submitted")
    assert page.locator("#table-best tbody tr:visible").count() == 0
    tools.locator("[data-fact=origin]").select_option("")
    tools.locator(".filter").fill("")
    assert page.locator("#table-best td .band").first.bounding_box()["width"] > 50
    assert requests == [(site / "index.html").as_uri()]
    for suite in SUITES[:3]:
        page.goto((site / "index.html").as_uri())
        number = int(suite[-1])
        page.click(f"article h3 a >> text=/@{number}\\//")
        page.wait_for_selector("#chart-rank-shift .points path")
        assert Path(page.evaluate("decodeURIComponent(location.pathname)")).parts[-3] == suite
    assert complaints == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in requests)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_it_works_as_served(browser: Any, site: Path, hostile_boards: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type != "log" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    root = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        page.goto(root)
        assert page.locator("#table-best tbody tr").count() == 3
        page.goto(root + address(read_boards(hostile_boards)[0][0], PAGE))
        page.wait_for_selector("#chart-rank-shift .points path")
    finally:
        server.shutdown()
        server.server_close()
    assert complaints == []
