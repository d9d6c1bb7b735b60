import pytest

from imbnas.cli.durations import format_range


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0.2, 0.4, "0.2 to 0.4 seconds"),
        (20, 80, "20 to 80 seconds"),
        (100, 240, "1.7 to 4 minutes"),
        (3000, 7200, "0.8 to 2 hours"),
        (86400, 2 * 86400, "1 to 2 days"),
        (2e8, 4e8, "6.3 to 13 years"),
        (4e11, 4.1e11, "13,000 years"),
        (600, 600.1, "10 minutes"),
    ],
)
def test_a_range_is_told_in_the_unit_that_fits_its_end(low: float, high: float, told: str) -> None:
    assert format_range(low, high) == told
