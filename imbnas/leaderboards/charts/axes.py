"""Limits and ticks of axes, the same wherever a chart is drawn."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from imbnas.leaderboards.charts.chart import Axis

_MARGIN = 0.06
"""Share of an axis that stays free at either end."""
_STEPS = (1.0, 2.0, 5.0, 10.0)
_MOST_TICKS = 6
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def linear(title: str, values: Iterable[float], *within: float) -> Axis:
    """An axis that holds all values.

    Args:
        title: of the axis.
        values: finite ones; none is like 0 alone.
        within: limits that it does not leave by its margins, such as 0 and 100; none are set.
    """
    held = list(values) or [0.0]
    low, high = _wide(min(held), max(held))
    if within:
        low, high = max(low, min(within)), min(high, max(within))
    return Axis(title, low, high, tuple((at, f"{at:g}") for at in nice(low, high)))


def logarithmic(title: str, values: Iterable[float]) -> Axis:
    """A logarithmic axis that holds all values, which are above 0; ticks at 1, 2 and 5."""
    held = list(values)
    low, high = (10**end for end in _wide(math.log10(min(held)), math.log10(max(held)), 0.1))
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**ten for ten in tens for step in _STEPS[:-1]]
    shown = [tick for tick in ticks if low <= tick <= high]
    if len(shown) > _MOST_TICKS:
        shown = [tick for tick in shown if math.log10(tick) % 1 < 1e-9]
    return Axis(title, low, high, tuple((tick, short(tick)) for tick in shown), log=True)


@dataclass(frozen=True)
class SymmetricLog:
    """A scale that is linear up to ``threshold`` and logarithmic beyond; of values from 0 on."""

    threshold: float
    linear_share: float = 0.6
    """Length of the linear part, in decades of the other."""

    @classmethod
    def of(cls, values: Iterable[float]) -> "SymmetricLog":
        """The scale whose logarithmic part holds all values but 0."""
        paid = [value for value in values if value > 0]
        return cls(10.0 ** math.floor(math.log10(min(paid))) if paid else 1.0)

    def at(self, value: float) -> float:
        """The position of a value."""
        if value <= self.threshold:
            return self.linear_share * value / self.threshold
        return self.linear_share + math.log10(value / self.threshold)

    def axis(self, title: str, values: Iterable[float]) -> Axis:
        """The axis with ticks at 0 and at powers of ten."""
        most = max([*values, self.threshold])
        decades = math.ceil(math.log10(most / self.threshold) - 1e-9)
        ticks = [0.0, *(self.threshold * 10.0**ten for ten in range(decades + 1))]
        low, high = _wide(0.0, self.at(most), 0.1)
        at = [(self.at(tick), f"{tick:g}") for tick in ticks]
        return Axis(title, low, high, tuple(each for each in at if each[0] <= high))


def nice(low: float, high: float) -> list[float]:
    """Round numbers within [low, high], seven at most, a step of 1, 2 or 5 apart."""
    rough = (high - low) / _MOST_TICKS
    ten = 10.0 ** math.floor(math.log10(rough))
    step = next(step * ten for step in _STEPS if step * ten >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    found = (float(f"{number * step:.12g}") for number in range(first, last + 1))
    return [tick for tick in found if low <= tick <= high]


def short(value: float) -> str:
    """A number with a letter for thousands, millions and so on: ``50k``."""
    for size, letter in _UNITS:
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def known(values: Iterable[float | None]) -> list[float]:
    """Those that are numbers."""
    return [float(value) for value in values if value is not None and value == value]


def _wide(low: float, high: float, margin: float = _MARGIN) -> tuple[float, float]:
    # Of values that floating point hardly tells apart, a share of the difference may be nothing.
    span = abs(high) if math.isclose(low, high) else high - low
    room = span * margin or margin
    return low - room, high + room
