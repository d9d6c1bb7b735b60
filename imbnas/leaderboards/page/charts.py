"""Charts of the page as plain Plotly figures; the page sets colours, light or dark."""

import textwrap
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from imbnas.leaderboards.chart_data.correlations import matrix, transfer_rows
from imbnas.leaderboards.chart_data.names import numbered, shortened
from imbnas.leaderboards.chart_data.networks import GROUPS, NARROW, grouped, network_labels
from imbnas.leaderboards.chart_data.rank_shifts import ranked
from imbnas.leaderboards.chart_data.regrets import references, regretted, route
from imbnas.leaderboards.tables.architectures import trainings

Chart = dict[str, Any]
"""``name``, ``title``, ``caption``, ``traces``, ``layout`` and least ``height`` in pixels."""
_MARGINS = 110
"""What axes and legend take of the height of a chart that grows with its names."""
_MAX_TICK = 26
_MAX_HOVER = 60
"""Letters of a name on an axis, and of a line in a hover."""


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
        groups_chart(tables["baselines"]),
    )
    return [chart for chart in drawn if chart is not None]


def _rank_shift(table: pd.DataFrame) -> Chart | None:
    ranks = ranked(table)
    if ranks.empty:
        return None
    limit = int(len(ranks) + 1)
    points = _dots(ranks["balanced_rank"], ranks["long_tailed_rank"], ranks["architecture"]) | {
        "customdata": list(ranks["architecture"]),
        "hovertemplate": "%{text}<br>balanced rank %{x}, long-tailed rank %{y}<extra></extra>",
        "name": "architectures",
    }
    line = _line([0, limit], [0, limit], "no change") | {"hoverinfo": "skip"}
    layout = {**_axes("rank on balanced data", "rank on long-tailed data"), "showlegend": False}
    for axis in ("xaxis", "yaxis"):
        layout[axis]["range"] = [0, limit]
    caption = "Rank 1 is best. Points below the line gain when the data is long-tailed."
    return _chart("rank-shift", "Who moves?", caption, [line, points], layout)


