"""The registry of losses."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from imbnas.losses.configs import LossConfig

_TABLE = {
    "ce": ("CrossEntropyConfig", "cross entropy"),
    "inverse": ("InverseConfig", "cross entropy weighted by 1/n"),
    "sqrt-inverse": ("SqrtInverseConfig", "cross entropy weighted by n^-1/2"),
    "power": (
        "PowerConfig",
        "cross entropy weighted by n^-power (Zhang et al. 2021, arXiv 2103.16370)",
    ),
    "cb-ce": (
        "ClassBalancedConfig",
        "cross entropy weighted by effective numbers (Cui et al. 2019, arXiv 1901.05555)",
    ),
    "label-smoothing": (
        "LabelSmoothingConfig",
        "uniform label smoothing (Szegedy et al. 2016, arXiv 1512.00567)",
    ),
    "label-aware-smoothing": (
        "LabelAwareSmoothingConfig",
        "label smoothing from head to tail (Zhong et al. 2021, arXiv 2104.00466)",
    ),
    "focal": ("FocalConfig", "focal loss, softmax or sigmoid (Lin et al. 2017, arXiv 1708.02002)"),
    "cb-focal": (
        "ClassBalancedFocalConfig",
        "sigmoid focal loss weighted by effective numbers (Cui et al. 2019, arXiv 1901.05555)",
    ),
    "ldam": (
        "LdamConfig",
        "label-distribution-aware margins on cosines (Cao et al. 2019, arXiv 1906.07413)",
    ),
    "balanced-softmax": (
        "BalancedSoftmaxConfig",
        "softmax over z + log n (Ren et al. 2020, arXiv 2007.10740)",
    ),
    "logit-adjust": (
        "LogitAdjustConfig",
        "softmax over z + tau log pi (Menon et al. 2021, arXiv 2007.07314)",
    ),
    "cdt": ("CdtConfig", "class-dependent temperatures (Ye et al. 2020, arXiv 2001.01385)"),
    "vs": ("VsConfig", "vector scaling (Kini et al. 2021, arXiv 2103.01550)"),
    "lade": (
        "LadeConfig",
        "label distribution disentangling (Hong et al. 2021, arXiv 2012.00321)",
    ),
    "equalization": (
        "EqualizationConfig",
        "softmax equalization (Tan et al. 2020, arXiv 2003.05176)",
    ),
    "seesaw": ("SeesawConfig", "seesaw loss (Wang et al. 2021, arXiv 2008.10032)"),
    "influence-balanced": (
        "InfluenceBalancedConfig",
        "influence-balanced loss (Park et al. 2021, arXiv 2110.02444)",
    ),
    "gcl": ("GclConfig", "Gaussian clouded logits (Li et al., CVPR 2022)"),
}

# Entries are classes of options: naming and checking a loss does not import torch.
LOSSES: "Registry[type[LossConfig]]" = Registry(
    "loss",
    {
        name: (f"imbnas.losses.configs:{config}", "1", summary)
        for name, (config, summary) in _TABLE.items()
    },
    entry_points="imbnas.losses",
)
