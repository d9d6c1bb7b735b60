import subprocess
import sys

import imbnas.stats


def loaded_after(code):
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_the_package_is_free():
    assert not loaded_after("import imbnas.stats") & {"numpy", "scipy", "pandas", "torch"}


def test_every_public_name_resolves_without_pandas_torch_or_pydantic():
    code = "import imbnas.stats as s\n[getattr(s, name) for name in s.__all__]"
    assert not loaded_after(code) & {"scipy", "pandas", "torch", "pydantic"}


def test_public_names_are_those_of_the_modules():
    for name in set(imbnas.stats.__all__) - {"Answer", "Verdict", "MIN_MODELS"}:
        assert getattr(imbnas.stats, name).__name__ == name
    assert not hasattr(imbnas.stats, "no_such_name")