def _heatmap(table: pd.DataFrame) -> Chart | None:
    rows = transfer_rows(table)
    if rows.empty:
        return None
    labels, taus, texts = matrix(rows)
    names = [escape(label) for label in labels]
    trace = {
        "type": "heatmap",
        # Upright on a phone, where a label of two lines would cover its neighbour's.
        "x": [name.replace("\n", " ") for name in names],
        "y": [name.replace("\n", "<br>") for name in names],
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
    font = {"tickfont": {"size": 10}}
    layout = {"xaxis": font, "yaxis": {"autorange": "reversed", **font}}
    height = 2 * _MARGINS + 45 * len(labels)
    return _chart("tau-heatmap", "Do rankings carry over?", caption, [trace], layout, height)


def _accuracy_macs(tables: Mapping[str, pd.DataFrame]) -> Chart | None:
    population, models = tables["architectures"], tables["baselines"]
    targets = trainings(population.columns)[1:]
    if not targets or population[f"mean {targets[0]}"].isna().all():
        return None
    trained = models["condition"].str.cat(models["scheme"], sep=" ")[
        models["accuracy_mean"].notna()
    ]
    # The first target, unless baselines were trained on another one only.
    training = next((t for t in targets if t in set(trained)), targets[0])
    known = population[population[f"mean {training}"].notna()]
    dots = _dots(known["macs"], known[f"mean {training}"], known["architecture"])
    traces = [{**dots, "customdata": list(known["architecture"]), "name": "population"}]
    others = models.loc[trained.index[trained.eq(training)]]
    for searched, group in others.groupby(others["source"].str.startswith("searched")):
        names = group["source"] + ": " + group["model"]
        dots = _dots(group["macs"], group["accuracy_mean"], names)
        kind = "searched" if searched else "baselines"
        traces.append({**dots, "customdata": list(group["model"]), "name": kind})
    layout = _axes("multiply-accumulates of one image", "accuracy (%)")
    # Logarithmic where MACs differ much, with ticks at 1, 2 and 5.
    macs = [value for trace in traces for value in trace["x"]]
    wide = max(macs) > NARROW * min(macs)
    layout["xaxis"] |= {"type": "log", "dtick": "D2"} if wide else {"type": "linear"}
    caption = f"Mean per-class test accuracy on {training}, over replicates."
    return _chart("accuracy-macs", "What does accuracy cost?", caption, traces, layout)


def _cost_regret(table: pd.DataFrame) -> Chart | None:
    rows = regretted(table)
    if rows.empty:
        return None
    traces = [
        {
            **_dots(group["cost_ratio"], group["regret"], group["strategy"]),
            "error_y": {"type": "data", "array": _floats(group["regret_sd"])},
            "name": str(kind),
        }
        for kind, group in rows.groupby("kind", sort=True)
    ]
    most = float(rows["cost_ratio"].max())
    traces += [
        _line([0, most], [regret, regret], reference)
        for reference, regret in references(table).items()
    ]
    layout = _axes("cost relative to a supernet from scratch", "regret (percentage points)")
    caption = (
        f"{route(rows)}. Lower left is better. Bars are one standard deviation over replicates."
    )
    return _chart("cost-regret", "What is adaptation worth?", caption, traces, layout)


def groups_chart(table: pd.DataFrame) -> Chart | None:
    """One line of bars per network of ``baselines``, for its first training that has groups."""
    bars = grouped(table)
    if bars.empty:
        return None
    first = bars["training"].iloc[0]
    bars = bars[bars["training"].eq(first)]
    shown = numbered(network_labels(table))
    names = list(dict.fromkeys(bars["label"]))
    lines = {name: line for line, name in enumerate(names)}
    traces = [
        {
            "type": "bar", "orientation": "h", "name": group, "x": _floats(chosen["accuracy"]),
            "y": [lines[label] for label in chosen["label"]], "text": _texts(chosen["label"]),
            "customdata": list(chosen["label"]), "textposition": "none",
            "hovertemplate": "%{text}<br>" + group + ": %{x:.1f} %<extra></extra>",
        }
        for group in GROUPS
        if not (chosen := bars[bars["group"].eq(group)]).empty
    ]  # fmt: skip
    layout = {
        "barmode": "group",
        "bargap": 0.25,
        "xaxis": {"title": {"text": "accuracy (%)"}, "range": [0, 100]},
        "yaxis": {
            "tickvals": list(lines.values()),
            "ticktext": [escape(shortened(shown[name], _MAX_TICK)) for name in names],
            "ticks": "outside",
            "tickcolor": "rgba(0,0,0,0)",
            "range": [len(names) - 0.5, -0.5],
        },
    }
    caption = (
        f"Classes with many, medium and few training images of {first}; an empty group has no bar."
    )
    height = _MARGINS + (8 * len(traces) + 8) * len(names)
    return _chart("groups", "Who pays for the tail?", caption, traces, layout, height)


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


def _line(x: list[float], y: list[float], name: str) -> Chart:
    dotted = {"width": 1, "dash": "dot"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": dotted, "name": name}


def _axes(x: str, y: str) -> dict[str, Any]:
    """The layout with titles of both axes."""
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}


def _chart(
    name: str,
    title: str,
    caption: str,
    traces: list[Chart],
    layout: dict[str, Any],
    height: int = 0,
) -> Chart:
    described = {"name": name, "title": title, "caption": caption, "height": height}
    return {**described, "traces": traces, "layout": layout}


def _floats(column: "pd.Series[Any]") -> list[float]:
    return [float(value) for value in column]


def _texts(column: "pd.Series[Any]") -> list[str]:
    """Escaped, in lines that fit a phone: a cell breaks before each further node."""
    return ["<br>".join(map(escape, _broken(str(value)))) for value in column]


def _broken(text: str) -> list[str]:
    nodes = text.replace("|+|", "|\n+|").split("\n")
    return [line for node in nodes for line in textwrap.wrap(node, _MAX_HOVER) or [""]]
