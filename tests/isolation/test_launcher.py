"""What a process that is started by the launcher imports, wherever it is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import imbnas
from imbnas.isolation.launcher import launched, launching, safe_path

PACKAGE = Path(imbnas.__file__).parent
FAULTY = "raise SystemExit('imported from the working directory')\n"
SHADOWS = (
    "random", "torch", "numpy", "json", "signal", "runpy", "select", "socket", "pickle", "psutil",
    "pydantic", "sitecustomize",
)  # fmt: skip


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working directory with files that have the names of libraries, and another imbnas."""
    folder = tmp_path / "work"
    (folder / "imbnas").mkdir(parents=True)
    (folder / "imbnas" / "__init__.py").write_text(FAULTY)
    for name in SHADOWS:
        (folder / f"{name}.py").write_text(FAULTY)
    return folder


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A folder with a module that prints where it finds what."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "shown.py").write_text(
        "import sys, random, json, os, imbnas\n"
        "found = {m.__name__: m.__file__ for m in (random, imbnas)}\n"
        "print(json.dumps([found, sys.argv, sys.path, os.environ.get('PYTHONPATH')]))\n"
    )
    return folder


def shown(module: Path, path: str, folder: Path, *arguments: str) -> list:
    import json

    environment = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    done = subprocess.run(
        [*launched("shown"), *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": path.format(plugins=module)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", ["{plugins}", "{plugins}:/nowhere"])
def test_nothing_is_imported_from_the_working_directory(
    hostile: Path, module: Path, path: str
) -> None:
    found, arguments, entries, _ = shown(module, path, hostile, "-m", "one", "two")
    assert Path(found["imbnas"]).parent == PACKAGE
    assert Path(found["random"]).parent == Path(os.__file__).parent
    assert arguments[1:] == ["-m", "one", "two"]
    assert str(hostile) not in entries
    assert str(module) in entries


@pytest.mark.parametrize("path", ["{plugins}:", ":{plugins}", "{plugins}::/nowhere"])
def test_an_empty_entry_of_the_path_is_not_the_working_directory(
    hostile: Path, module: Path, path: str
) -> None:
    # The interpreter itself would look there for it before anything else runs.
    (hostile / "sitecustomize.py").unlink()
    found, _, entries, handed_on = shown(module, path, hostile)
    assert Path(found["random"]).parent == Path(os.__file__).parent
    assert str(hostile) not in entries
    assert "" not in handed_on.split(":")
    assert str(module) in handed_on.split(":")


def test_a_working_directory_that_the_path_names_stays_on_it(module: Path) -> None:
    _, _, entries, _ = shown(module, "{plugins}:", module)
    assert str(module) in entries


def test_a_checkout_that_is_not_installed_is_found_behind_everything_else(
    tmp_path: Path, module: Path, hostile: Path
) -> None:
    found, _, entries, _ = shown(module, "{plugins}", hostile)
    assert Path(found["imbnas"]).parent == PACKAGE
    assert str(PACKAGE.parent) in entries


def test_the_environment_of_others_has_no_empty_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, kept in (("/a:", "/a"), (":/a::/b", "/a:/b"), (":", "")):
        monkeypatch.setenv("PYTHONPATH", given)
        assert safe_path()["PYTHONPATH"] == kept
    monkeypatch.setenv("PYTHONPATH", "/a:/b")
    assert "PYTHONPATH" not in safe_path()


def test_a_module_that_ends_with_a_status_does_so(tmp_path: Path) -> None:
    (tmp_path / "ends.py").write_text("import sys\nsys.exit(7)\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [*launching("-u"), "-u", "-m", "ends"], env=os.environ | {"PYTHONPATH": path}, cwd="/"
    )
    assert done.returncode == 7
    assert launched("ends")[::2] == [sys.executable, "ends"]
