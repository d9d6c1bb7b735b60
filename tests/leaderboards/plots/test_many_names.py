"""Pictures of many things with long names: no text on another, no two series alike."""

import itertools
from collections.abc import Iterator

import matplotlib.colors as mcolors
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from imbnas.leaderboards.chart_data.names import MAX_NAME, shortened
from imbnas.leaderboards.chart_data.networks import networks
from imbnas.leaderboards.charts.catalog import charts
from imbnas.leaderboards.plots.drawing import draw
from imbnas.leaderboards.plots.figures import freeze, new_figure, style, to_png, to_svg
from imbnas.leaderboards.plots.marks import marks
from imbnas.leaderboards.plots.placing import place
from imbnas.spaces.darts.genotype import KNOWN

TITLE = "a-suite-with-a-long-name@12/mini"
STRATEGIES = [f"head-per-arch(head=ridge,regularisation=1e-{n},epochs=20)" for n in range(13)]
GENOTYPES = [str(genotype) for genotype in itertools.islice(KNOWN.values(), 4)]
TRAININGS = ["cifar10@100x", "cifar100@1x:like-100x", "cifar100@100x", "cifar100@400x", "x@1x"]


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Thirteen strategies close to one another, four genotypes, five trainings."""
    rng = np.random.default_rng(0)
    adaptation = pd.DataFrame(
        {
            "part": "adaptation", "strategy": [*STRATEGIES, "random-pick"], "source": "x@1x",
            "source_scheme": "ce", "target": TRAININGS[0], "target_scheme": "cb-drw",
            "regret": [*rng.choice([1.0, 1.05, 4.0], len(STRATEGIES)), 6.0], "regret_sd": 2.0,
            "cost_ratio": [*rng.choice([0.0, 0.11, 0.112, 1.0], len(STRATEGIES)), None],
            "scored_on": "target",
        }
    )  # fmt: skip
    models = [
        *((f"{n} architectures", f"searched by {s}", n) for n, s in enumerate(STRATEGIES)),
        *((genotype, "darts", 20 + n) for n, genotype in enumerate(GENOTYPES)),
        ("resnet10t", "timm", 50),
    ]
    baselines = pd.DataFrame(
        [
            {
                "part": "p", "model": model, "source": source, "pretrained": False,
                "condition": training, "scheme": "cb-drw", "macs": (20 + size) * 10**4,
                "accuracy_mean": 60 + rng.normal(0, 2), "accuracy_sd": 2.0, "many": 90.0,
                "medium": 60.0, "few": 100 * rng.random(),
            }
            for training in TRAININGS
            for model, source, size in models
        ]
    )  # fmt: skip
    ranks = np.arange(1.0, 31)
    architectures = pd.DataFrame(
        {
            "part": "p", "architecture": [GENOTYPES[0] + str(n) for n in range(30)],
            "balanced_rank": ranks, "long_tailed_rank": np.roll(ranks, 3),
            "rank_difference": ranks - np.roll(ranks, 3), "macs": 1000 * ranks,
            f"mean {TRAININGS[4]} ce": 90.0, f"mean {TRAININGS[0]} cb-drw": 50 + ranks,
        }
    )  # fmt: skip
    return {
        "adaptation": adaptation, "baselines": baselines, "architectures": architectures,
        "rank_correlation": pd.DataFrame(),
    }  # fmt: skip


def shown_texts(axes: Axes) -> Iterator[Text]:
    yield from axes.texts
    yield from (axes.title, axes.xaxis.label, axes.yaxis.label)
    for axis, (low, high), place_of in (
        (axes.xaxis, sorted(axes.get_xlim()), 0),
        (axes.yaxis, sorted(axes.get_ylim()), 1),
    ):
        for label in axis.get_majorticklabels():
            if low <= label.get_position()[place_of] <= high:
                yield label


def all_texts(figure: Figure) -> list[Text]:
    texts = [text for axes in figure.axes for text in shown_texts(axes)]
    texts += [text for legend in figure.legends for text in legend.get_texts()]
    for part in (figure, *figure.subfigs):
        texts += part.texts
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def box_of(text: Text) -> Bbox:
    # An annotation's own extent has its line, too.
    return Text.get_window_extent(text)


def overlaps(texts: list[Text]) -> list[tuple[str, str]]:
    # A pixel of slack: neighbouring boxes may touch.
    boxes = [box_of(text).padded(-1) for text in texts]
    pairs = itertools.combinations(zip(texts, boxes, strict=True), 2)
    return [(a.get_text(), b.get_text()) for (a, one), (b, two) in pairs if one.overlaps(two)]


@pytest.mark.parametrize("name", ["cost_regret", "accuracy_macs", "groups", "rank_shift"])
def test_no_text_stands_on_another_or_leaves_the_picture(
    tables: dict[str, pd.DataFrame], name: str
) -> None:
    (chart,) = (chart for chart in charts(tables) if chart.name == name)
    with style():
        figure = draw(chart, TITLE)
        figure.draw_without_rendering()
        texts = all_texts(figure)
        assert len(texts) > len(STRATEGIES)
        assert overlaps(texts) == []

        def inside(corner: tuple[float, float]) -> bool:
            return bool(figure.bbox.padded(1).contains(*corner))

        leaving = [t.get_text() for t in texts if not all(map(inside, box_of(t).corners()))]
        assert leaving == []


def test_twenty_series_differ_in_colour_or_marker_and_neighbours_in_both() -> None:
    looks = list(marks([f"series {n}" for n in range(20)]).values())
    assert len({(look.colour, look.marker) for look in looks}) == 20
    for one, two in itertools.pairwise(looks):
        assert one.colour != two.colour
        assert one.marker != two.marker


def test_colours_stay_apart_for_deuteranopes_and_on_white() -> None:
    # Machado, Oliveira and Fernandes (2009), severity 1, applied to linear RGB.
    blindness = np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    )  # fmt: skip
    colours = [*{look.colour for look in marks(list(map(str, range(20)))).values()}, "white"]
    linear = np.array([mcolors.to_rgb(colour) for colour in colours]) ** 2.2
    seen = np.clip(linear @ blindness.T, 0, 1) ** (1 / 2.2)
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(distances) > 0.1


def test_crowded_points_get_numbers_apart_and_the_same_ones_again() -> None:
    def placed() -> tuple[Figure, list[tuple[float, float]]]:
        figure = new_figure()
        axes = figure.subplots()
        axes.set(xlim=(0, 10), ylim=(0, 10))
        freeze(figure)
        points = [(5 + 0.05 * (n % 4), 5 + 0.05 * (n // 4)) for n in range(13)]
        notes = place(axes, [*points, (5.2, 5.2)], [str(n) for n in range(13)])
        figure.draw_without_rendering()
        assert overlaps(list(notes)) == []
        return figure, [note.get_position() for note in notes]

    (figure, first), (_, second) = placed(), placed()
    assert first == second
    assert to_svg(figure).startswith(b"<?xml")
    assert to_png(figure).startswith(b"\x89PNG")


def test_long_names_keep_both_ends() -> None:
    assert shortened("p1") == "p1"
    short = shortened(GENOTYPES[0])
    assert len(short) == MAX_NAME
    assert short.startswith("Genotype(normal=")
    assert short.endswith("])")
    assert shortened("a" * MAX_NAME) == "a" * MAX_NAME


def test_another_network_of_the_same_name_is_distinguished_by_its_part(
    tables: dict[str, pd.DataFrame],
) -> None:
    row = tables["baselines"].head(1)
    again = row.assign(part="again")
    other = row.assign(part="other", accuracy_mean=1.0)
    assert list(networks(pd.concat([row, again]))["label"]) == [STRATEGIES[0]]
    named = networks(pd.concat([row, again, other, row.assign(part="x -> y", few=0.0)]))
    labels = [STRATEGIES[0], *(f"{STRATEGIES[0]} [{part}]" for part in ("other", "x -> y"))]
    assert list(named["label"]) == labels


def test_a_part_is_named_without_the_target_that_the_panel_names(
    tables: dict[str, pd.DataFrame],
) -> None:
    row = tables["baselines"].head(1).assign(condition="b@9x")
    other = row.assign(part="adaptation a@1x -> b@9x", accuracy_mean=1.0)
    named = networks(pd.concat([row, other]))
    assert list(named["label"]) == [STRATEGIES[0], f"{STRATEGIES[0]} [adaptation a@1x]"]
