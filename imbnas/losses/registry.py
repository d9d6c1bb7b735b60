"""The registry of losses."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from imbnas.losses.configs import LossConfig

_CONFIGS = "imbnas.losses.configs:"

LOSSES: "Registry[type[LossConfig]]" = Registry(
    "loss",
    {
        "ce": (_CONFIGS + "CrossEntropyConfig", "1", "cross entropy"),
        "inverse": (
            _CONFIGS + "InverseConfig",
            "1",
            "cross entropy weighted by 1/n",
        ),
        "sqrt-inverse": (
            _CONFIGS + "SqrtInverseConfig",
            "1",
            "cross entropy weighted by n^-1/2",
        ),
        "power": (
            _CONFIGS + "PowerConfig",
            "1",
            "cross entropy weighted by n^-power (Zhang et al. 2021, arXiv 2103.16370)",
        ),
        "cb-ce": (
            _CONFIGS + "ClassBalancedConfig",
            "1",
            "cross entropy weighted by effective numbers (Cui et al. 2019, arXiv 1901.05555)",
        ),
    },
    entry_points="imbnas.losses",
)
