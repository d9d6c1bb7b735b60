"""The page as text: whole, self-contained, and inert whatever a suite calls its things."""

import base64
import csv
import io
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pandas as pd
import pytest

from imbnas.leaderboards.headline import answer, reservations
from imbnas.leaderboards.page.architecture_panel import contents
from imbnas.leaderboards.page.charts import groups_chart
from imbnas.leaderboards.page.graphs import Drawing, drawing
from imbnas.leaderboards.page.grids import MAX_ROWS, grid
from imbnas.leaderboards.page.render import render, reproduction
from imbnas.leaderboards.results import Results
from imbnas.leaderboards.tables.build import build_tables
from imbnas.leaderboards.tables.formats import to_csv, to_markdown
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
    regret = next(chart for chart in data["charts"] if chart["name"] == "cost-regret")
    labels = [text for trace in regret["traces"] for text in trace.get("text", ())]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in labels


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


def adaptation_rows(page: str) -> tuple[list[str], list[dict[str, str | None]], list[list[str]]]:
    """Columns, facts and cells of the page's table, with the numbers of every band in the text."""
    table = page[page.index('<table id="table-adaptation">') :]
    head, _, body = table[: table.index("</table>")].partition("<tbody>")
    columns = re.findall(r'<button type="button">(.*?)</button>', head)
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
    columns, facts, cells = adaptation_rows(page)
    assert len(ranked) > 1
    assert len(cells) == len(written)
    strategies = [row[columns.index("strategy")] for row in cells]
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
    columns, facts, cells = adaptation_rows(page)
    told = {
        row[columns.index("strategy")]: (fact["data-origin"], fact["data-verified"])
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


def test_bars_of_the_page_have_short_names_and_grow_with_them() -> None:
    names = [f"head-per-arch(head=ridge,regularisation=1e-{n})" for n in range(13)]
    table = pd.DataFrame(
        {
            "part": "p", "model": "m", "source": [f"searched by {name}" for name in names],
            "pretrained": False, "condition": "x@9x", "scheme": "ce", "accuracy_mean": 50.0,
            "accuracy_sd": 1.0, "macs": 1.0, "many": 90.0, "medium": None, "few": 9.0,
        }
    )  # fmt: skip
    chart = groups_chart(table)
    assert chart is not None
    assert [trace["name"] for trace in chart["traces"]] == ["many", "few"]
    ticks: list[str] = chart["layout"]["yaxis"]["ticktext"]
    assert len(set(ticks)) == 13
    assert max(map(len, ticks)) <= 26
    assert chart["height"] > 13 * 20
    assert chart["traces"][0]["text"][0] == names[0]
