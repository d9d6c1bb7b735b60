"""Leaderboards on a terminal: no empty table, and numbers that look like faults are explained."""

import math
from pathlib import Path

import pandas as pd
import pytest

from imbnas.cli.narrow import WIDTH
from imbnas.cli.short_tables import MOST_ROWS
from imbnas.cli.tables import print_answer, print_leaderboards

PUBLISHED = Path(__file__).resolve().parents[2] / "leaderboards" / "lt-digits@3" / "mini"
COLUMNS = {
    "rank_correlation": [
        "part", "population", "x", "x_scheme", "y", "y_scheme", "tau_b", "ci_low", "ci_high",
        "noise_ceiling", "verdict", "n_architectures", "n_replicates", "n_missing", "regret_top1",
        "class_orders",
    ],
    "adaptation": [
        "part", "strategy", "searcher", "source", "target", "target_scheme", "accuracy_mean",
        "accuracy_sd", "accuracy_rank_low", "accuracy_rank_high", "tau_b", "ci_low", "ci_high",
        "noise_ceiling", "regret", "cost_ratio", "n_replicates", "n_missing",
    ],
    "baselines": [
        "part", "model", "source", "condition", "scheme", "accuracy_mean", "accuracy_sd", "many",
        "medium", "few", "params", "macs", "n_missing",
    ],
}  # fmt: skip
LONG = "imagenet-lt@1x:like-natural:half-1:order-12345:subset-67890"


def tables(**given: pd.DataFrame) -> dict[str, pd.DataFrame]:
    empty = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    columns = ["claim", "answer", "statement", "source", "effect"]
    return empty | {"claims": pd.DataFrame(columns=columns)} | given


def adaptation(*regrets: float, ceiling: float = 0.5) -> pd.DataFrame:
    rows = [
        dict.fromkeys(COLUMNS["adaptation"], 1.0)
        | {"part": "adaptation", "strategy": f"p{n}", "searcher": "evolution"}
        | {"regret": regret, "noise_ceiling": ceiling}
        for n, regret in enumerate(regrets)
    ]
    return pd.DataFrame(rows)


def not_begun(name: str) -> pd.DataFrame:
    row = dict.fromkeys(COLUMNS[name], math.nan)
    named = dict.fromkeys(("part", "x", "y", "x_scheme", "y_scheme"), "a")
    return pd.DataFrame([row | named])


def printed(capsys: pytest.CaptureFixture[str], given: dict[str, pd.DataFrame]) -> str:
    print_leaderboards(given, "tiny@1/only")
    return capsys.readouterr().out


def test_tables_without_any_result_are_named_and_not_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = {name: not_begun(name) for name in ("rank_correlation", "baselines")}
    shown = printed(capsys, tables(**given))
    lines = [line for line in shown.splitlines() if line]
    assert lines == [
        f"{name} (tiny@1/only): 1 more rows have no result yet."
        for name in ("rank_correlation", "baselines")
    ]
    shown = printed(capsys, tables(**given, adaptation=adaptation(1.0)))
    assert shown.count("tau_b") == 1
    assert "baselines (tiny@1/only): 1 more rows have no result yet." in shown


@pytest.mark.parametrize("regrets", [(-0.25,), (1.0, -1e-9), (math.nan, -3.0)])
def test_a_negative_regret_is_explained_where_it_stands(
    capsys: pytest.CaptureFixture[str], regrets: tuple[float, ...]
) -> None:
    assert "A regret below 0 is noise" in printed(capsys, tables(adaptation=adaptation(*regrets)))


def test_a_ceiling_of_zero_is_explained_where_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = printed(capsys, tables(adaptation=adaptation(1.0, ceiling=0.0)))
    assert "A noise ceiling of 0: " in shown
    assert "A regret below 0" not in shown


def test_nothing_is_explained_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, tables(adaptation=adaptation(0.0, 2.0, ceiling=0.01)))
    assert "below 0" not in shown
    assert "ceiling of 0:" not in shown


