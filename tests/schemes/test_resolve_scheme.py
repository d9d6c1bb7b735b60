"""Looking schemes up, overriding them, and refusing what cannot work."""

import subprocess
import sys

import pytest

from imbnas.errors import InputError
from imbnas.losses import LOSSES
from imbnas.schemes import SCHEMES, resolve_scheme
from imbnas.schemes.parts import read_parts
from imbnas.schemes.posthoc.registry import POSTHOC_STEPS
from imbnas.units.frozen import content_sha256
from imbnas.units.schemes import SchemeSpec

NAMES = SCHEMES.names()


@pytest.mark.parametrize("name", NAMES)
def test_every_scheme_resolves_to_itself(name):
    spec = resolve_scheme(name)
    assert spec.name == name
    assert spec.version == SCHEMES.entry(name).version
    assert dict(spec.part_versions)["loss"] == LOSSES.entry(spec.loss).version
    read_parts(spec)
    assert SchemeSpec.model_validate_json(spec.model_dump_json()) == spec


def test_every_loss_and_every_posthoc_step_is_part_of_a_scheme():
    specs = [resolve_scheme(name) for name in NAMES]
    assert {spec.loss for spec in specs} == set(LOSSES.names())
    assert {spec.posthoc for spec in specs} - {None} == set(POSTHOC_STEPS.names())
    assert {spec.mixing for spec in specs} == {"none", "mixup", "cutmix", "remix"}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ce"])
def test_summaries_carry_a_citation(name):
    summary = SCHEMES.entry(name).summary
    assert "arXiv" in summary or "CVPR" in summary
    assert "\n" not in summary


def test_published_schemes_stand_as_published():
    drw = resolve_scheme("ldam-drw")
    assert (drw.loss, drw.classifier, drw.deferred_from) == ("ldam", "cosine", 0.8)
    assert dict(drw.loss_options) == {"weights": "effective-number", "beta": 0.9999}
    assert drw.normalise == "sum_w"
    drs = resolve_scheme("ce-drs")
    assert (drs.sampler, drs.sampler_deferred_from) == ("balanced", 0.8)
    balance = resolve_scheme("influence-balanced")
    assert (balance.normalise, balance.deferred_from) == ("n", 0.5)


