"""What the README shows of a published table is in that table."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from imbnas.leaderboards.tables.formats import to_csv, to_markdown

CHECKOUT = Path(__file__).resolve().parents[1]
PUBLISHED = CHECKOUT / "leaderboards" / "lt-cifar@2" / "mini"
COLUMNS = (
    "x", "x_scheme", "y", "y_scheme", "tau_b", "ci_low", "ci_high", "noise_ceiling", "verdict",
)  # fmt: skip
SHOWN = (
    ("cifar10@1x", "cifar100@100x"), ("cifar10@1x", "cifar100@1x"), ("cifar10@1x", "cifar10@100x"),
    ("cifar10@1x", "cifar10@1x:like-100x"), ("cifar10@100x", "cifar10@1x:like-100x"),
    ("cifar100@1x", "cifar100@100x"), ("cifar100@100x", "cifar100@1x:like-100x"),
)  # fmt: skip


def excerpt(folder: Path) -> str:
    """What the README shows of ``rank_correlation.csv``: these rows of part ``transfer``."""
    rows = pd.read_csv(folder / "rank_correlation.csv")
    rows = rows[rows["part"] == "transfer"].set_index(["x", "y"]).loc[list(SHOWN)].reset_index()
    return to_markdown(rows[list(COLUMNS)])


def answers(folder: Path) -> str:
    """What the README shows of ``claims.csv``: every claim with its answer."""
    rows = pd.read_csv(folder / "claims.csv")[["claim", "statement", "answer"]]
    return to_markdown(rows.drop_duplicates())


def found(folder: Path) -> str:
    """What the README shows of ``adaptation.csv``: accuracy of what strategies find, by target."""
    rows = pd.read_csv(folder / "adaptation.csv")
    rows = rows[rows["part"].str.startswith("adaptation ") & rows["accuracy_mean"].notna()]
    table = rows.pivot_table("accuracy_mean", "strategy", "target", sort=False).map("{:.1f}".format)
    return to_markdown(table.rename_axis(columns=None).reset_index())


def test_an_excerpt_has_the_rows_shown_in_their_order(tmp_path: Path) -> None:
    numbers = dict.fromkeys(COLUMNS, 0.5) | {
        "x_scheme": "ce", "y_scheme": "ce", "verdict": "inconclusive", "population": "p",
    }  # fmt: skip
    pairs = [*reversed(SHOWN), ("macs", "cifar10@1x"), ("cifar10@50x", "cifar10@100x")]
    rows = [numbers | {"part": "transfer", "x": x, "y": y} for x, y in pairs]
    other = numbers | {"part": "core", "x": SHOWN[0][0], "y": SHOWN[0][1], "tau_b": 0.25}
    (tmp_path / "rank_correlation.csv").write_text(to_csv(pd.DataFrame([other, *rows])))
    lines = excerpt(tmp_path).splitlines()
    assert len(lines) == 2 + len(SHOWN)
    assert [tuple(line.split("|")[i].strip() for i in (1, 3)) for line in lines[2:]] == list(SHOWN)
    assert "0.250" not in "".join(lines)


def test_answers_has_every_claim_once(tmp_path: Path) -> None:
    rows = [("b", "B.", "supported"), ("b", "B.", "supported"), ("a", "A.", "cannot tell")]
    claims = pd.DataFrame(rows, columns=["claim", "statement", "answer"]).assign(part="p")
    (tmp_path / "claims.csv").write_text(to_csv(claims))
    cells = [
        tuple(cell.strip() for cell in line.split("|")[1:-1])
        for line in answers(tmp_path).splitlines()[2:]
    ]
    assert cells == [("b", "B.", "supported"), ("a", "A.", "cannot tell")]


def test_found_has_a_row_for_each_strategy_and_a_column_for_each_target(tmp_path: Path) -> None:
    rows = [
        ("adaptation a -> b", "p3", "b", 10.26),
        ("adaptation a -> b", "p1", "b", 9.54),
        ("adaptation a -> c", "p1", "c", 8.0),
        ("adaptation a -> c", "p3", "c", 7.0),
        ("adaptation a -> b", "random-pick", "b", None),
        ("freeze a -> b", "p2", "b", 99.0),
    ]
    table = pd.DataFrame(rows, columns=["part", "strategy", "target", "accuracy_mean"])
    (tmp_path / "adaptation.csv").write_text(to_csv(table))
    head, _, *cells = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in found(tmp_path).splitlines()
    )
    assert head == ["strategy", "b", "c"]
    assert cells == [["p3", "10.3", "7.0"], ["p1", "9.5", "8.0"]]


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no board of lt-cifar is published")
@pytest.mark.parametrize("shown", [excerpt, answers, found])
def test_the_readme_shows_what_is_published(shown: Callable[[Path], str]) -> None:
    assert shown(PUBLISHED) in (CHECKOUT / "README.md").read_text()
