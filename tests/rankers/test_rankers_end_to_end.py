"""From a suite file with rankers to the tables, as users run it."""

import csv
import json
import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "rankers.md"
REGULAR = "{ name = 'jacob-cov', options = { batch_size = 32 } }"
LABELS = ["grad-norm", "snip", "synflow", "naswot", "jacob-cov(batch_size=32)", "short-training"]


def write_suite(folder: Path, tiny_suite: Path, rankers: str) -> Path:
    path, start = folder / "ranked.toml", '[parts.transfer]\nkind = "transfer"\n'
    text = tiny_suite.read_text()
    assert start in text
    path.write_text(text.replace(start, f"{start}rankers = {rankers}\n"))
    return path


def read(run: Path, name: str) -> list[dict[str, str]]:
    with (run / "tables" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_suite_with_all_rankers(bench, bench_here, tmp_path: Path, tiny_suite: Path) -> None:
    names = f"[{', '.join(REGULAR if '(' in label else json.dumps(label) for label in LABELS)}]"
    suite = write_suite(tmp_path, tiny_suite, names)
    run, again = tmp_path / "run", tmp_path / "again"
    flags = ("--suite", suite, "--part", "transfer")
    done = bench("run", *flags, "--out", run, "--workers", "2")
    assert done.returncode == 0, done.stderr
    rows = read(run, "rankers")
    assert [r["ranker"] for r in rows if not r["compared_with"]] == ["params", "macs", *LABELS]
    assert all(float(row["cost_ratio"]) < 1.5 for row in rows)
    assert {row["n_missing"] for row in rows} == {"0"}
    beside = [row["strategy"] for row in read(run, "adaptation")]
    free = ["params", "macs", *LABELS, "source-accuracy"]
    assert beside == ["p0", "p1", *free, "random-pick", "one-replicate-oracle"]
    units = {r["what"]: r["units"] for r in read(run, "cost") if r["kind"] == "rank"}
    assert units == dict.fromkeys(LABELS, "2")
    # One worker gives the same bytes.
    done = bench("run", *flags, "--out", again, "--executor", "here")
    assert done.returncode == 0, done.stderr
    for name in ("rankers", "adaptation", "rank_correlation"):
        first, second = ((p / "tables" / f"{name}.csv").read_bytes() for p in (run, again))
        assert first == second
    report = bench_here("report", run)
    assert report.returncode == 0, report.stderr
    assert "jacob-cov" in (run / "index.html").read_text()


FAILING = """
from imbnas.rankers.registry import RANKERS


@RANKERS.register("raises", version="1", summary="fails on purpose")
class Raises:
    def score(self, candidate):
        raise RuntimeError("no idea")
"""


@pytest.mark.skipif(not GUIDE.exists(), reason="the documentation is not beside the tests")
def test_plug_ins_run_or_fail_on_their_own(bench, tmp_path: Path, tiny_suite: Path) -> None:
    """The documented ranker works as it stands there, whatever becomes of another one."""
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found
    mine, raising, run = tmp_path / "mine.py", tmp_path / "raising.py", tmp_path / "run"
    mine.write_text(found[1])
    raising.write_text(FAILING)
    rankers = '[{ name = "answer-spread", options = { batch_size = 16 } }, "raises"]'
    suite = write_suite(tmp_path, tiny_suite, rankers)
    plugins = ("--plugin", mine, "--plugin", raising)
    flags = ("--suite", suite, "--part", "transfer", "--out", run, *plugins)
    done = bench("run", *flags, "--executor", "here")
    assert done.returncode == 1
    assert "no idea" in done.stdout + done.stderr
    rows = {(r["ranker"], r["condition"]): r for r in read(run, "rankers")}
    own = rows["answer-spread(batch_size=16)", "digits@10x"]
    assert (own["n_undefined"], own["n_missing"]) == ("0", "0")
    failed = rows["raises", "digits@10x"]
    assert (failed["tau_b"], failed["n_missing"]) == ("", "2")
    listed = bench("list", "rankers", *plugins, "--json")
    entries = {entry["name"]: entry for entry in json.loads(listed.stdout)["rankers"]}
    assert entries["answer-spread"]["origin"] == mine.name
    assert {label.partition("(")[0] for label in LABELS} < set(entries)
    wrong = suite.read_text().replace("batch_size = 16", "batch = 16")
    suite.write_text(wrong)
    refused = bench("run", *flags)
    assert refused.returncode == 2
    assert "ranker 'answer-spread': " in refused.stderr
    assert "'batch'" in refused.stderr
