"""Options that people write as ``2h``, ``1h30m`` or ``4GB``."""

import re
from typing import Any

import click

_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d{1,15}(?:\.\d{1,15})?(?:s|min|m|h|d))+")
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(s|min|m|h|d)")
_BYTES = {
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)([kmgt]i?b)")


class Duration(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """Seconds, written with units: ``45s``, ``90m``, ``2h``, ``1h30m``, ``1d``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Seconds as a float."""
        if isinstance(value, float):
            return value
        text = str(value).replace(" ", "").lower()
        if not _DURATION.fullmatch(text):
            self.fail(f"{value!r} is no duration; write 45s, 90m, 2h, 1h30m or 1d", param, ctx)
        return float(sum(float(number) * _SECONDS[unit] for number, unit in _PIECE.findall(text)))


class Size(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """Bytes, written with units: ``512MB``, ``4GB``, ``1.5GiB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Bytes as an integer."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).replace(" ", "").lower())
        if found is None:
            raise click.BadParameter(
                f"{value!r} is no size; write 512MB, 4GB or 1.5GiB", ctx, param
            )
        return int(float(found[1]) * _BYTES[found[2]])
