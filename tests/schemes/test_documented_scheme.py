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


@pytest.mark.skipif(not GUIDE.exists(), reason="the documentation is not beside the tests")
def test_the_documented_loss_and_scheme_work(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    plugin = tmp_path / "hinge.py"
    plugin.write_text(next(block for block in blocks if "LOSSES.register" in block))
    subprocess.run([sys.executable, "-c", PROGRAM, plugin], check=True)