def test_listing_and_resolving_import_nothing_heavy():
    program = (
        "import sys; from imbnas.schemes import SCHEMES, resolve_scheme\n"
        "for entry in SCHEMES.entries(): resolve_scheme(entry.name)\n"
        "heavy = {'torch', 'pandas', 'scipy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_overrides_merge_options_and_swap_the_form_of_a_switch():
    spec = resolve_scheme("ldam-drw", {"loss_options": {"max_margin": 0.3}})
    assert dict(spec.loss_options) == {
        "beta": 0.9999,
        "max_margin": 0.3,
        "weights": "effective-number",
    }
    spec = resolve_scheme("cb-drw", {"deferred_from_epoch": 160})
    assert (spec.deferred_from, spec.deferred_from_epoch) == (None, 160)
    spec = resolve_scheme("ce-drs", {"sampler_deferred_from_epoch": 3})
    assert (spec.sampler_deferred_from, spec.sampler_deferred_from_epoch) == (None, 3)
    spec = resolve_scheme("cb-ce", {"loss": "focal"})
    assert (spec.loss, spec.loss_options) == ("focal", ())
    spec = resolve_scheme("cb-drw", {"loss": "focal", "loss_options": {"weights": "inverse"}})
    assert dict(spec.loss_options) == {"weights": "inverse"}


def test_equal_options_have_equal_identity_and_different_ones_do_not():
    def identity(**options):
        return content_sha256(resolve_scheme("vs", {"loss_options": options}))

    assert identity(tau=1, gamma=0.2) == identity(gamma=0.2, tau=1.0)
    assert identity(tau=1) != identity(tau=1.5)


IMPOSSIBLE = [
    ("ldam", {"classifier": "linear"}, "needs a cosine classifier"),
    ("ce", {"classifier": "cosine"}, "needs a linear classifier"),
    ("ce", {"loss": "ldam"}, "needs a cosine classifier"),
    ("lade", {"mixing": "mixup"}, "integer labels only"),
    ("seesaw", {"mixing": "cutmix"}, "integer labels only"),
    ("influence-balanced", {"mixing": "remix"}, "integer labels only"),
    ("ce", {"deferred_from": 0.5}, "nothing to defer without class weights"),
    ("ce", {"sampler_deferred_from": 0.5}, "nothing to defer with sampler 'instance'"),
    ("cb-drw", {"deferred_from": 0.5, "deferred_from_epoch": 3}, "not both"),
    ("ce-drs", {"sampler_deferred_from": 0.5, "sampler_deferred_from_epoch": 3}, "not both"),
    ("ldam", {"posthoc": "tau-norm"}, "reads weight norms"),
    ("ldam-drw", {"posthoc": "marc"}, "reads weight norms"),
    ("ce", {"posthoc_options": {"tau": 1}}, "posthoc_options without posthoc"),
    ("ce", {"posthoc": "tau-nrm"}, "did you mean 'tau-norm'"),
    ("ce-crt", {"posthoc_options": {"epocs": 3}}, "'epocs': unknown option; did you mean 'epochs'"),
    ("ce", {"loss": "celoss"}, "unknown loss 'celoss'"),
    ("ce", {"loss_options": {"normalise": "n"}}, "normalise is a field of the scheme"),
    ("cb-ce", {"loss_options": {"deferred_from": 0.2}}, "deferred_from is a field of the scheme"),
    ("cb-ce", {"loss_options": {"beta": 1}}, r"'beta': 1 must be a number in \[0, 1\)"),
    ("cb-ce", {"loss_options": 3}, "table of options"),
    ("ce", {"sampler": "balancd"}, "unknown sampler 'balancd'; did you mean 'balanced'"),
    ("ce", {"normalise": "sum"}, "'normalise': 'sum' must be one of 'sum_w', 'n'"),
    ("ce", {"mixing": "mixupp"}, "'mixing': 'mixupp' must be one of"),
    ("mixup", {"mixing_alpha": 0}, r"'mixing_alpha': 0 must be a number in \(0"),
    ("cb-drw", {"deferred_from": 2}, r"'deferred_from': 2 must be a number in \[0, 1\]"),
    ("ce", {"los": "focal"}, "unknown field 'los'; did you mean 'loss'"),
    ("ce", {"version": "9"}, "unknown field 'version'"),
]


@pytest.mark.parametrize(("name", "overrides", "words"), IMPOSSIBLE)
def test_impossible_combinations_are_refused(name, overrides, words):
    with pytest.raises(InputError, match=words) as caught:
        resolve_scheme(name, overrides)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_an_unknown_scheme_is_answered_with_near_ones():
    with pytest.raises(InputError, match="unknown scheme 'ldam-dwr'; did you mean 'ldam-drw'"):
        resolve_scheme("ldam-dwr")


def test_a_scheme_and_a_loss_from_a_plugin_carry_the_hash_of_their_source(tmp_path):
    program = f"""
from pathlib import Path
from imbnas.registry import load_plugin
from imbnas.schemes import resolve_scheme
load_plugin(Path({str(tmp_path / "mine.py")!r}))
spec = resolve_scheme("mine")
assert spec.name == "mine" and spec.loss == "my-ce", spec
import hashlib
digest = hashlib.sha256(Path({str(tmp_path / "mine.py")!r}).read_bytes()).hexdigest()
assert spec.version == "7+" + digest, spec.version
assert dict(spec.part_versions)["loss"] == "3+" + digest, spec
import sys
assert "torch" not in sys.modules
"""
    (tmp_path / "mine.py").write_text(
        """
from imbnas.losses.configs import CrossEntropyConfig
from imbnas.losses.registry import LOSSES
from imbnas.schemes.registry import SCHEMES
from imbnas.units.schemes import SchemeSpec

@LOSSES.register("my-ce", version="3", summary="mine")
class MyConfig(CrossEntropyConfig):
    pass

@SCHEMES.register("mine", version="7", summary="mine")
def mine():
    return SchemeSpec(name="mine", version="7", loss="my-ce", sampler="sqrt")
"""
    )
    subprocess.run([sys.executable, "-c", program], check=True)
