"""The page as text: whole, self-contained, and inert whatever a suite calls its things."""

import base64
import csv
import io
import json
import re
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser

import pandas as pd
import pytest

from imbnas.leaderboards.charts.catalog import charts
from imbnas.leaderboards.charts.groups import chart as groups_chart
from imbnas.leaderboards.charts.palette import variables
from imbnas.leaderboards.headline import answer, reservations, tally
from imbnas.leaderboards.page.architecture_panel import contents
from imbnas.leaderboards.page.charts import figures
from imbnas.leaderboards.page.glossary import explained, tip_of_name
from imbnas.leaderboards.page.graphs import Drawing, drawing
from imbnas.leaderboards.page.grids import MAX_ROWS, grid
from imbnas.leaderboards.page.render import render, reproduction
from imbnas.leaderboards.page.templates import asset
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.leaderboards.tables.formats import to_csv, to_markdown
from imbnas.leaderboards.tables.glossary import column_text
from imbnas.units.records import Failure

from ...factories import varied, with_parts

MEGABYTE = 2**20


class Reader(HTMLParser):
    """Collects tags with their attributes, and the content of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self._in_script = True
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, content: str) -> None:
        if self._in_script:
            self.scripts[-1] += content


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def tables(fabricated: Results) -> Mapping[str, pd.DataFrame]:
    return build_tables(fabricated)


@pytest.fixture(scope="module")
def page(fabricated: Results, tables: Mapping[str, pd.DataFrame]) -> str:
    return render(fabricated, tables)


def test_the_page_stands_alone(page: str) -> None:
    assert len(page.encode()) < 6 * MEGABYTE
    for tag, attributes in read(page).tags:
        assert tag not in {"iframe", "object", "embed", "base"}
        for name in ("src", "href"):
            address = attributes.get(name)
            assert address is None or address.startswith("data:"), (tag, address)


def test_the_same_results_give_the_same_page(
    fabricated: Results, tables: Mapping[str, pd.DataFrame], page: str
) -> None:
    assert render(fabricated, tables) == page


def test_the_links_hold_the_csv_files(tables: Mapping[str, pd.DataFrame], page: str) -> None:
    links = {a["download"]: a["href"] for tag, a in read(page).tags if a.get("download")}
    assert set(links) == {f"{name}.csv" for name in tables}
    for name, table in tables.items():
        content = base64.b64decode(links[f"{name}.csv"].partition("base64,")[2]).decode()
        assert content == to_csv(table)


def test_the_answer_holds_the_tables_numbers(tables: Mapping[str, pd.DataFrame]) -> None:
    row = tables["rank_correlation"].iloc[0]
    sentence = answer(tables)
    assert f"{row['tau_b']:.2f} (95% interval {row['ci_low']:.2f} to" in sentence
    assert f"noise alone would leave {row['noise_ceiling']:.2f}" in sentence
    assert sentence.count(". ") == 0
    assert any("at least 3 orders" in sentence for sentence in reservations(tables))
    assert any("Too small" in sentence for sentence in reservations(tables))


def test_a_run_without_records_has_a_page_that_says_so(fabricated: Results) -> None:
    empty = Results(fabricated.resolved, {})
    page = render(empty, build_tables(empty))
    assert "run the suite to its end first" in page


def test_every_part_alone_has_a_page(fabricated: Results) -> None:
    resolved = fabricated.resolved
    for name, part in resolved.suite.parts.items():
        alone = Results(with_parts(resolved, **{name: part}), fabricated.records)
        assert f"<title>{resolved.title}" in render(alone, build_tables(alone))


def test_failures_are_listed(fabricated: Results, tables: Mapping[str, pd.DataFrame]) -> None:
    failure = Failure(
        identity="0" * 64, label="train <x>", error="ValueError", message="no & no",
        traceback="", utc="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    page = render(fabricated, tables, [failure])
    assert "1 failed units" in page
    assert "train &lt;x&gt;: ValueError: no &amp; no" in page


def test_hostile_names_stay_text(hostile: Results) -> None:
    page = render(hostile, build_tables(hostile))
    reader = read(page)
    assert len(reader.scripts) == 3
    assert not any(name.startswith("on") for _, a in reader.tags for name in a)
    assert "img" not in {tag for tag, _ in reader.tags}
    assert "alert(" not in reader.scripts[2]
    # The charts' data are JSON in which no tag can start.
    data = json.loads(reader.scripts[0])
    assert "<" not in reader.scripts[0]
    rows, plane = data["charts"]["cost_regret"]
    hovers = [text for trace in plane["traces"] for text in trace.get("text", ())]
    assert any("&lt;script&gt;alert(1)&lt;/script&gt;" in text for text in hovers)
    names = [note["text"] for note in rows["layout"]["annotations"]]
    assert any(name.endswith("&lt;script&gt;alert(1)&lt;/script&gt;") for name in names)


def test_hostile_names_stay_text_in_spreadsheets_and_markdown(hostile: Results) -> None:
    table = build_tables(hostile)["adaptation"]
    cells = {cell for row in csv.reader(io.StringIO(to_csv(table))) for cell in row}
    assert '\'=HYPERLINK("x")' in cells
    assert not any(re.match(r"[=+@\t\r]|-\D", cell) for cell in cells)
    assert "<script" not in to_markdown(table)


def test_commands_are_quoted_for_a_shell(hostile: Results) -> None:
    assert reproduction(hostile.resolved)[0] == (
        "imbnas-bench run --suite tiny --fidelity only --replicates 3 "
        "--plugin '$(touch pwned);<b>.py'"
    )


def test_commands_name_what_rounds_otherwise(hostile: Results) -> None:
    changed = {
        "device_type": "cuda", "precision": "bfloat16", "compiled": True, "cuda_graphs": True,
        "plugins": (),
    }  # fmt: skip
    assert reproduction(varied(hostile.resolved, **changed))[0] == (
        "imbnas-bench run --suite tiny --fidelity only --replicates 3 "
        "--device cuda --precision bfloat16 --compile --cuda-graphs"
    )


def test_columns_equal_in_every_row_stand_above_the_table() -> None:
    table = pd.DataFrame({"a": [1.5, None], "b": ["x", "x"], "c": ["p", "q"]})
    shown = grid("t", table, "tables")
    assert shown.shared == (("b", "x"),)
    assert shown.columns == ("a", "c")
    assert shown.numeric == (True, False)
    assert [cell.order for cell in shown.rows[1]] == ["", "q"]


def test_a_large_table_is_cut_and_links_to_its_file() -> None:
    table = pd.DataFrame({"a": range(MAX_ROWS + 1), "b": ["x" * 300] * (MAX_ROWS + 1)})
    shown = grid("t", table, "tables")
    assert (len(shown.rows), shown.n_rows) == (MAX_ROWS, MAX_ROWS + 1)
    assert shown.csv == "tables/t.csv"


def text_of(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))


def rows_of(page: str, name: str) -> tuple[list[str], list[dict[str, str | None]], list[list[str]]]:
    """Columns, facts and cells of a table of the page."""
    table = page[page.index(f'<table id="table-{name}">') :]
    head, _, body = table[: table.index("</table>")].partition("<tbody>")
    columns = [text_of(cell) for cell in re.findall(r"<button[^>]*>(.*?)</button>", head)]
    rows = [line for line in body.splitlines() if "<tr" in line]
    facts = [read(row).tags[0][1] for row in rows]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    return columns, facts, cells


def test_adaptation_stands_by_rank_with_the_csvs_ranges_as_bands(
    tables: Mapping[str, pd.DataFrame], page: str
) -> None:
    written = [*csv.DictReader(io.StringIO(to_csv(tables["adaptation"])))]
    ranked = [row for row in written if row["accuracy_rank"]]
    ranked.sort(key=lambda row: [int(row[f"accuracy_rank{end}"]) for end in ("_low", "_high", "")])
    columns, facts, cells = rows_of(page, "adaptation")
    assert len(ranked) > 1
    assert len(cells) == len(written)
    strategies = [text_of(row[columns.index("strategy")]) for row in cells]
    assert strategies[: len(ranked)] == [row["strategy"] for row in ranked]
    for metric in ("accuracy", "tau", "regret"):
        bands = [line[columns.index(f"{metric} rank")] for line in cells[: len(ranked)]]
        for cell, row in zip(bands, ranked, strict=True):
            low, high, mean = (int(row[f"{metric}_rank{end}"]) for end in ("_low", "_high", ""))
            (svg, rect, line) = [a for tag, a in read(cell).tags]
            assert svg["viewbox"] == f"0 0 {len(ranked)} 1"
            assert (rect["x"], rect["width"]) == (str(low - 1), str(high - low + 1))
            assert line["d"] == f"M {mean - 0.5} 0 V 1"
            assert cell.endswith(f"</svg>{low}" if low == high else f"</svg>{low} to {high}")
    assert {fact["data-origin"] for fact in facts} == {"own"}
    macs = [float(row["adapt_macs"]) + float(row["search_macs"]) for row in ranked]
    assert [float(fact["data-macs"] or "nan") for fact in facts[: len(ranked)]] == macs
    assert "accuracy_rank_low" not in columns


def test_submitted_rows_and_their_verification_are_facts_of_a_row(
    fabricated: Results, tables: Mapping[str, pd.DataFrame]
) -> None:
    table = tables["adaptation"]
    first, second = table["strategy"].eq("p0"), table["strategy"].eq("p1")
    table = table.assign(origin=None, verified=None)
    table.loc[first | second, "origin"] = "submitted"
    table.loc[first, "verified"] = "5% by 0.1.0"
    page = render(fabricated, {**tables, "adaptation": table})
    columns, facts, cells = rows_of(page, "adaptation")
    told = {
        text_of(row[columns.index("strategy")]): (fact["data-origin"], fact["data-verified"])
        for fact, row in zip(facts, cells, strict=True)
    }
    assert told["p0"] == ("submitted", "yes")
    assert told["p1"] == ("submitted", "no")
    assert set(told.values()) - {told["p0"], told["p1"]} == {("own", "yes")}


def test_characters_that_turn_or_hide_text_are_shown_as_escapes(
    fabricated: Results, tables: Mapping[str, pd.DataFrame]
) -> None:
    name = "p\u202e1\u2066\u200b\x00é"
    table = tables["adaptation"].replace({"strategy": {"p1": name}})
    page = render(fabricated, {**tables, "adaptation": table})
    assert not {"\u202e", "\u2066", "\u200b", "\x00"} & set(page)
    assert page.count("p\\u202e1\\u2066\\u200b\\x00é") > 1


@pytest.mark.parametrize("library", [None, "../../plotly.min.js"])
def test_scripts_of_files_are_allowed_only_where_the_page_has_one(
    fabricated: Results, tables: Mapping[str, pd.DataFrame], library: str | None
) -> None:
    tags = read(render(fabricated, tables, library=library)).tags
    (policy,) = [a["content"] or "" for tag, a in tags if "http-equiv" in a]
    scripts = re.search("script-src ([^;]*)", policy)
    assert scripts is not None
    assert scripts[1].split()[1:] == ([] if library is None else ["'self'", "file:"])


def test_cells_are_graphs() -> None:
    cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
    (graph,) = drawing("nats-tss", cell).graphs
    assert graph.nodes == ("0", "1", "2", "3")
    assert graph.edges == (
        (0, 1, "nor_conv_3x3"),
        (1, 2, "skip_connect"),
        (0, 3, "avg_pool_3x3"),
        (2, 3, "nor_conv_1x1"),
    )
    assert drawing("nats-tss", "damaged") == Drawing()
    assert drawing("toy", cell) == Drawing()


def test_both_cells_of_a_darts_genotype_are_graphs() -> None:
    normal, reduction = drawing("darts", "DARTS_V2").graphs
    assert (normal.title, reduction.title) == ("normal cell", "reduction cell")
    for graph in (normal, reduction):
        assert graph.nodes == ("c(k-2)", "c(k-1)", "0", "1", "2", "3", "c(k)")
        assert len(graph.edges) == 8 + 4
    assert (0, 2, "sep_conv_3x3") in normal.edges
    assert (0, 2, "max_pool_3x3") in reduction.edges


def test_a_size_architecture_is_its_widths() -> None:
    drawn = drawing("nats-sss", "8:16:24:32:64")
    assert [channels for _, channels in drawn.widths] == [8, 16, 24, 32, 64]
    assert len({name for name, _ in drawn.widths}) == 5
    assert drawn.graphs == ()
    assert drawing("nats-sss", "8:16") == Drawing()


def test_networks_outside_the_population_have_facts_and_drawings() -> None:
    row = {
        "condition": "x@1x", "scheme": "ce", "accuracy_mean": 50.0, "accuracy_sd": None,
        "params": 1000, "macs": 2000, "source": "darts", "model": "DARTS_V2",
    }  # fmt: skip
    found = row | {"source": "searched by p0", "model": "8:8:8:8:8", "accuracy_mean": 60.0}
    several = found | {"model": "3 architectures"}
    tables = {"baselines": pd.DataFrame([row, found, several]), "architectures": pd.DataFrame()}
    shown = contents("nats-sss", tables)
    assert set(shown) == {"DARTS_V2", "8:8:8:8:8"}
    assert len(shown["DARTS_V2"]["graphs"]) == 2
    assert shown["8:8:8:8:8"]["facts"][-1] == ("x@1x ce", "60.00 %")


def test_the_page_draws_what_the_pictures_draw(
    tables: Mapping[str, pd.DataFrame], page: str
) -> None:
    data = json.loads(read(page).scripts[0])["charts"]
    drawn = charts(tables)
    assert set(data) == {chart.name for chart in drawn}
    for chart in drawn:
        assert chart.question in page
        for panel, figure in zip(chart.panels, data[chart.name], strict=True):
            points = [point for dots in panel.dots for point in dots.points]
            shown = [
                place
                for trace in figure["traces"]
                if trace["mode"] == "markers"
                for place in zip(trace["x"], trace["y"], strict=True)
            ]
            assert shown == [(point.x, point.y) for point in points]
            numbers = [point.number for point in points if point.number and panel.y]
            assert [number[2] for number in figure["numbers"]] == numbers
            assert figure["layout"]["xaxis"]["ticktext"] == [text for _, text in panel.x.ticks]
            for x, y, *_ in figure["numbers"]:
                assert 0 <= x <= 1
                assert 0 <= y <= 1
            names = [note["text"] for note in figure["layout"].get("annotations", ())]
            assert len(names) == len(panel.rows) + sum(bool(row.note) for row in panel.rows)
        for key in (*chart.keys, *chart.names):
            assert key.text in unescape(page)


def test_only_colours_that_the_page_defines_are_asked_for(page: str) -> None:
    ours = variables() + asset("page.css") + asset("page.js") + read(page).scripts[0]
    asked = {name for pair in re.findall(r'"--([a-z]+)"|var\(--([a-z]+)\)', ours) for name in pair}
    assert len(asked) > 8
    assert asked - {""} <= set(re.findall(r"--([a-z]+):", ours))


def test_rows_grow_with_their_number_and_long_names_fit() -> None:
    names = [f"head-per-arch(head=ridge,regularisation=1e-{n})" for n in range(13)]
    table = pd.DataFrame(
        {
            "part": "p", "model": "m", "source": [f"searched by {name}" for name in names],
            "pretrained": False, "condition": "x@9x", "scheme": "ce", "accuracy_mean": 50.0,
            "accuracy_sd": 1.0, "macs": 1.0, "many": 90.0, "medium": None, "few": 9.0,
        }
    )  # fmt: skip
    groups = groups_chart({"baselines": table})
    assert groups is not None
    assert [key.text for key in groups.keys] == ["classes with many images", "classes with few"]
    first, second = figures(groups)
    assert first["height"] > 7 * 20
    ticks = [n["text"] for f in (first, second) for n in f["layout"]["annotations"][::2]]
    assert len(set(ticks)) == 13
    assert max(map(len, ticks)) <= 48


def test_every_column_of_every_table_is_explained(tables: Mapping[str, pd.DataFrame]) -> None:
    unexplained = [
        (name, column)
        for name, table in tables.items()
        for column in table
        if not column_text(name, column)
    ]
    assert unexplained == []


def test_column_texts_are_those_of_the_tables_documentation() -> None:
    assert column_text("rank_correlation", "verdict").startswith("Changed where tau-b falls short")
    assert "hare of training images" in column_text("adaptation", "shared_images")
    assert column_text("adaptation", "tau_rank_low").startswith("Rank by accuracy, tau or regret")
    assert "100" in column_text("baselines", "few")
    assert column_text("adaptation", "no such column") == ""
    assert column_text("no such table", "regret").startswith("Percentage points")


def test_names_are_explained_by_their_registries_whatever_their_options() -> None:
    assert "nothing is trained" in tip_of_name("p0")
    assert tip_of_name("p2(freeze_after_fraction=0.25)") == tip_of_name("p2") != ""
    assert tip_of_name("cb-drw")
    assert tip_of_name("random-pick")
    assert tip_of_name("<script>") == ""


def test_words_of_a_sentence_are_explained_and_never_broken() -> None:
    html = explained("p0 <b> & tau-b of cifar10@1x:half-1 ce, p2(x=ce) \u202e")
    assert text_of(html) == "p0 <b> & tau-b of cifar10@1x:half-1 ce, p2(x=ce) \\u202e"
    assert re.findall(r'class="term"[^>]*>([^<]*)<', html) == ["p0", "tau-b", "ce", "p2"]
    assert "<b>" not in html


def test_what_was_found_stands_first(
    fabricated: Results, tables: Mapping[str, pd.DataFrame]
) -> None:
    table = tables["rank_correlation"].reset_index(drop=True)
    compared = table.index[table["verdict"].notna() & table["x_scheme"].ne("")]
    more = pd.concat([table.loc[compared[:1]]] * 3 + [table], ignore_index=True)
    more.loc[2, ["y", "verdict"]] = ["digits@99x", "changed"]
    more.loc[1, "verdict"] = "inconclusive"
    more.loc[0, "verdict"] = "inconclusive"
    found = {**tables, "rank_correlation": more}
    page = render(fabricated, found)
    columns, _, cells = rows_of(page, "rank_correlation")
    verdicts = [text_of(row[columns.index("verdict")]) for row in cells]
    assert verdicts[0] == "changed"
    assert "changed" not in verdicts[1:]
    assert text_of(cells[0][columns.index("y")]) == "digits@99x"
    assert columns.index("verdict") == columns.index("y_scheme") + 1
    assert "digits@99x" in answer(found)
    assert "changed by more than noise explains" in answer(found)
    assert (tally(found) or "").startswith("Of ")
    assert "1 changed" in (tally(found) or "")
    # The CSV stays in the order of the table.
    links = {a["download"]: a["href"] for tag, a in read(page).tags if a.get("download")}
    content = base64.b64decode((links["rank_correlation.csv"] or "").partition("base64,")[2])
    assert content.decode() == to_csv(more)


def test_a_ranked_table_of_strategies_comes_before_all_others(page: str) -> None:
    tables_of_page = re.findall(r'<table id="table-(\w+)">', page)
    assert tables_of_page[:2] == ["adaptation", "rank_correlation"]
    columns, _, _ = rows_of(page, "adaptation")
    assert columns.index("accuracy rank") < columns.index("strategy")
    assert columns.index("strategy") < columns.index("accuracy_vs_p0") < 6
