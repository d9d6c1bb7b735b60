"""The registry of post-hoc steps."""

from typing import TYPE_CHECKING, Any

from imbnas.registry import Registry, built_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from imbnas.schemes.posthoc.configs import PostHocConfig

_KANG_2020 = "Kang et al. 2020, arXiv 1910.09217"


def _options(name: str, summary: str) -> tuple[Any, str, str]:
    """The entry of a class of options: naming and checking it does not import torch."""
    return built_in(f"imbnas.schemes.posthoc.configs:{name}", summary)


POSTHOC_STEPS: "Registry[Callable[..., PostHocConfig]]" = Registry(
    "post-hoc step",
    {
        "logit-adjust": _options(
            "LogitAdjustmentConfig",
            "subtract tau log pi from the logits (Menon et al. 2021, arXiv 2007.07314)",
        ),
        "tau-norm": _options(
            "TauNormConfig", f"divide class weights by their norm^tau ({_KANG_2020})"
        ),
        "ncm": _options("NcmConfig", f"nearest class mean ({_KANG_2020})"),
        "crt": _options("CrtConfig", f"train a new classifier, class-balanced ({_KANG_2020})"),
        "lws": _options("LwsConfig", f"train one scale per class, class-balanced ({_KANG_2020})"),
        "marc": _options(
            "MarcConfig", "train a margin per class (Wang et al. 2022, arXiv 2112.07225)"
        ),
        "disalign": _options(
            "DisAlignConfig",
            "train an adaptive calibration of logits (Zhang et al. 2021, arXiv 2103.16370)",
        ),
    },
    entry_points="imbnas.posthoc",
)
