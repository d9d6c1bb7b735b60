"""Units known elsewhere are checked and taken over, so that only what is new is computed."""

import json
import os
import shutil
from pathlib import Path

import pytest

from imbnas.errors import InputError
from imbnas.runs.reuse import Reuse, reusable
from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.expand import Expansion

from ..irregular import KINDS, in_time, put

NOISE = """
from imbnas.strategies.registry import STRATEGIES


@STRATEGIES.register("head-only", version="1", summary="the head alone, by the target's loss")
class HeadOnly:
    scores_on = "target"
    recipe = "adaptation"

    def adapt(self, adaptation):
        adaptation.trainer.train(
            adaptation.supernet, adaptation.scheme, adaptation.recipe, freeze_backbone_from=0
        )
        return adaptation.supernet
"""


def records_of(run: Path) -> set[str]:
    return {path.name for path in (run / "records").rglob("*.json")}


def tables_of(run: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (run / "tables").glob("*.csv") if p.stem != "cost"}


@pytest.fixture
def empty_run(tmp_path: Path, finished_run: Path) -> RunDirectory:
    """A directory bound to the tiny suite in which nothing is done yet."""
    (tmp_path / "new").mkdir()
    shutil.copy(finished_run / "suite.json", tmp_path / "new" / "suite.json")
    return RunDirectory(tmp_path / "new")


