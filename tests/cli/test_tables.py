"""Leaderboards on a terminal: no empty table, and numbers that look like faults are explained."""

import math

import pandas as pd
import pytest

from imbnas.cli.tables import _SHOWN, print_leaderboards


def tables(**given: pd.DataFrame) -> dict[str, pd.DataFrame]:
    empty = {name: pd.DataFrame(columns=columns) for name, columns in _SHOWN.items()}
    columns = ["claim", "answer", "statement", "source", "effect"]
    return empty | {"claims": pd.DataFrame(columns=columns)} | given


def adaptation(*regrets: float, ceiling: float = 0.5) -> pd.DataFrame:
    rows = [
        dict.fromkeys(_SHOWN["adaptation"], 1.0)
        | {"part": "adaptation", "strategy": f"p{n}", "searcher": "evolution"}
        | {"regret": regret, "noise_ceiling": ceiling}
        for n, regret in enumerate(regrets)
    ]
    return pd.DataFrame(rows)


def not_begun(name: str) -> pd.DataFrame:
    row = dict.fromkeys([*_SHOWN[name], "regret_top1"], math.nan)
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
