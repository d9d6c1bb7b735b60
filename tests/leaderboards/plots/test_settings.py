"""Pictures are drawn alike whatever a user has set for figures of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRAW = """
import sys
from imbnas.leaderboards.plots.figures import new_figure, style, to_png, to_svg
with style():
    figure = new_figure()
    figure.subplots().set_title("a $title")
    sys.stdout.buffer.write(to_svg(figure))
assert to_png
"""
SETTINGS = {
    "backend": ("backend: nonsense\n", {"MPLBACKEND": "nonsense"}),
    "module": ("backend: module://absent\n", {"MPLBACKEND": "module://absent"}),
    "tex": ("text.usetex: True\nfigure.facecolor: red\nfont.size: 40\n", {}),
    "no text": (b"\xff\xfe\0", {"MATPLOTLIBRC": "/nowhere"}),
    "no home": ("", {"HOME": None, "MPLCONFIGDIR": "/proc/nothing"}),
}


def drawn(folder: Path, changes: dict[str, str | None]) -> bytes:
    environment = {k: v for k, v in (os.environ | changes).items() if v is not None}
    done = subprocess.run(
        [sys.executable, "-P", "-c", DRAW], cwd=folder, env=environment, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return drawn(tmp_path_factory.mktemp("plain"), {})


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_a_user_have_no_effect(tmp_path: Path, plain: bytes, name: str) -> None:
    text, changes = SETTINGS[name]
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "matplotlibrc").write_bytes(content)
    assert drawn(tmp_path, changes) == plain


def test_settings_made_in_the_process_come_back() -> None:
    import matplotlib as mpl

    from imbnas.leaderboards.plots.figures import style

    with mpl.rc_context({"font.size": 40, "text.usetex": True}):
        with style():
            assert not mpl.rcParams["text.usetex"]
            assert mpl.rcParams["font.size"] != 40
        assert mpl.rcParams["font.size"] == 40
        assert mpl.rcParams["text.usetex"]
