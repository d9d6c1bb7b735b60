"""Baselines by name, from files, and ad hoc."""

import subprocess
import sys

import pytest

from imbnas.baselines.registry import BASELINES, load_baseline, read_baseline
from imbnas.errors import InputError, UnknownNameError

GOOD = 'version = "1"\nsummary = "s"\nmodel = "resnet10t"\n'


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_families_people_choose_from_are_there():
    families = ["resnet10t", "resnet18", "resnet26", "paper-resnet32", "resnext", "regnet"]
    families += ["mobilenetv3", "efficientnet_lite", "ghostnet", "repvgg", "convnext_atto"]
    families += ["mobileone", "fastvit", "deit", "mobilevit"]
    for family in families:
        assert any(name.startswith(family) for name in BASELINES.names()), family
    assert len(BASELINES.names()) >= 14


def test_listing_imports_neither_torch_nor_timm():
    code = (
        "import sys; from imbnas.baselines import BASELINES, load_baseline\n"
        "entries = BASELINES.entries()\n"
        "assert entries\n"
        "assert all(e.summary and e.version and e.origin == 'imbnas' for e in entries)\n"
        "load_baseline('resnet10t').check_resolution(8)\n"
        "print([m for m in ('torch', 'timm', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_shipped_names_are_read_from_their_files():
    for name in BASELINES.names():
        spec = load_baseline(name)
        assert spec.name == name
        assert "arXiv:" in spec.summary
        assert len(spec.summary) <= 100


def test_a_user_s_file_is_a_baseline(toml):
    path = toml(GOOD + "[fitting]\nsmallest_map = 2\n[model_options]\ndrop_path_rate = 0.1\n")
    spec = load_baseline(str(path))
    assert spec == read_baseline(path)
    assert spec.name == "mine"
    assert spec.fitting.smallest_map == 2
    assert dict(spec.model_options) == {"drop_path_rate": 0.1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "modle = 1\n", r"mine\.toml: modle: unknown key"),
        (GOOD + "[fitting]\nstem = 1\n", r"mine\.toml: fitting\.stem: unknown key"),
        (GOOD + "[fitting]\nsmallest_map = 0\n", r"mine\.toml: fitting\.smallest_map: .*greater"),
        (GOOD + "[recipe]\nepochs = 1\nlrr = 1\n", r"mine\.toml: recipe\.lrr: unknown key"),
        (GOOD + "[recipe_changes]\nlrr = 1\n", r"mine\.toml: recipe_changes: .*'lrr'"),
        (GOOD + "[model_options]\ndims = [1, nan]\n", r"mine\.toml: model_options: dims: nan must"),
        (
            GOOD + "[model_options]\na = [1]\nb = [{ c = 1 }]\n",
            r"model_options: b: \{'c': 1\} must",
        ),
        (GOOD + "[model_options]\nday = 2020-01-01\n", r"model_options: day: .*must be a finite"),
        (GOOD + 'name = "other"\n', r"mine\.toml: name: .*remove"),
        ('version = "1"\nsummary = "s"\n', r"mine\.toml: model: required key is missing"),
        ("version = \n", r"mine\.toml: not valid TOML"),
    ],
)
def test_bad_files_name_the_file_and_the_key(toml, text, told):
    with pytest.raises(InputError, match=told) as caught:
        read_baseline(toml(text))
    assert "\n" not in str(caught.value)


def test_options_may_be_lists_of_lists(toml):
    spec = read_baseline(toml(GOOD + "[model_options]\ndims = [8, [16, 32]]\nact = 'relu'\n"))
    assert spec.model_options == (("act", "relu"), ("dims", (8, (16, 32))))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml.*No such file"):
        load_baseline(str(tmp_path / "none.toml"))


def test_any_timm_model_works_ad_hoc():
    spec = load_baseline("resnet34")
    assert (spec.name, spec.model, spec.source) == ("resnet34", "resnet34", "timm")
    assert spec.fitting.patch_grid is None
    assert load_baseline("resnet34.a1_in1k").model == "resnet34.a1_in1k"
    small = load_baseline("vit_small_patch32_224").fitting
    assert (small.patch_grid, small.largest_patch) == (8, 32)
    fixed = load_baseline("levit_256").fitting
    assert (fixed.smallest_resolution, fixed.largest_resolution) == (224, 224)


@pytest.mark.parametrize("name", ["resnt18", "resnet34.no_such_tag", ""])
def test_unknown_names_are_refused(name):
    with pytest.raises(UnknownNameError, match="unknown baseline"):
        load_baseline(name)


def test_nearest_names_are_offered():
    with pytest.raises(UnknownNameError, match=r"did you mean.*'resnet18'"):
        load_baseline("resnt18")
