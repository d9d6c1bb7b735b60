"""All charts of a run."""

from collections.abc import Mapping

import pandas as pd

from imbnas.leaderboards.charts import accuracy_macs, cost_regret, groups, rank_shift, tau_ceiling
from imbnas.leaderboards.charts.chart import Chart

_CHARTS = (cost_regret, tau_ceiling, rank_shift, accuracy_macs, groups)


def charts(tables: Mapping[str, pd.DataFrame]) -> list[Chart]:
    """Every chart that the tables hold numbers for.

    Args:
        tables: name → table, as ``build_tables`` makes them or as read from their CSV files.
    """
    found = (module.chart(tables) for module in _CHARTS)
    return [chart for chart in found if chart is not None]
