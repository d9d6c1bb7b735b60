"""The registry of losses."""

from typing import TYPE_CHECKING

from imbnas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbnas.losses.configs import LossConfig

# Entries are classes of options: naming and checking a loss does not import torch.
LOSSES: "Registry[Callable[..., LossConfig]]" = Registry(
    "loss",
    {
        "ce": ("imbnas.losses.configs:CrossEntropyConfig", "1", "cross entropy"),
        "inverse": ("imbnas.losses.configs:InverseConfig", "1", "cross entropy weighted by 1/n"),
        "sqrt-inverse": (
            "imbnas.losses.configs:SqrtInverseConfig",
            "1",
            "cross entropy weighted by n^-1/2",
        ),
        "power": (
            "imbnas.losses.configs:PowerConfig",
            "1",
            "cross entropy weighted by n^-power (Zhang et al. 2021, arXiv 2103.16370)",
        ),
        "cb-ce": (
            "imbnas.losses.configs:ClassBalancedConfig",
            "1",
            "cross entropy weighted by effective numbers (Cui et al. 2019, arXiv 1901.05555)",
        ),
        "label-smoothing": (
            "imbnas.losses.configs:LabelSmoothingConfig",
            "1",
            "uniform label smoothing (Szegedy et al. 2016, arXiv 1512.00567)",
        ),
        "label-aware-smoothing": (
            "imbnas.losses.configs:LabelAwareSmoothingConfig",
            "1",
            "label smoothing from head to tail (Zhong et al. 2021, arXiv 2104.00466)",
        ),
        "focal": (
            "imbnas.losses.configs:FocalConfig",
            "1",
            "focal loss, softmax or sigmoid (Lin et al. 2017, arXiv 1708.02002)",
        ),
        "cb-focal": (
            "imbnas.losses.configs:ClassBalancedFocalConfig",
            "1",
            "sigmoid focal loss weighted by effective numbers (Cui et al. 2019, arXiv 1901.05555)",
        ),
        "ldam": (
            "imbnas.losses.configs:LdamConfig",
            "1",
            "label-distribution-aware margins on cosines (Cao et al. 2019, arXiv 1906.07413)",
        ),
        "balanced-softmax": (
            "imbnas.losses.configs:BalancedSoftmaxConfig",
            "1",
            "softmax over z + log n (Ren et al. 2020, arXiv 2007.10740)",
        ),
        "logit-adjust": (
            "imbnas.losses.configs:LogitAdjustConfig",
            "1",
            "softmax over z + tau log pi (Menon et al. 2021, arXiv 2007.07314)",
        ),
        "cdt": (
            "imbnas.losses.configs:CdtConfig",
            "1",
            "class-dependent temperatures (Ye et al. 2020, arXiv 2001.01385)",
        ),
        "vs": (
            "imbnas.losses.configs:VsConfig",
            "1",
            "vector scaling (Kini et al. 2021, arXiv 2103.01550)",
        ),
        "lade": (
            "imbnas.losses.configs:LadeConfig",
            "1",
            "label distribution disentangling (Hong et al. 2021, arXiv 2012.00321)",
        ),
        "equalization": (
            "imbnas.losses.configs:EqualizationConfig",
            "1",
            "softmax equalization (Tan et al. 2020, arXiv 2003.05176)",
        ),
        "seesaw": (
            "imbnas.losses.configs:SeesawConfig",
            "1",
            "seesaw loss (Wang et al. 2021, arXiv 2008.10032)",
        ),
        "influence-balanced": (
            "imbnas.losses.configs:InfluenceBalancedConfig",
            "1",
            "influence-balanced loss (Park et al. 2021, arXiv 2110.02444)",
        ),
        "gcl": (
            "imbnas.losses.configs:GclConfig",
            "1",
            "Gaussian clouded logits (Li et al., CVPR 2022)",
        ),
    },
    entry_points="imbnas.losses",
)