def many_rows(rows: int) -> dict[str, pd.DataFrame]:
    """Tables of long names, without a gap."""
    numbers = {"tau_b": -0.123, "ci_low": -0.2, "ci_high": 0.5, "noise_ceiling": 0.75}
    numbers |= {"regret_top1": 1.0, "n_missing": 1234, "n_architectures": 64, "n_replicates": 6}
    ranked = {"part": "transfer", "population": "p", "x": LONG, "y": LONG, "x_scheme": "cb-drw"}
    ranked |= {"y_scheme": "balanced-softmax", "verdict": "not distinguishable from noise"}
    ranked |= {"class_orders": "identity"}
    adapted = dict.fromkeys(COLUMNS["adaptation"], -12.345) | {
        "part": f"adaptation {LONG} -> {LONG}", "strategy": "p2(freeze_after_fraction=0.25, x=y)",
        "source": LONG, "target": LONG, "target_scheme": "balanced-softmax", "n_missing": 10**6,
        "accuracy_rank_low": 1, "accuracy_rank_high": 27,
    }  # fmt: skip
    trained = dict.fromkeys(COLUMNS["baselines"], 88.8) | {
        "part": "baselines", "model": "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+" * 3,
        "source": "timm", "scheme": "ce", "params": 10**9, "macs": 10**12,
    }  # fmt: skip
    return {
        "rank_correlation": pd.DataFrame([ranked | numbers] * rows),
        "adaptation": pd.DataFrame([adapted | {"searcher": f"random-{n}"} for n in range(rows)]),
        "baselines": pd.DataFrame([trained | {"condition": f"{LONG}-{n}"} for n in range(rows)]),
    }


@pytest.mark.parametrize("columns", ["40", "100", "250"])
def test_no_line_is_wider_than_a_hundred_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    given = tables(**many_rows(MOST_ROWS + 3))
    print_answer(given)
    shown = printed(capsys, given)
    assert max(map(len, shown.splitlines())) <= WIDTH
    for name in COLUMNS:
        assert f"3 more rows are in {name}.csv." in shown
    assert "1,000,000" in shown


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no tables of the default suite are published")
def test_published_tables_are_shown_in_narrow_lines(capsys: pytest.CaptureFixture[str]) -> None:
    held = {path.stem: pd.read_csv(path) for path in PUBLISHED.glob("*.csv")}
    print_answer(held)
    shown = printed(capsys, held)
    lines = shown.splitlines()
    assert max(map(len, lines)) <= WIDTH
    row = held["rank_correlation"].iloc[0]
    assert f"tau-b {row['tau_b']:.2f} (95% interval {row['ci_low']:.2f}" in " ".join(shown.split())
    assert lines[1].startswith("The rankings of 64 architectures of nats-tss on digits@1x:half-1")
    (line,) = (line for line in lines if line.startswith("bn-only "))
    assert line.split("  ")[0] == "bn-only"
    assert "83.7 ± 1.8" in line
    assert "1 to 7" in line
    # What was found is in the table of strategies; here are networks that nobody searched for.
    assert "searched by" not in shown


def test_what_is_the_same_in_all_rows_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    rows = adaptation(1.0, 2.0).assign(target="digits@20x", target_scheme="ce", n_missing=0)
    shown = printed(capsys, tables(adaptation=rows))
    assert "part adaptation: searcher evolution, target digits@20x ce" in shown
    assert shown.count("digits@20x") == 1
    assert "missing" not in shown
    assert "missing" in printed(capsys, tables(adaptation=rows.assign(n_missing=[0, 2])))


def test_a_suite_of_strategies_alone_is_answered_by_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = adaptation(1.0, 2.0).assign(source="a", target="b")
    print_answer(tables(adaptation=rows))
    assert capsys.readouterr().out.strip() == (
        "Of 2 strategies, the data tell no two apart by the accuracy of what they find (a to b)."
    )
