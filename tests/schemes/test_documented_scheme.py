"""The loss and the scheme in the documentation work as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "schemes.md"

PROGRAM = """
import sys
from pathlib import Path
from imbnas.registry import load_plugin
from imbnas.schemes import resolve_scheme
load_plugin(Path(sys.argv[1]))
spec = resolve_scheme("hinge", {"loss_options": {"margin": 2}, "deferred_from": None})
assert "torch" not in sys.modules
assert dict(spec.part_versions)["loss"].startswith("1+"), spec
import torch; from imbnas.schemes import build_scheme
scheme = build_scheme(spec, [100, 20, 5], epochs=3)
logits, labels = torch.tensor([[2.0, 0.0, 1.0], [0.0, 3.0, 0.0]]), torch.tensor([0, 1])
assert scheme.loss(logits, labels).item() == 0.5, scheme.loss(logits, labels)
assert scheme.sampler_at(0) == "balanced"
"""


ALONE = """
import sys
from pathlib import Path
from imbnas.registry import load_plugin
from imbnas.schemes import build_scheme, resolve_scheme
load_plugin(Path(sys.argv[1]))
scheme = build_scheme(resolve_scheme("focal-drs"), [100, 20, 5], epochs=10)
assert [scheme.sampler_at(epoch) for epoch in (0, 7, 8)] == ["instance", "instance", "balanced"]
"""

pytestmark = pytest.mark.skipif(
    not GUIDE.exists(), reason="the documentation is not beside the tests"
)


def plugin_with(word: str, path: Path) -> Path:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    path.write_text(next(block for block in blocks if word in block))
    return path


def test_the_documented_loss_and_scheme_work(tmp_path):
    plugin = plugin_with("LOSSES.register", tmp_path / "hinge.py")
    subprocess.run([sys.executable, "-c", PROGRAM, plugin], check=True)


def test_a_scheme_that_combines_what_is_there_works(tmp_path):
    plugin = plugin_with('SCHEMES.register("focal-drs"', tmp_path / "focal.py")
    subprocess.run([sys.executable, "-c", ALONE, plugin], check=True)


def test_a_network_is_trained_with_the_documented_loss(bench, tmp_path):
    plugin_with("LOSSES.register", tmp_path / "hinge.py")
    command = next(
        line for line in GUIDE.read_text().splitlines() if line.startswith("imbnas-bench train")
    )
    done = bench(*command.split()[1:], "--epochs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
