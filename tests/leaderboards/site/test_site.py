"""The site of the published boards, against their CSV files read on their own."""

import csv
import json
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from scipy.stats import t as student

from imbnas.leaderboards.page_file import LIBRARY
from imbnas.leaderboards.site.site import write_site

LEADERBOARDS = Path(__file__).resolve().parents[3] / "leaderboards"
Row = dict[str, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "site"
    written = write_site(LEADERBOARDS, out)
    assert len(written.boards) == len([*boards()])
    assert written.links == ()
    return out


@pytest.fixture(scope="module")
def overview(site: Path) -> str:
    return (site / "index.html").read_text(encoding="utf-8")


def boards() -> Iterator[Path]:
    return (path.parent for path in sorted(LEADERBOARDS.glob("*@*/*/rank_correlation.csv")))


def title(board: Path) -> str:
    return f"{board.parent.name}/{board.name}"


def rows_of(board: Path, table: str) -> list[Row]:
    with (board / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return [*csv.DictReader(file)]


def table_of(page: str, name: str) -> list[Row]:
    """Rows of a table of the page, by the names of its columns, as text."""
    start = page.index(f'<table id="table-{name}">')
    head, _, body = page[start : page.index("</table>", start)].partition("<tbody>")
    columns = [
        re.sub("<[^>]*>", "", each) for each in re.findall(r"<button[^>]*>(.*?)</button>", head)
    ]
    lines = [line for line in body.splitlines() if "<tr" in line]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", line) for line in lines]
    plain = [[unescape(re.sub(r"<[^>]*>", "", cell)) for cell in row] for row in cells]
    return [dict(zip(columns, row, strict=True)) for row in plain]


def parts_of(board: Path) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows_of(board, "adaptation"):
        if row["accuracy_mean"]:
            found.setdefault(row["part"], []).append(row)
    return found


def with_records(board: Path) -> bool:
    return (board / "records.tar.xz").is_file()


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_best_strategy_of_every_part_is_that_of_the_csv(overview: str) -> None:
    for name, recorded in (("best", True), ("older-best", False)):
        shown = {(row["suite"], row["part"]): row for row in table_of(overview, name)}
        wanted = {
            (title(board), part): rows
            for board in boards()
            if with_records(board) == recorded
            for part, rows in parts_of(board).items()
        }
        assert shown.keys() == wanted.keys()
        for key, rows in wanted.items():
            check_best(shown[key], rows)


def check_best(shown: Row, rows: list[Row]) -> None:
    best = max(rows, key=lambda row: float(row["accuracy_mean"]))
    several = len({row.get("searcher", "") for row in rows}) > 1

    def name(row: Row) -> str:
        return f"{row['strategy']} by {row['searcher']}" if several else row["strategy"]

    assert shown["best strategy"] == name(best)
    assert (shown["target"], shown["scheme"]) == (best["target"], best["target_scheme"])
    assert number(shown["accuracy (%)"]) == pytest.approx(float(best["accuracy_mean"]), abs=0.005)
    n = int(best["n_replicates"]) - int(best["n_missing"])
    half = student.ppf(0.975, n - 1) * float(best["accuracy_sd"]) / n**0.5
    low, high = (number(text) for text in shown["95% interval"].split(" to "))
    assert low == pytest.approx(float(best["accuracy_mean"]) - half, abs=0.006)
    assert high == pytest.approx(float(best["accuracy_mean"]) + half, abs=0.006)
    assert number(shown["cost (macs)"]) == float(best["adapt_macs"]) + float(best["search_macs"])
    if not best.get("accuracy_rank"):
        assert shown["rank"] == "not in its tables"
        return
    assert best["accuracy_rank"] == "1"
    bounds = [best["accuracy_rank_low"], best["accuracy_rank_high"]]
    assert shown["rank"] == " to ".join(dict.fromkeys(bounds))
    sharing = [r for r in rows if r["accuracy_rank_low"] == bounds[0]]
    others = {name(r) for r in sharing} - {name(best)} or {"none"}
    assert set(shown["shares its rank with"].split(", ")) == others
    cheapest = min(sharing, key=lambda row: float(row["adapt_macs"]) + float(row["search_macs"]))
    assert shown["cheapest of that rank"].startswith(f"{name(cheapest)}: ")


def test_seconds_are_those_of_the_table_cost(overview: str) -> None:
    for row in table_of(overview, "best"):
        board = LEADERBOARDS / row["suite"]
        strategy, _, searcher = row["best strategy"].partition(" by ")
        (cost,) = [
            each
            for each in rows_of(board, "cost")
            if (each["kind"], each["what"], each["part"]) == ("strategy", strategy, row["part"])
            and each["searcher"] == (searcher or each["searcher"])
        ]
        seconds = float(cost["adapt_seconds"]) + float(cost["search_seconds"])
        assert number(row["cost (seconds)"]) == pytest.approx(seconds, abs=0.006)


def test_every_verdict_of_a_transfer_stands_with_tau_and_ceiling(overview: str) -> None:
    for name, recorded in (("transfer", True), ("older-transfer", False)):
        shown = table_of(overview, name)
        wanted = [
            (board, row)
            for board in boards()
            if with_records(board) == recorded
            for row in rows_of(board, "rank_correlation")
            if row["verdict"]
        ]
        assert len(shown) == len(wanted) > 0
        for board, row in wanted:
            names = (title(board), f"{row['x']} {row['x_scheme']}", f"{row['y']} {row['y_scheme']}")
            (found,) = [s for s in shown if (s["suite"], s["ranking on"], s["and on"]) == names]
            assert found["verdict"] == row["verdict"]
            assert found["tau_b"] == f"{float(row['tau_b']):.3f}"
            assert found["noise_ceiling"] == f"{float(row['noise_ceiling']):.3f}"
            assert found["95% interval"] == (
                f"{float(row['ci_low']):.3f} to {float(row['ci_high']):.3f}"
            )


def test_every_board_is_listed_and_those_without_records_are_said_to_be(overview: str) -> None:
    articles = re.findall(r"<article.*?</article>", overview, re.DOTALL)
    assert len(articles) == len([*boards()])
    for board in boards():
        (article,) = [text for text in articles if f">{title(board)}<" in text.replace("<h3>", ">")
                      .replace("</h3>", "<")]  # fmt: skip
        if with_records(board):
            counts = json.loads((board / "provenance.json").read_text())["records"].values()
            assert f"{sum(counts):,} records" in article
        else:
            assert "tables alone" in article
            assert "nothing of it can be computed again" in article
            assert "superseded by lt-digits@3/mini" in article


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def test_every_link_leads_to_a_file_of_the_site(site: Path) -> None:
    for page in site.rglob("*.html"):
        links = Links()
        links.feed(page.read_text(encoding="utf-8"))
        assert links.found
        for link in links.found:
            if not link.startswith("data:"):
                assert not re.match(r"[a-z]+:|//|/", link), (page, link)
                assert (page.parent / unquote(link)).resolve().is_relative_to(site.resolve())
                assert (page.parent / unquote(link)).is_file(), (page, link)


def test_pages_and_tables_are_those_of_the_boards_and_the_library_is_there_once(site: Path) -> None:
    assert len([*site.rglob(LIBRARY)]) == 1
    for board in boards():
        copy = site / board.parent.name / board.name
        for path in board.glob("*.csv"):
            assert (copy / path.name).read_bytes() == path.read_bytes()
        assert (copy / "index.html").exists() == (board / "index.html").exists()
        if with_records(board):
            assert (copy / "index.html").read_bytes() == (board / "index.html").read_bytes()
    assert not [*site.rglob("*.xz"), *site.rglob("*.tmp")]


def test_the_same_boards_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    write_site(LEADERBOARDS, tmp_path / "again")
    first, again = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")
         if path.is_file()}
        for folder in (site, tmp_path / "again")
    )  # fmt: skip
    assert first == again
