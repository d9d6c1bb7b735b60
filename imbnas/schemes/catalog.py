"""The built-in schemes, with the paper each comes from."""

from typing import Any

from imbnas.units.schemes import SchemeSpec

Row = tuple[str, tuple[SchemeSpec, str, str]]

_CUI_2019 = "Cui et al. 2019, arXiv 1901.05555"
_CAO_2019 = "Cao et al. 2019, arXiv 1906.07413"
_KANG_2020 = "Kang et al. 2020, arXiv 1910.09217"
_MENON_2021 = "Menon et al. 2021, arXiv 2007.07314"
_ZHANG_2021 = "Zhang et al. 2021, arXiv 2103.16370"


def _scheme(name: str, summary: str, loss: str = "ce", version: str = "1", **fields: Any) -> Row:
    spec = SchemeSpec(name=name, version=version, loss=loss, **fields)
    return name, (spec, version, summary)


def _of_loss(name: str, summary: str, **fields: Any) -> Row:
    return _scheme(name, summary, loss=name, **fields)


def _after_ce(step: str, summary: str) -> Row:
    """A post-hoc step after cross entropy."""
    return _scheme(f"ce-{step}", f"cross entropy, then {summary}", posthoc=step)


_ROWS = (
    # The loss alone.
    _of_loss("ce", "cross entropy, no correction"),
    _of_loss(
        "label-smoothing", "uniform label smoothing 0.1 (Szegedy et al. 2016, arXiv 1512.00567)"
    ),
    _of_loss(
        "label-aware-smoothing",
        "label smoothing from 0.4 at the head to 0.1 at the tail (Zhong et al. 2021, "
        "arXiv 2104.00466)",
    ),
    _of_loss("focal", "softmax focal loss, gamma 2 (Lin et al. 2017, arXiv 1708.02002)"),
    _of_loss("inverse", f"weights 1/n ({_ZHANG_2021})"),
    _of_loss("sqrt-inverse", f"weights n^-1/2 ({_ZHANG_2021})"),
    _of_loss("power", f"weights n^-1.2 ({_ZHANG_2021})"),
    _of_loss("cb-ce", f"effective-number weights, beta 0.9999 ({_CUI_2019})"),
    _of_loss(
        "cb-focal",
        f"sigmoid focal loss, gamma 1, effective-number weights ({_CUI_2019})",
        version="2",
        normalise="n",
    ),
    _of_loss(
        "ldam",
        f"label-distribution-aware margins on a cosine classifier ({_CAO_2019})",
        classifier="cosine",
    ),
    _of_loss("balanced-softmax", "softmax over z + log n (Ren et al. 2020, arXiv 2007.10740)"),
    _of_loss("logit-adjust", f"softmax over z + tau log pi, tau 1 ({_MENON_2021})"),
    _of_loss("cdt", "class-dependent temperatures, gamma 0.2 (Ye et al. 2020, arXiv 2001.01385)"),
    _of_loss("vs", "vector scaling, gamma 0.3, tau 1 (Kini et al. 2021, arXiv 2103.01550)"),
    _of_loss("lade", "label distribution disentangling (Hong et al. 2021, arXiv 2012.00321)"),
    _of_loss("equalization", "softmax equalization, gamma 0.9 (Tan et al. 2020, arXiv 2003.05176)"),
    _of_loss("seesaw", "seesaw loss (Wang et al. 2021, arXiv 2008.10032)"),
    _of_loss(
        "influence-balanced",
        "influence-balanced loss after cross entropy for half of the training (Park et al. 2021, "
        "arXiv 2110.02444)",
        normalise="n",
        deferred_from=0.5,
    ),
    _of_loss(
        "gcl",
        "Gaussian clouded logits on a cosine classifier, mixup (Li et al., CVPR 2022)",
        classifier="cosine",
        mixing="mixup",
    ),
    # Deferred weights and class-aware drawing.
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
    _scheme("balanced-sampling", f"class-balanced drawing ({_KANG_2020})", sampler="balanced"),
    _scheme(
        "sqrt-sampling", f"classes drawn in proportion to n^1/2 ({_KANG_2020})", sampler="sqrt"
    ),
    _scheme(
        "progressive-sampling",
        f"drawing that goes from instance to class-balanced ({_KANG_2020})",
        sampler="progressive",
    ),
    # Mixing.
    _scheme("mixup", "mixup, alpha 1 (Zhang et al. 2018, arXiv 1710.09412)", mixing="mixup"),
    _scheme("cutmix", "cutmix, alpha 1 (Yun et al. 2019, arXiv 1905.04899)", mixing="cutmix"),
    _scheme(
        "remix",
        "remix, alpha 1, kappa 3, tau 0.5 (Chou et al. 2020, arXiv 2007.03943)",
        mixing="remix",
    ),
    # A step after training.
    _scheme(
        "ce-posthoc-logit-adjust",
        f"cross entropy, then z - tau log pi, tau 1 ({_MENON_2021})",
        posthoc="logit-adjust",
    ),
    _after_ce("tau-norm", f"class weights of norm 1 ({_KANG_2020})"),
    _after_ce("ncm", f"nearest class mean ({_KANG_2020})"),
    _after_ce("crt", f"a new class-balanced classifier ({_KANG_2020})"),
    _after_ce("lws", f"learnt weight scaling ({_KANG_2020})"),
    _after_ce("marc", "margin calibration (Wang et al. 2022, arXiv 2112.07225)"),
    _after_ce("disalign", f"adaptive calibration ({_ZHANG_2021})"),
)

CATALOG = dict(_ROWS)
"""Name → scheme, version and summary."""
