"""The registry of post-hoc steps."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbnas.schemes.posthoc.configs import PostHocConfig

_KANG_2020 = "Kang et al. 2020, arXiv 1910.09217"

# Entries are classes of options: naming and checking a step does not import torch.
POSTHOC_STEPS: "Registry[Callable[..., PostHocConfig]]" = Registry(
    "post-hoc step",
    {
        "logit-adjust": (
            "imbnas.schemes.posthoc.configs:LogitAdjustmentConfig",
            "1",
            "subtract tau log pi from the logits (Menon et al. 2021, arXiv 2007.07314)",
        ),
        "tau-norm": (
            "imbnas.schemes.posthoc.configs:TauNormConfig",
            "1",
            f"divide class weights by their norm^tau ({_KANG_2020})",
        ),
        "ncm": (
            "imbnas.schemes.posthoc.configs:NcmConfig",
            "1",
            f"nearest class mean ({_KANG_2020})",
        ),
        "crt": (
            "imbnas.schemes.posthoc.configs:CrtConfig",
            "1",
            f"train a new classifier, class-balanced ({_KANG_2020})",
        ),
        "lws": (
            "imbnas.schemes.posthoc.configs:LwsConfig",
            "1",
            f"train one scale per class, class-balanced ({_KANG_2020})",
        ),
        "marc": (
            "imbnas.schemes.posthoc.configs:MarcConfig",
            "1",
            "train a margin per class (Wang et al. 2022, arXiv 2112.07225)",
        ),
        "disalign": (
            "imbnas.schemes.posthoc.configs:DisAlignConfig",
            "1",
            "train an adaptive calibration of logits (Zhang et al. 2021, arXiv 2103.16370)",
        ),
    },
    entry_points="imbnas.posthoc",
)
