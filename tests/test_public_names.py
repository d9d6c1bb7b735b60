"""Names that plug-ins and the documentation import stay where they are."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = re.findall(r"^\| `(imbnas\.\w+)` \| (.+) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.M)
FACES = {package: re.findall(r"`(\w+)`", names) for package, names in ROWS}

OLDER_PATHS = [
    ("imbnas.strategies.strategy", "STRATEGIES"),
    ("imbnas.rankers.ranker", "RANKERS"),
    ("imbnas.search.searcher", "SEARCHERS"),
    ("imbnas.supernet.registry", "SUPERNETS"),
    ("imbnas.supernet.supernet", "Supernet"),
    ("imbnas.supernet.slicing", "SlicedConv2d"),
    ("imbnas.supernet.slicing", "slice_layers"),
    ("imbnas.spaces.scanner", "Scanner"),
    ("imbnas.losses.registry", "LOSSES"),
    ("imbnas.losses.configs", "LossConfig"),
    ("imbnas.losses.configs", "CrossEntropyConfig"),
    ("imbnas.losses.loss", "Loss"),
    ("imbnas.schemes.registry", "SCHEMES"),
    ("imbnas.units.schemes", "SchemeSpec"),
]
BY_MODULE = [
    ("imbnas.errors", "InputError"),
    ("imbnas.spaces.draw", "draw"),
    ("imbnas.spaces.population", "stratified_by_macs"),
    ("imbnas.spaces.variation", "mutated"),
    ("imbnas.training.statistics", "batch_statistics"),
    ("imbnas.units.networks", "ImageClassifier"),
]


def documented_imports() -> list[tuple[str, str]]:
    texts = [path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))]
    lines = re.findall(r"^from (imbnas[\w.]*) import (.+)$", "\n".join(texts), re.M)
    return sorted({(module, name) for module, names in lines for name in names.split(", ")})


@pytest.mark.parametrize("package", FACES)
def test_a_package_offers_what_is_documented(package: str) -> None:
    face = importlib.import_module(package)
    assert sorted(FACES[package]) == sorted(face.__all__) == sorted(dir(face))
    assert all(getattr(face, name) is not None for name in face.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = face.nothing


@pytest.mark.parametrize(("module", "name"), OLDER_PATHS)
def test_an_older_path_leads_to_the_same_object(module: str, name: str) -> None:
    held = getattr(importlib.import_module(module), name)
    offering = [package for package, names in FACES.items() if name in names]
    assert [getattr(importlib.import_module(package), name) for package in offering] == [held]


@pytest.mark.parametrize(("module", "name"), [*documented_imports(), *BY_MODULE])
def test_documented_imports_work(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_a_package_costs_nothing_until_a_name_is_used() -> None:
    program = (
        f"import sys, importlib\nfor name in {list(FACES)}: importlib.import_module(name)\n"
        "print(sorted(name for name in ('numpy', 'pydantic', 'torch') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
