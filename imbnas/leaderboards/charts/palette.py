"""Colours of charts and verdicts, on light and on dark ground.

Light ones are Okabe and Ito's colour-blind safe palette; dark ones have the same hues, lighter.
"""

from typing import Literal

Colour = Literal[
    "blue", "orange", "green", "purple", "sky", "amber", "grey", "ink", "line", "paper"
]
PALETTE: dict[Colour, tuple[str, str]] = {
    "blue": ("#0072b2", "#5cb3ec"),
    "orange": ("#d55e00", "#ff9248"),
    "green": ("#009e73", "#2fc79b"),
    "purple": ("#cc79a7", "#e79cc5"),
    "sky": ("#56b4e9", "#a4dafa"),
    "amber": ("#e69f00", "#f5c14e"),
    "grey": ("#6b727a", "#929aa3"),
    "ink": ("#1c1e21", "#e7e9ec"),
    "line": ("#dcdfe3", "#363c45"),
    "paper": ("#ffffff", "#1d2127"),
}
"""Name → colour on light and on dark ground; ``paper`` is the ground."""


def light(colour: Colour) -> str:
    """The colour on light ground."""
    return PALETTE[colour][0]


def variables() -> str:
    """CSS that defines each colour as ``--NAME``, for light and for dark."""
    grounds = [" ".join(f"--{name}: {pair[i]};" for name, pair in PALETTE.items()) for i in (0, 1)]
    return (
        f":root {{ {grounds[0]} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {grounds[1]} }} }}\n"
    )
