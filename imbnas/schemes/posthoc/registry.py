"""The registry of post-hoc steps."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from imbnas.schemes.posthoc.configs import PostHocConfig

_CONFIGS = "imbnas.schemes.posthoc.configs:"

POSTHOC_STEPS: "Registry[type[PostHocConfig]]" = Registry(
    "post-hoc step",
    {
        "logit-adjust": (
            _CONFIGS + "LogitAdjustmentConfig",
            "1",
            "subtract tau log pi from the logits (Menon et al. 2021, arXiv 2007.07314)",
        ),
    },
    entry_points="imbnas.posthoc",
)
