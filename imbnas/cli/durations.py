"""Durations in words."""

_UNITS = (
    ("years", 365.25 * 86400),
    ("days", 86400.0),
    ("hours", 3600.0),
    ("minutes", 60.0),
    ("seconds", 1.0),
)


def format_range(low: float, high: float) -> str:
    """A range of seconds in the largest unit that its end fills, as "3.1 to 4.5 hours"."""
    # 90 minutes say more than 1.5 hours, and 36 hours more than 1.5 days.
    word, size = next((u for u in _UNITS if high >= 1.5 * u[1]), _UNITS[-1])
    first, last = _number(low / size), _number(high / size)
    return f"{last} {word}" if first == last else f"{first} to {last} {word}"


def _number(value: float) -> str:
    if value >= 1000:
        return f"{float(f'{value:.2g}'):,.0f}"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
