"""Plans of suites with plug-ins are made where nothing of these is left afterwards."""

import json
from pathlib import Path
from typing import Any

PLUGIN = """
print("words that are no plan")
from imbnas.strategies import STRATEGIES

@STRATEGIES.register("trains", version="1", summary="trains on")
class Trains:
    scores_on, recipe = "target", "adaptation"
    def adapt(self, adaptation):
        print("more words")
        adaptation.trainer.train(adaptation.supernet, adaptation.scheme, adaptation.recipe)
        return adaptation.supernet

@STRATEGIES.register("reads", version="1", summary="its cost is unknown")
class Reads(Trains):
    def adapt(self, adaptation):
        adaptation.train_images.labels.sum()
        return adaptation.supernet
"""


def test_a_plan_with_plugins(bench: Any, tmp_path: Path, tiny_suite: Path) -> None:
    plugin, suite, run = tmp_path / "mine.py", tmp_path / "s.toml", tmp_path / "run"
    plugin.write_text(PLUGIN)
    text = tiny_suite.read_text().replace('["p0", "p1"]', '["p0", "trains", "reads"]')
    suite.write_text(text.replace("replicates = 2", "replicates = 1"))
    flags = ("--suite", suite, "--out", run, "--part", "adaptation", "--plugin", plugin)
    planned = bench("plan", *flags, "--workers", "1", "--json")
    assert planned.returncode == 0, planned.stderr
    fields = json.loads(planned.stdout)
    kinds = {kind["kind"]: kind for kind in fields["kinds"]}
    assert (kinds["adapt"]["units"], kinds["adapt"]["unforeseen"]) == (3, 1)
    assert kinds["adapt"]["images_seen"] == 2 * 2 * 32
    assert fields["seconds"]["high"] > 0
    assert "words that are no plan" in planned.stderr
    assert not run.exists()
