import subprocess
import sys

import pytest

from imbnas.data import DATASETS, PROFILES, SAMPLERS

LISTING = """
import sys
from imbnas.data import DATASETS, PROFILES, SAMPLERS
for registry in (DATASETS, PROFILES, SAMPLERS):
    assert all(entry.summary and entry.version for entry in registry.entries())
print(sorted({"numpy", "pandas", "scipy", "torch", "torchvision", "PIL"} & set(sys.modules)))
"""


def test_listing_imports_nothing_heavy():
    command = [sys.executable, "-c", LISTING]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_loading_digits_imports_nothing_heavy():
    code = (
        "import sys; from imbnas.data import DataLocations, load_dataset;"
        "load_dataset('digits', DataLocations.from_options());"
        "print(sorted({'torch', 'pandas', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("registry", [DATASETS, PROFILES, SAMPLERS], ids=lambda r: r.kind)
def test_every_entry_can_be_loaded(registry):
    assert all(callable(registry.get(name)) for name in registry.names())


def test_the_names_of_the_field_are_there():
    expected = {
        *("digits", "fashion-mnist", "cifar10", "cifar100", "svhn"),
        *("imagenet-lt", "places-lt", "inat18"),
    }
    assert expected <= set(DATASETS.names())
