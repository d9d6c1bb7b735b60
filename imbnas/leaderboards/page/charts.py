"""Charts of the page as plain Plotly figures; colours are left to the page's light or dark."""

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from imbnas.leaderboards.plots.cost_regret import references, regretted
from imbnas.leaderboards.plots.groups import GROUPS, grouped
from imbnas.leaderboards.plots.rank_shift import ranked
from imbnas.leaderboards.plots.tau_heatmap import matrix
from imbnas.leaderboards.transfer_rows import transfer_rows

Chart = dict[str, Any]
"""``name``, ``title``, ``caption``, ``traces``, ``layout`` of one chart."""


def charts(tables: Mapping[str, pd.DataFrame]) -> list[Chart]:
    """Every chart that the tables hold numbers for.

    Texts from the tables are escaped, since Plotly reads tags in texts. ``customdata`` of a point
    is its architecture, where it stands for one.
    """
    drawn = (
        _rank_shift(tables["architectures"]),
        _heatmap(tables["rank_correlation"]),
        _accuracy_macs(tables),
        _cost_regret(tables["adaptation"]),
        _groups(tables["baselines"]),
    )
    return [chart for chart in drawn if chart is not None]


def _rank_shift(table: pd.DataFrame) -> Chart | None:
    ranks = ranked(table)
    if ranks.empty:
        return None
    limit = int(len(ranks) + 1)
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": _floats(ranks["balanced_rank"]),
        "y": _floats(ranks["long_tailed_rank"]),
        "customdata": list(ranks["architecture"]),
        "text": _texts(ranks["architecture"]),
        "hovertemplate": "%{text}<br>balanced rank %{x}, long-tailed rank %{y}<extra></extra>",
        "marker": {"size": 9},
        "name": "architectures",
    }
    line = {
        "type": "scatter", "mode": "lines", "x": [0, limit], "y": [0, limit], "hoverinfo": "skip",
        "line": {"width": 1, "dash": "dot"}, "name": "no change",
    }  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": "rank on balanced data"}, "range": [0, limit]},
        "yaxis": {"title": {"text": "rank on long-tailed data"}, "range": [0, limit]},
        "showlegend": False,
    }
    caption = "Rank 1 is best. Points below the line gain when the data is long-tailed."
    return _chart("rank-shift", "Who moves?", caption, [line, points], layout)


def _heatmap(table: pd.DataFrame) -> Chart | None:
    rows = transfer_rows(table)
    if rows.empty:
        return None
    labels, taus, texts = matrix(rows)
    names = [escape(label).replace("\n", "<br>") for label in labels]
    trace = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": [[None if tau != tau else float(tau) for tau in line] for line in taus],
        "text": [[text.replace("\n", "<br>") for text in line] for line in texts],
        "texttemplate": "%{text}",
        "hovertemplate": "%{y}<br>against<br>%{x}<br>tau-b %{z:.3f}<extra></extra>",
        "zmin": 0,
        "zmax": 1,
        "colorscale": "Viridis",
    }
    caption = (
        "Kendall's tau-b of every two trainings, and in brackets what noise alone would leave. "
        "On the diagonal: one seed against another."
    )
    layout = {"yaxis": {"autorange": "reversed", "automargin": True}}
    return _chart("tau-heatmap", "Do rankings carry over?", caption, [trace], layout)


def _accuracy_macs(tables: Mapping[str, pd.DataFrame]) -> Chart | None:
    population, models = tables["architectures"], tables["baselines"]
    means = [str(column) for column in population.columns if str(column).startswith("mean ")]
    if len(means) < 2 or population[means[1]].notna().sum() == 0:
        return None
    trained = models["condition"].str.cat(models["scheme"], sep=" ")[
        models["accuracy_mean"].notna()
    ]
    trainings = [mean.removeprefix("mean ") for mean in means[1:]]
    # The first target, unless baselines were trained on another one only.
    training = next((t for t in trainings if t in set(trained)), trainings[0])
    known = population[population[f"mean {training}"].notna()]
    traces = [
        {
            **_dots(known["macs"], known[f"mean {training}"], known["architecture"]),
            "customdata": list(known["architecture"]),
            "name": "population",
        }
    ]
    others = models.loc[trained.index[trained.eq(training)]]
    for searched, group in others.groupby(others["source"].str.startswith("searched")):
        names = group["source"] + ": " + group["model"]
        trace = _dots(group["macs"], group["accuracy_mean"], names)
        traces.append({**trace, "name": "searched" if searched else "baselines"})
    layout = {
        "xaxis": {"title": {"text": "multiply-accumulates of one image"}, "type": "log"},
        "yaxis": {"title": {"text": "accuracy (%)"}},
    }
    caption = f"Mean per-class test accuracy on {training}, over replicates."
    return _chart("accuracy-macs", "What does accuracy cost?", caption, traces, layout)


def _cost_regret(table: pd.DataFrame) -> Chart | None:
    rows = regretted(table)
    if rows.empty:
        return None
    traces = []
    for kind, group in rows.groupby("kind", sort=True):
        traces.append(
            {
                **_dots(group["cost_ratio"], group["regret"], group["strategy"]),
                "error_y": {"type": "data", "array": _floats(group["regret_sd"])},
                "name": str(kind),
            }
        )
    traces += [
        {
            "type": "scatter", "mode": "lines", "x": [0, float(rows["cost_ratio"].max())],
            "y": [regret, regret], "name": reference, "line": {"width": 1, "dash": "dot"},
        }
        for reference, regret in references(table).items()
    ]  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": "cost relative to a supernet from scratch"}},
        "yaxis": {"title": {"text": "regret (percentage points)"}},
    }
    caption = "Lower left is better. Bars are one standard deviation over replicates."
    return _chart("cost-regret", "What is adaptation worth?", caption, traces, layout)


def _groups(table: pd.DataFrame) -> Chart | None:
    bars = grouped(table)
    if bars.empty:
        return None
    first = bars["training"].iloc[0]
    bars = bars[bars["training"].eq(first)]
    traces = []
    for label, group in bars.groupby("label", sort=False):
        values = dict(zip(group["group"], group["accuracy"], strict=True))
        shown = [name for name in GROUPS if name in values]
        traces.append(
            {
                "type": "bar", "x": shown, "y": [float(values[name]) for name in shown],
                "name": escape(str(label)),
            }
        )  # fmt: skip
    layout = {"barmode": "group", "yaxis": {"title": {"text": "accuracy (%)"}, "range": [0, 100]}}
    caption = (
        f"Classes with many, medium and few training images of {first}; an empty group has no bar."
    )
    return _chart("groups", "Who pays for the tail?", caption, traces, layout)


def _dots(x: "pd.Series[Any]", y: "pd.Series[Any]", names: "pd.Series[Any]") -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": _floats(x),
        "y": _floats(y),
        "text": _texts(names),
        "hovertemplate": "%{text}<br>%{x:.4~g}, %{y:.4~g}<extra></extra>",
        "marker": {"size": 9},
    }


def _chart(
    name: str, title: str, caption: str, traces: list[Chart], layout: dict[str, Any]
) -> Chart:
    return {"name": name, "title": title, "caption": caption, "traces": traces, "layout": layout}


def _floats(column: "pd.Series[Any]") -> list[float]:
    return [float(value) for value in column]


def _texts(column: "pd.Series[Any]") -> list[str]:
    """Escaped, with a break before each further node of a cell, so that a hover fits a phone."""
    return [escape(str(value)).replace("|+|", "|<br>+|") for value in column]
