"""Which rank correlations stand for a board."""

import pandas as pd

from imbnas.leaderboards.chart_data.correlations import transfer_rows


def _table(*rows: tuple[str, str, str, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["part", "population", "x_scheme", "tau_b"])
    return table.astype({"tau_b": float})


def test_those_of_the_part_and_population_with_the_most_pairs() -> None:
    table = _table(
        ("class-orders", "p", "ce", 0.1), ("class-orders", "p", "ce", None),
        ("class-orders", "p", "ce", None), ("class-orders", "p", "", 0.2),
        ("transfer", "p", "ce", 0.3), ("transfer", "p", "ce", 0.4), ("transfer", "q", "ce", 0.5),
    )  # fmt: skip
    assert transfer_rows(table)["tau_b"].tolist() == [0.3, 0.4]


def test_of_equal_parts_the_first() -> None:
    table = _table(("b", "p", "ce", 0.1), ("a", "p", "ce", 0.2))
    assert transfer_rows(table)["tau_b"].tolist() == [0.1]


def test_nothing_is_known_of_a_table_without_a_tau() -> None:
    assert transfer_rows(_table(("a", "p", "ce", None), ("a", "p", "", 0.2))).empty
