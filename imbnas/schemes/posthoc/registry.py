"""The registry of post-hoc steps."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from imbnas.schemes.posthoc.configs import PostHocConfig

_KANG_2020 = "Kang et al. 2020, arXiv 1910.09217"
_TABLE = {
    "logit-adjust": (
        "LogitAdjustmentConfig",
        "subtract tau log pi from the logits (Menon et al. 2021, arXiv 2007.07314)",
    ),
    "tau-norm": ("TauNormConfig", f"divide class weights by their norm^tau ({_KANG_2020})"),
    "ncm": ("NcmConfig", f"nearest class mean ({_KANG_2020})"),
    "crt": ("CrtConfig", f"train a new classifier, class-balanced ({_KANG_2020})"),
    "lws": ("LwsConfig", f"train one scale a class, class-balanced ({_KANG_2020})"),
    "marc": ("MarcConfig", "train a margin a class (Wang et al. 2022, arXiv 2112.07225)"),
    "disalign": (
        "DisAlignConfig",
        "train an adaptive calibration of logits (Zhang et al. 2021, arXiv 2103.16370)",
    ),
}

# Entries are classes of options: naming and checking a step does not import torch.
POSTHOC_STEPS: "Registry[type[PostHocConfig]]" = Registry(
    "post-hoc step",
    {
        name: (f"imbnas.schemes.posthoc.configs:{config}", "1", summary)
        for name, (config, summary) in _TABLE.items()
    },
    entry_points="imbnas.posthoc",
)
