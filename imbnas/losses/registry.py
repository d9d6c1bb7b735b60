"""The registry of losses."""

from typing import TYPE_CHECKING, Any

from imbnas.registry import Registry, built_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbnas.losses.configs import LossConfig


def _options(name: str, summary: str, version: str = "1") -> tuple[Any, str, str]:
    """The entry of a class of options: naming and checking it does not import torch."""
    return built_in(f"imbnas.losses.configs:{name}", summary, version)


LOSSES: "Registry[Callable[..., LossConfig]]" = Registry(
    "loss",
    {
        "ce": _options("CrossEntropyConfig", "cross entropy"),
        "inverse": _options("InverseConfig", "cross entropy weighted by 1/n"),
        "sqrt-inverse": _options("SqrtInverseConfig", "cross entropy weighted by n^-1/2"),
        "power": _options(
            "PowerConfig",
            "cross entropy weighted by n^-power (Zhang et al. 2021, arXiv 2103.16370)",
        ),
        "cb-ce": _options(
            "ClassBalancedConfig",
            "cross entropy weighted by effective numbers (Cui et al. 2019, arXiv 1901.05555)",
        ),
        "label-smoothing": _options(
            "LabelSmoothingConfig",
            "uniform label smoothing (Szegedy et al. 2016, arXiv 1512.00567)",
        ),
        "label-aware-smoothing": _options(
            "LabelAwareSmoothingConfig",
            "label smoothing from head to tail (Zhong et al. 2021, arXiv 2104.00466)",
        ),
        "focal": _options(
            "FocalConfig", "focal loss, softmax or sigmoid (Lin et al. 2017, arXiv 1708.02002)"
        ),
        "cb-focal": _options(
            "ClassBalancedFocalConfig",
            "sigmoid focal loss weighted by effective numbers (Cui et al. 2019, arXiv 1901.05555)",
            version="2",
        ),
        "ldam": _options(
            "LdamConfig",
            "label-distribution-aware margins on cosines (Cao et al. 2019, arXiv 1906.07413)",
        ),
        "balanced-softmax": _options(
            "BalancedSoftmaxConfig", "softmax over z + log n (Ren et al. 2020, arXiv 2007.10740)"
        ),
        "logit-adjust": _options(
            "LogitAdjustConfig", "softmax over z + tau log pi (Menon et al. 2021, arXiv 2007.07314)"
        ),
        "cdt": _options(
            "CdtConfig", "class-dependent temperatures (Ye et al. 2020, arXiv 2001.01385)"
        ),
        "vs": _options("VsConfig", "vector scaling (Kini et al. 2021, arXiv 2103.01550)"),
        "lade": _options(
            "LadeConfig", "label distribution disentangling (Hong et al. 2021, arXiv 2012.00321)"
        ),
        "equalization": _options(
            "EqualizationConfig", "softmax equalization (Tan et al. 2020, arXiv 2003.05176)"
        ),
        "seesaw": _options("SeesawConfig", "seesaw loss (Wang et al. 2021, arXiv 2008.10032)"),
        "influence-balanced": _options(
            "InfluenceBalancedConfig",
            "influence-balanced loss (Park et al. 2021, arXiv 2110.02444)",
        ),
        "gcl": _options("GclConfig", "Gaussian clouded logits (Li et al., CVPR 2022)"),
    },
    entry_points="imbnas.losses",
)
