"""The built-in schemes, with the paper each comes from."""

from dataclasses import dataclass
from typing import Any

from imbnas.units.schemes import SchemeSpec

_CUI_2019 = "Cui et al. 2019, arXiv 1901.05555"
_CAO_2019 = "Cao et al. 2019, arXiv 1906.07413"
_KANG_2020 = "Kang et al. 2020, arXiv 1910.09217"
_MENON_2021 = "Menon et al. 2021, arXiv 2007.07314"
_ZHANG_2021 = "Zhang et al. 2021, arXiv 2103.16370"


@dataclass(frozen=True)
class CatalogEntry:
    """A scheme and one line about it."""

    spec: SchemeSpec
    summary: str


def _scheme(name: str, summary: str, version: str = "1", **fields: Any) -> CatalogEntry:
    return CatalogEntry(SchemeSpec(name=name, version=version, **fields), summary)


_LOSSES = (
    _scheme("ce", "cross entropy, no correction", loss="ce"),
    _scheme(
        "label-smoothing",
        "uniform label smoothing 0.1 (Szegedy et al. 2016, arXiv 1512.00567)",
        loss="label-smoothing",
    ),
    _scheme(
        "label-aware-smoothing",
        "label smoothing from 0.4 at the head to 0.1 at the tail (Zhong et al. 2021, "
        "arXiv 2104.00466)",
        loss="label-aware-smoothing",
    ),
    _scheme(
        "focal",
        "softmax focal loss, gamma 2 (Lin et al. 2017, arXiv 1708.02002)",
        loss="focal",
    ),
    _scheme("inverse", f"weights 1/n ({_ZHANG_2021})", loss="inverse"),
    _scheme("sqrt-inverse", f"weights n^-1/2 ({_ZHANG_2021})", loss="sqrt-inverse"),
    _scheme("power", f"weights n^-1.2 ({_ZHANG_2021})", loss="power"),
    _scheme("cb-ce", f"effective-number weights, beta 0.9999 ({_CUI_2019})", loss="cb-ce"),
    _scheme(
        "cb-focal",
        f"sigmoid focal loss, gamma 1, effective-number weights ({_CUI_2019})",
        loss="cb-focal",
    ),
    _scheme(
        "ldam",
        f"label-distribution-aware margins on a cosine classifier ({_CAO_2019})",
        loss="ldam",
        classifier="cosine",
    ),
    _scheme(
        "balanced-softmax",
        "softmax over z + log n (Ren et al. 2020, arXiv 2007.10740)",
        loss="balanced-softmax",
    ),
    _scheme(
        "logit-adjust",
        f"softmax over z + tau log pi, tau 1 ({_MENON_2021})",
        loss="logit-adjust",
    ),
    _scheme(
        "cdt",
        "class-dependent temperatures, gamma 0.2 (Ye et al. 2020, arXiv 2001.01385)",
        loss="cdt",
    ),
    _scheme(
        "vs",
        "vector scaling, gamma 0.3, tau 1 (Kini et al. 2021, arXiv 2103.01550)",
        loss="vs",
    ),
    _scheme(
        "lade",
        "label distribution disentangling (Hong et al. 2021, arXiv 2012.00321)",
        loss="lade",
    ),
    _scheme(
        "equalization",
        "softmax equalization, gamma 0.9 (Tan et al. 2020, arXiv 2003.05176)",
        loss="equalization",
    ),
    _scheme("seesaw", "seesaw loss (Wang et al. 2021, arXiv 2008.10032)", loss="seesaw"),
    _scheme(
        "influence-balanced",
        "influence-balanced loss after cross entropy for half of the training (Park et al. 2021, "
        "arXiv 2110.02444)",
        loss="influence-balanced",
        normalise="n",
        deferred_from=0.5,
    ),
    _scheme(
        "gcl",
        "Gaussian clouded logits on a cosine classifier, mixup (Li et al., CVPR 2022)",
        loss="gcl",
        classifier="cosine",
        mixing="mixup",
    ),
)

_SCHEDULES = (
    _scheme(
        "cb-drw",
        f"cross entropy, effective-number weights from 80% of the training on ({_CAO_2019})",
        loss="cb-ce",
        loss_options=(("beta", 0.9999),),
        deferred_from=0.8,
    ),
    _scheme(
        "ldam-drw",
        f"ldam, effective-number weights from 80% of the training on ({_CAO_2019})",
        loss="ldam",
        loss_options=(("beta", 0.9999), ("weights", "effective-number")),
        deferred_from=0.8,
        classifier="cosine",
    ),
    _scheme(
        "ce-drs",
        f"cross entropy, class-balanced drawing from 80% of the training on ({_CAO_2019})",
        loss="ce",
        sampler="balanced",
        sampler_deferred_from=0.8,
    ),
    _scheme(
        "ldam-drs",
        f"ldam, class-balanced drawing from 80% of the training on ({_CAO_2019})",
        loss="ldam",
        classifier="cosine",
        sampler="balanced",
        sampler_deferred_from=0.8,
    ),
    _scheme(
        "balanced-sampling", f"class-balanced drawing ({_KANG_2020})", loss="ce", sampler="balanced"
    ),
    _scheme(
        "sqrt-sampling",
        f"classes drawn in proportion to n^1/2 ({_KANG_2020})",
        loss="ce",
        sampler="sqrt",
    ),
    _scheme(
        "progressive-sampling",
        f"drawing that goes from instance to class-balanced ({_KANG_2020})",
        loss="ce",
        sampler="progressive",
    ),
)

_MIXING = (
    _scheme(
        "mixup", "mixup, alpha 1 (Zhang et al. 2018, arXiv 1710.09412)", loss="ce", mixing="mixup"
    ),
    _scheme(
        "cutmix", "cutmix, alpha 1 (Yun et al. 2019, arXiv 1905.04899)", loss="ce", mixing="cutmix"
    ),
    _scheme(
        "remix",
        "remix, alpha 1, kappa 3, tau 0.5 (Chou et al. 2020, arXiv 2007.03943)",
        loss="ce",
        mixing="remix",
    ),
)

_POSTHOC = (
    _scheme(
        "ce-posthoc-logit-adjust",
        f"cross entropy, then z - tau log pi, tau 1 ({_MENON_2021})",
        loss="ce",
        posthoc="logit-adjust",
    ),
    _scheme(
        "ce-tau-norm",
        f"cross entropy, then class weights of norm 1 ({_KANG_2020})",
        loss="ce",
        posthoc="tau-norm",
    ),
    _scheme(
        "ce-ncm",
        f"cross entropy, then nearest class mean ({_KANG_2020})",
        loss="ce",
        posthoc="ncm",
    ),
    _scheme(
        "ce-crt",
        f"cross entropy, then a new class-balanced classifier ({_KANG_2020})",
        loss="ce",
        posthoc="crt",
    ),
    _scheme(
        "ce-lws",
        f"cross entropy, then learnt weight scaling ({_KANG_2020})",
        loss="ce",
        posthoc="lws",
    ),
    _scheme(
        "ce-marc",
        "cross entropy, then margin calibration (Wang et al. 2022, arXiv 2112.07225)",
        loss="ce",
        posthoc="marc",
    ),
    _scheme(
        "ce-disalign",
        f"cross entropy, then adaptive calibration ({_ZHANG_2021})",
        loss="ce",
        posthoc="disalign",
    ),
)

CATALOG: tuple[CatalogEntry, ...] = _LOSSES + _SCHEDULES + _MIXING + _POSTHOC
