"""The page in a real browser: no errors, no network, sorting, filtering, hovering."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plotly.offline import get_plotlyjs

from imbnas.leaderboards.page.render import render
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.spaces.darts import genotype as darts_genotype

from ...factories import varied


class Watched:
    """A page with everything that it complained about or asked the network for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda m: self._note(m.type, m.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self.requests.append(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, path: Path) -> "Watched":
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#chart-rank-shift .points path")
        return self


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, hostile: Results) -> Path:
    """The page of the hostile suite: what holds there holds for friendlier ones."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(render(hostile, build_tables(hostile)), encoding="utf-8")
    return path


@pytest.fixture
def watched(browser: Any, address: Path) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Watched(context.new_page()).open(address)
    context.close()


def test_it_loads_without_complaints_and_without_network(watched: Watched, address: Path) -> None:
    watched.page.wait_for_timeout(300)
    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith(("data:", "blob:"))] == [
        address.as_uri()
    ]
    assert watched.page.locator("figure .main-svg").count() >= 5


def test_a_hostile_name_is_shown_as_text(watched: Watched) -> None:
    cell = watched.page.locator("#table-adaptation td", has_text="<script>alert(1)</script>")
    assert cell.first.inner_text() == "<script>alert(1)</script>"
    assert watched.page.locator("main script, main img").count() == 0
    assert watched.complaints == []


def test_hovering_a_point_names_its_architecture_and_draws_its_cell(watched: Watched) -> None:
    page = watched.page
    point = page.locator("#chart-rank-shift .points path").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#chart-rank-shift .hoverlayer .hovertext")
    name = page.locator("#cell-name").inner_text().replace("\n", "")
    hovered = page.locator("#chart-rank-shift .hoverlayer").first.text_content()
    assert name.startswith("|")
    assert name in hovered
    drawn = page.locator("#cell-graph path").count()
    assert drawn == 6 - name.count("none")
    assert page.locator("#cell-facts dt").first.inner_text() == "params"
    assert watched.complaints == []


DARTS = str(darts_genotype.KNOWN["DARTS_V2"])


@pytest.fixture(scope="module")
def other_spaces(tmp_path_factory: pytest.TempPathFactory, fabricated: Results) -> Path:
    """A page whose population is of sizes, and one of whose baselines is a DARTS genotype."""
    tables = build_tables(fabricated)
    members = tables["architectures"]
    sizes = [f"8:16:24:32:{8 * (1 + place % 8)}" for place in range(len(members))]
    networks = tables["baselines"]
    first = networks.index.isin(networks.index[:1])
    models = networks.assign(
        model=networks["model"].mask(first, DARTS), source=networks["source"].mask(first, "darts")
    )
    tables = tables | {"architectures": members.assign(architecture=sizes), "baselines": models}
    resolved = varied(fabricated.resolved, suite={"space": "nats-sss"})
    path = tmp_path_factory.mktemp("spaces") / "index.html"
    path.write_text(render(Results(resolved, fabricated.records), tables), encoding="utf-8")
    return path


def test_sizes_are_bars_and_both_darts_cells_are_graphs(browser: Any, other_spaces: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context.new_page()).open(other_spaces)
    page = watched.page
    page.locator("#table-architectures td", has_text="8:16:24:32:8").first.dispatch_event("click")
    assert page.locator("#cell-name").inner_text() == "8:16:24:32:8"
    heights = [float(bar.get_attribute("height")) for bar in page.locator("#cell-graph rect").all()]
    assert [height / heights[0] for height in heights] == pytest.approx([1, 2, 3, 4, 1])
    page.locator("#table-baselines td", has_text="Genotype").first.dispatch_event("click")
    assert page.locator("#cell-graph h3").all_inner_texts() == ["normal cell", "reduction cell"]
    assert page.locator("#cell-graph path").count() == 2 * (8 + 4)
    assert page.evaluate(CLIPPED) == []
    assert watched.complaints == []
    context.close()


CLIPPED = """() => [...document.querySelectorAll("#cell-graph svg")].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text, path")].filter((part) => {
    const box = part.getBoundingClientRect();
    return box.left < frame.left || box.right > frame.right
      || box.top < frame.top || box.bottom > frame.bottom;
  }).map((part) => part.textContent || part.getAttribute("d"));
})"""


def column(page: Any, table: str, name: str) -> list[str]:
    return page.evaluate(
        """([table, name]) => {
          const rows = [...document.getElementById(table).rows];
          const index = [...rows[0].cells].findIndex((cell) => cell.textContent.trim() === name);
          return rows.slice(1).filter((row) => !row.hidden)
            .map((row) => row.cells[index].textContent);
        }""",
        [table, name],
    )


def test_tables_sort_by_number_and_keep_gaps_at_the_end(watched: Watched) -> None:
    page, table = watched.page, "table-rank_correlation"
    for order in (1, -1):
        page.click(f"#{table} th[data-column='noise_ceiling'] button")
        values = [float(text) for text in column(page, table, "noise_ceiling")]
        assert values == sorted(values, reverse=order < 0)
        assert len(set(values)) > 2
    page.click(f".tools[data-table={table}] .more")
    page.click(f"#{table} th[data-column='p_adjusted'] button")
    gaps = [text == "" for text in column(page, table, "p_adjusted")]
    assert any(gaps)
    assert gaps == sorted(gaps)


def test_tables_filter_by_text(watched: Watched) -> None:
    page = watched.page
    page.fill("input[data-table=rank_correlation]", "params 10x")
    assert column(page, "table-rank_correlation", "x") == ["params"]
    page.fill("input[data-table=rank_correlation]", "")
    assert len(column(page, "table-rank_correlation", "x")) == 5


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory, fabricated: Results) -> Path:
    """A page beside a chart library, with one verified and one unverified row of others."""
    tables = build_tables(fabricated)
    table = tables["adaptation"].assign(origin=None, verified=None)
    table.loc[table["strategy"].isin(["p0", "p1"]), "origin"] = "submitted"
    table.loc[table["strategy"].eq("p0"), "verified"] = "5% by 0.1.0"
    table.loc[table["strategy"].eq("p0"), "adapt_macs"] = 0
    folder = tmp_path_factory.mktemp("boards")
    path = folder / "s@1" / "f" / "index.html"
    path.parent.mkdir(parents=True)
    (folder / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    page = render(fabricated, tables | {"adaptation": table}, library="../../plotly.min.js")
    path.write_text(page, encoding="utf-8")
    return path


def test_adaptation_is_sorted_by_rank_and_filtered_by_origin_verified_and_cost(
    browser: Any, submitted: Path
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context.new_page()).open(submitted)
    page, table = watched.page, "table-adaptation"
    tools = page.locator(f".tools[data-table={table}]")
    tools.locator(".filters summary").click()

    def strategies() -> list[str]:
        return column(page, table, "strategy")

    everything = strategies()
    ranked = [text for text in column(page, table, "accuracy rank") if text]
    assert column(page, table, "accuracy rank")[: len(ranked)] == ranked
    assert page.locator(f"#{table} th[aria-sort=ascending]").inner_text().startswith("accuracy")
    assert page.locator(f"#{table} td .band").first.bounding_box()["width"] > 50
    page.click(f"#{table} th[data-column='accuracy rank'] button")
    assert strategies()[: len(ranked)] == everything[: len(ranked)][::-1]

    tools.locator("[data-fact=origin]").select_option("submitted")
    assert set(strategies()) == {"p0", "p1"}
    tools.locator("[data-fact=verified]").select_option("no")
    assert set(strategies()) == {"p1"}
    assert tools.locator(".shown").inner_text() == f"{len(strategies())} shown"
    tools.locator("[data-fact=verified]").select_option("yes")
    assert set(strategies()) == {"p0"}
    tools.locator("[data-fact=origin]").select_option("own")
    assert set(strategies()) == set(everything) - {"p0", "p1"}
    for fact in ("origin", "verified"):
        tools.locator(f"[data-fact={fact}]").select_option("")

    costs = {
        row.get_attribute("data-macs"): row for row in page.locator(f"#{table} tbody tr").all()
    }
    known = sorted(float(cost) for cost in costs if cost)
    assert len(known) > 1
    tools.locator(".most").fill(str(known[0]))
    tools.locator(".more").click()
    shown = [text.replace(",", "") for text in column(page, table, "cost (macs)")]
    assert {float(text) for text in shown} == {round(known[0])}
    tools.locator(".scale").select_option("seconds")
    tools.locator(".most").fill("0.001")
    assert strategies() == []
    tools.locator(".most").fill("")
    assert sorted(strategies()) == sorted(everything)
    assert watched.complaints == []
    context.close()


def test_verdicts_are_in_sight_and_the_rest_comes_when_asked_for(watched: Watched) -> None:
    page = watched.page
    for name, header in (("adaptation", "accuracy_vs_p0"), ("rank_correlation", "verdict")):
        table, button = (
            page.locator(f"#table-{name}"),
            page.locator(f".tools[data-table=table-{name}] .more"),
        )
        box = page.locator(f".scroll:has(#table-{name})").bounding_box()
        head = table.locator(f"th[data-column='{header}']").bounding_box()
        assert head["x"] + head["width"] <= box["x"] + box["width"]
        fewer = table.locator("th:visible").count()
        assert button.get_attribute("aria-pressed") == "false"
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        assert button.inner_text().startswith("fewer columns")
        assert table.locator("th:visible").count() > fewer
        button.click()
        assert table.locator("th:visible").count() == fewer
    assert watched.complaints == []


def test_headers_show_that_they_sort_and_tell_how(watched: Watched) -> None:
    page = watched.page
    header = page.locator("#table-rank_correlation th[data-column='tau_b']")
    mark = "e => getComputedStyle(e.querySelector('button'), '::after').content"
    assert "↕" in header.evaluate(mark)
    assert header.get_attribute("aria-sort") == "none"
    for order, arrow in (("ascending", "▲"), ("descending", "▼")):
        header.locator("button").press("Enter")
        assert header.get_attribute("aria-sort") == order
        assert arrow in header.evaluate(mark)
    sorted_by = page.locator("#table-rank_correlation th:not([aria-sort=none])")
    assert sorted_by.count() == 1


def test_words_and_columns_tell_what_they_mean_by_pointer_and_by_key(watched: Watched) -> None:
    page, tip = watched.page, watched.page.locator("#tip")
    assert not tip.is_visible()
    page.locator("#answer .term", has_text="tau-b").hover()
    assert "Kendall" in tip.inner_text()
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.locator("#table-adaptation td .term:text-is('p0')").first.focus()
    assert "nothing is trained" in tip.inner_text()
    page.locator("#table-adaptation th[data-column='cost_ratio'] button").hover()
    assert "multiply-accumulates" in tip.inner_text().lower()
    box = tip.bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 1280
    assert watched.complaints == []


PLACED = """() => [...document.querySelectorAll("#chart-cost-regret .chart")].map((panel) => {
  const box = (part) => {
    const found = part.getBoundingClientRect();
    return [found.left, found.top, found.right, found.bottom];
  };
  return {
    frame: box(panel), texts: [...panel.querySelectorAll(".annotation-text")].map(
      (text) => [text.textContent, ...box(text)]),
  };
})"""


def test_points_of_charts_have_numbers_apart_from_one_another(watched: Watched) -> None:
    watched.page.wait_for_selector("#chart-cost-regret .annotation-text")
    rows, plane = watched.page.evaluate(PLACED)
    numbers = [text for text, *_ in plane["texts"]]
    assert sorted(map(int, numbers)) == list(range(1, len(numbers) + 1))
    assert len(numbers) == len([text for text, *_ in rows["texts"] if text[:1].isdigit()])
    for (_, *one), (_, *two) in itertools.combinations(plane["texts"], 2):
        assert one[0] >= two[2] or two[0] >= one[2] or one[1] >= two[3] or two[1] >= one[3]


def luminance(colour: str) -> float:
    numbers = [float(part) for part in colour.strip("rgba()").split(",")[:3]]
    return sum(numbers) / 3


CUT = """() => {
  const wide = (box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1;
  const tables = [...document.querySelectorAll("main .scroll")];
  const cut = tables.filter(wide).map((box) => box.innerText);
  for (const panel of document.querySelectorAll(".chart")) {
    const frame = panel.getBoundingClientRect();
    for (const text of panel.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      const leaves = box.left < frame.left - 1 || box.right > frame.right + 1;
      if (box.width && leaves) cut.push(text.textContent);
    }
  }
  return cut;
}"""
"""Tables that are wider than their box, and texts of charts that leave theirs."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_light_and_dark_and_fits_a_phone(
    browser: Any, address: Path, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    watched = Watched(context.new_page()).open(address)
    page = watched.page
    paper, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert (luminance(paper) > luminance(ink)) == (scheme == "light")
    title = page.locator("#chart-rank-shift .xtitle").first
    label = title.evaluate("e => getComputedStyle(e).fill")
    assert (luminance(label) < 128) == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(CUT) == []
    assert watched.complaints == []
    context.close()
