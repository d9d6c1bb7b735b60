"""A run with a plug-in that harms all it can reach leaves the records of one without it."""

import json
from pathlib import Path
from typing import Any

VANDAL = """
import os, signal, threading
import numpy as np
import torch
from imbnas.strategies import STRATEGIES

torch.set_num_threads(2)
torch.backends.mkldnn.set_flags(False)
torch.set_float32_matmul_precision("medium")
os.environ["OMP_NUM_THREADS"] = "2"

def draw():
    while True:
        torch.rand(100)
        torch.manual_seed(1)

@STRATEGIES.register("vandal", version="1", summary="harms all it can reach")
class Vandal:
    scores_on, recipe = "target", "adaptation"
    def adapt(self, adaptation):
        adaptation.train_images.labels.fill_(0)
        adaptation.train_images.pixels.zero_()
        object.__setattr__(adaptation, "class_counts", (1,) * 10)
        vars(adaptation.recipe)["lr"] = 7.0
        vars(adaptation.scheme)["loss"] = "none"
        for name in ("SIGTERM", "SIGUSR1", "SIGINT"):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        os.chdir("/")
        import imbnas.training.evaluation, imbnas.training.setup
        imbnas.training.evaluation.ask = imbnas.training.setup.set_up = None
        for _ in range(3):
            threading.Thread(target=draw).start()
        torch.nn.functional.cross_entropy = torch.relu
        torch.nn.modules.module.register_module_forward_hook(lambda module, given, put: None)
        torch.autocast("cpu", torch.bfloat16).__enter__()
        return adaptation.supernet
"""


def test_no_other_record_differs(
    bench: Any, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    plugin, suite, run = tmp_path / "mine.py", tmp_path / "s.toml", tmp_path / "run"
    plugin.write_text(VANDAL)
    suite.write_text(tiny_suite.read_text().replace('["p0", "p1"]', '["vandal", "p0", "p1"]'))
    done = bench("run", "--suite", suite, "--out", run, "--plugin", plugin, "--executor", "here")
    assert done.returncode == 0, done.stderr
    ours, theirs = results(run), results(finished_run)
    assert len(theirs) > 20
    assert {identity: ours[identity] for identity in theirs} == theirs


def results(run: Path) -> dict[str, tuple[Any, ...]]:
    """Identity → what a record says but how long it took."""
    found = {}
    for path in (run / "records").rglob("*.json"):
        record = json.loads(path.read_text())
        cost = record["cost"]
        found[record["identity"]] = record["metrics"], cost["images_seen"], cost["macs"]
    return found