def test_a_known_suite_computes_nothing(
    bench_here, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    # A published leaderboard holds records and weights, but neither claims nor failures.
    published = tmp_path / "published"
    for folder in ("records", "weights"):
        shutil.copytree(finished_run / folder, published / folder)
    run = tmp_path / "run"
    done = bench_here("run", "--suite", tiny_suite, "--out", run, "--reuse", published)
    assert done.returncode == 0, done.stderr
    count = len(records_of(finished_run))
    assert f"{count} units taken over from {published}" in done.stderr
    assert records_of(run) == records_of(finished_run)
    assert tables_of(run) == tables_of(finished_run)
    for path in (finished_run / "records").rglob("*.json"):
        assert (run / path.relative_to(finished_run)).read_bytes() == path.read_bytes()


def test_a_new_strategy_computes_its_own_units_only(
    bench, tmp_path: Path, tiny_suite: Path, finished_run: Path
) -> None:
    plugin, suite, run = tmp_path / "mine.py", tmp_path / "s.toml", tmp_path / "run"
    plugin.write_text(NOISE)
    suite.write_text(tiny_suite.read_text().replace('["p0", "p1"]', '["p0", "p1", "head-only"]'))
    done = bench(
        "run",
        "--suite",
        suite,
        "--out",
        run,
        "--plugin",
        plugin,
        "--reuse",
        finished_run,
        "--executor",
        "here",
    )
    assert done.returncode == 0, done.stderr
    known = records_of(finished_run)
    new = [
        json.loads(path.read_text())["unit"]
        for path in (run / "records").rglob("*.json")
        if path.name not in known
    ]
    adapted = {unit["strategy"]["name"] for unit in new if unit["kind"] == "adapt"}
    kinds = [unit["kind"] for unit in new]
    assert adapted == {"head-only"}
    assert (kinds.count("adapt"), kinds.count("search"), kinds.count("supernet")) == (2, 4, 0)
    # Networks that the new strategy found are trained, unless others found or trained them.
    assert kinds.count("train") <= 2
    assert known <= records_of(run)


@pytest.mark.parametrize("fault", ["record", "identity", "weights", "no weights"])
def test_what_is_damaged_there_is_told_and_left(
    finished_run: Path, tmp_path: Path, empty_run: RunDirectory, fault: str
) -> None:
    source = tmp_path / "source"
    shutil.copytree(finished_run, source)
    path = next((source / "records" / "supernet").rglob("*.json"))
    record = json.loads(path.read_text())
    weights = RunDirectory(source).weights_path(record["metrics"]["weights_sha256"])
    match fault:
        case "record":
            path.write_text(path.read_text()[:-40])
        case "identity":
            record["unit"]["recipe"]["lr"] = 0.5
            path.write_text(json.dumps(record))
        case "weights":
            weights.write_bytes(weights.read_bytes()[:-1])
        case "no weights":
            weights.unlink()
    taken = Reuse(empty_run, [reusable(source)]).take(Expansion(empty_run.read_suite()).plan())
    here = records_of(empty_run.path)
    assert path.name not in here
    assert taken.units[source] == len(here)
    assert any("supernet of nats-tss" in line for line in taken.left)
    assert not any("delete" in line for line in taken.left)
    # Weights whose record was not taken are not here, either, unless another unit names them.
    for held in (empty_run.path / "weights").rglob("*.safetensors"):
        empty_run.read_weights(held.stem)


def test_the_first_directory_that_has_a_unit_gives_it(
    finished_run: Path, tmp_path: Path, empty_run: RunDirectory
) -> None:
    part = tmp_path / "part"
    shutil.copytree(finished_run, part)
    removed = sorted((part / "records" / "train").rglob("*.json"))[:3]
    for path in removed:
        path.unlink()
    plan = Expansion(empty_run.read_suite()).plan()
    taken = Reuse(empty_run, [reusable(part), reusable(finished_run)]).take(plan)
    assert taken.units[finished_run] == 3
    assert taken.units[part] == len(records_of(part))
    again = Reuse(empty_run, [reusable(finished_run)]).take(plan)
    assert again.units == {finished_run: 0}


def test_weights_are_copied_where_they_cannot_be_linked(
    finished_run: Path, empty_run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    Reuse(empty_run, [reusable(finished_run)]).take(Expansion(empty_run.read_suite()).plan())
    assert records_of(empty_run.path) == records_of(finished_run)
    held = list((empty_run.path / "weights").rglob("*.safetensors"))
    assert held
    for path in held:
        empty_run.read_weights(path.stem)


def store_of_links(run: Path, objects: Path) -> Path:
    """A copy of a run as git-annex has it: every file is a link into a folder of objects."""
    objects.mkdir()
    for path in [p for p in run.rglob("*") if p.is_file()]:
        target = objects / f"{len(list(objects.iterdir()))}"
        path.rename(target)
        path.symlink_to(os.path.relpath(target, path.parent))
    return run


def test_what_links_lead_to_is_copied(
    finished_run: Path, tmp_path: Path, empty_run: RunDirectory
) -> None:
    source = shutil.copytree(finished_run, tmp_path / "source")
    store_of_links(source, tmp_path / "objects")
    plan = Expansion(empty_run.read_suite()).plan()
    taken = Reuse(empty_run, [reusable(source)]).take(plan)
    assert taken.left == []
    assert records_of(empty_run.path) == records_of(finished_run)
    shutil.rmtree(source)
    shutil.rmtree(tmp_path / "objects")
    held = list((empty_run.path / "weights").rglob("*.safetensors"))
    assert held
    for path in held:
        assert path.is_file()
        assert not path.is_symlink()
        empty_run.read_weights(path.stem)
    assert empty_run.damaged_records() == []
    assert list(empty_run.temporary.iterdir()) == []


def test_weights_that_change_while_they_are_linked_are_not_taken(
    finished_run: Path, tmp_path: Path, empty_run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = RunDirectory(shutil.copytree(finished_run, tmp_path / "source"))
    path = next((source.path / "weights").rglob("*.safetensors"))
    link = os.link

    def slow(target: Path, name: Path, **options: object) -> None:
        if target == path:
            path.write_bytes(b"other")
        link(target, name)

    monkeypatch.setattr(os, "link", slow)
    empty_run.take_weights(source, path.stem)
    assert path.read_bytes() == b"other"
    assert len(empty_run.read_weights(path.stem)) > 5


@pytest.mark.parametrize("kind", KINDS)
def test_irregular_files_there_are_told_and_left(
    finished_run: Path, tmp_path: Path, empty_run: RunDirectory, kind: str
) -> None:
    source = shutil.copytree(finished_run, tmp_path / "source")
    gone = [next((source / "records" / each).rglob("*.json")) for each in ("train", "search")]
    weights = next((source / "weights").rglob("*.safetensors"))
    for path in (*gone, weights):
        put(kind, path)
    with in_time(60):
        plan = Expansion(empty_run.read_suite()).plan()
        taken = Reuse(empty_run, [reusable(source)]).take(plan)
    assert len(taken.left) == 3
    assert not {path.name for path in gone} & records_of(empty_run.path)
    assert not list(empty_run.path.rglob(weights.name))


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a folder 'records' nor an archive"):
        reusable(tmp_path)
