import json
from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Manifest, read_manifest, write_manifest
from imbnas.errors import InputError, RefusedDirectoryError
from imbnas.runs.store.directory import RunDirectory
from imbnas.runs.store.records import DamagedFileError
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.frozen import canonical_json


def resolve(path: Path, replicates: int | None = None) -> ResolvedSuite:
    locations = DataLocations.from_options(offline=True)
    return resolve_suite(SuiteRequest(read_suite(path), "only", locations, replicates=replicates))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_directory_is_bound_extended_and_never_shrunk(tmp_path: Path, tiny_suite: Path) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(resolve(tiny_suite))
    directory.store_suite(resolve(tiny_suite))
    directory.store_suite(resolve(tiny_suite, replicates=3))
    assert directory.read_suite().replicates == 3
    before = snapshot(directory.path)
    with pytest.raises(RefusedDirectoryError, match="holds 3 replicates, 2 asked for"):
        directory.store_suite(resolve(tiny_suite))
    assert snapshot(directory.path) == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = "1"', 'version = "2"', "holds tiny@1/only, not tiny@2/only"),
        ("lr = 0.01", "lr = 0.02", "changed since the run was started"),
        ("size = 4", "size = 5", "changed since the run was started"),
    ],
)
def test_another_version_or_content_is_refused(
    tmp_path: Path, tiny_suite: Path, old: str, new: str, said: str
) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(resolve(tiny_suite))
    changed = tmp_path / "changed.toml"
    changed.write_text(tiny_suite.read_text().replace(old, new, 1))
    before = snapshot(directory.path)
    with pytest.raises(RefusedDirectoryError, match=said):
        directory.store_suite(resolve(changed))
    assert snapshot(directory.path) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device_type", "cuda"),
        ("precision", "bfloat16"),
        ("compiled", True),
        ("cuda_graphs", True),
        ("reproducible", True),
    ],
)
def test_what_rounds_otherwise_is_refused_either_way(
    tmp_path: Path, tiny_suite: Path, field: str, value: object
) -> None:
    plain = resolve(tiny_suite)
    if field == "cuda_graphs":
        plain = plain.model_copy(update={"device_type": "cuda"})
    other = plain.model_copy(update={field: value})
    assert not {"compiled", "cuda_graphs"} & plain.model_dump().keys()
    for held, wanted in ((plain, other), (other, plain)):
        directory = RunDirectory(tmp_path / f"{getattr(held, field)}")
        directory.store_suite(held)
        assert canonical_json(directory.read_suite()) == canonical_json(held)
        before = snapshot(directory.path)
        with pytest.raises(RefusedDirectoryError, match=f": {field} of tiny@1/only changed"):
            directory.store_suite(wanted)
        assert snapshot(directory.path) == before
        extended = held.model_copy(update={"replicates": 3})
        assert directory.store_suite(extended).replicates == 3


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path, tiny_suite: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(RefusedDirectoryError, match="not a run directory"):
        RunDirectory(tmp_path).store_suite(resolve(tiny_suite))
    assert snapshot(tmp_path) == {"thesis.tex": b"precious"}


def test_a_run_that_ended_before_it_was_bound_starts_again(
    tmp_path: Path, tiny_suite: Path
) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.temporary.mkdir(parents=True)
    (directory.temporary / "host.1.0.tmp").write_bytes(b"half")
    directory.store_suite(resolve(tiny_suite))
    assert directory.read_suite().suite.name == "tiny"


def test_a_damaged_suite_is_told_and_can_be_deleted(tmp_path: Path, tiny_suite: Path) -> None:
    directory = RunDirectory(tmp_path / "run")
    directory.store_suite(resolve(tiny_suite))
    record = directory.record_path("train", "a" * 64)
    record.parent.mkdir(parents=True)
    record.write_text("kept")
    directory.suite_file.write_text("{")
    with pytest.raises(InputError, match=r"suite\.json: damaged.*delete it and run the same"):
        directory.read_suite()
    directory.suite_file.write_text("{}")
    with pytest.raises(
        InputError, match=r"another version of imbnas \(device_type: Field required\)"
    ):
        directory.read_suite()
    directory.suite_file.unlink()
    directory.store_suite(resolve(tiny_suite))
    assert record.read_text() == "kept"


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run directory"):
        RunDirectory(tmp_path).read_suite()


def test_a_run_is_pinned_to_an_exported_manifest(
    bench, bench_here, tmp_path: Path, trainings_suite: Path
) -> None:
    exported = {}
    for subset in (0, 5):
        path = tmp_path / f"{subset}.json"
        bench_here("show", "condition", f"digits@10x:subset-{subset}", "--manifest", path)
        exported[subset] = read_manifest(path)
    # The images of subset 5 under the name of subset 0: nothing would resolve to this.
    fields = {**dict(exported[5]), "condition": exported[0].condition}
    del fields["sha256"]
    pinned, manifest = Manifest.seal(**fields), tmp_path / "pinned.json"
    write_manifest(pinned, manifest)
    flags = ("--suite", trainings_suite, "--replicates", "1", "--executor", "here")
    done = bench("run", *flags, "--out", tmp_path / "run", "--manifest", manifest)
    assert done.returncode == 0, done.stderr
    facts = RunDirectory(tmp_path / "run").read_suite().conditions["digits@10x"]
    assert facts.replicates[0].manifest_sha256 == pinned.sha256 != exported[0].sha256
    again = bench("run", *flags, "--out", tmp_path / "run")
    assert again.returncode == 0, again.stderr


def test_two_plugins_of_one_name_are_refused(bench, tmp_path: Path, tiny_suite: Path) -> None:
    plugins = [tmp_path / folder / "mine.py" for folder in ("a", "b")]
    for number, plugin in enumerate(plugins):
        plugin.parent.mkdir()
        plugin.write_text(f"NUMBER = {number}\n")
    given = (word for plugin in plugins for word in ("--plugin", plugin))
    done = bench("run", "--suite", tiny_suite, "--out", tmp_path / "run", *given)
    assert done.returncode == 2
    assert "two plug-ins are called 'mine.py'" in done.stderr
    assert not (tmp_path / "run").exists()


def test_damaged_files_are_named_with_the_remedy(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    path = directory.record_path("train", "a" * 64)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"identity": "a" * 64}))
    with pytest.raises(DamagedFileError, match="damaged record.*moves it aside and does it again"):
        directory.read_record("train", "a" * 64)
    sha256 = directory.publish_weights(b"weights")
    directory.weights_path(sha256).write_bytes(b"weightz")
    with pytest.raises(DamagedFileError, match="damaged weights"):
        directory.read_weights(sha256)
    naming = directory.record_path("supernet", "b" * 64)
    naming.parent.mkdir(parents=True)
    naming.write_text(json.dumps({"weights_sha256": sha256}))
    directory.weights_path(sha256).unlink()
    with pytest.raises(DamagedFileError, match="missing weights; delete .*bbb.*--retry-failed"):
        directory.read_weights(sha256)
    failure = directory.failure_path("c" * 64)
    failure.parent.mkdir()
    failure.write_text("{")
    (told,) = directory.failures().values()
    assert told.error == "DamagedFailure"
    assert "damaged failure" in told.message
    assert "delete it and run again" in told.message


def test_files_that_others_leave_among_records_are_no_records(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    (tmp_path / "records" / "train").mkdir(parents=True)
    (tmp_path / "records" / "train" / ".DS_Store").write_bytes(b"")
    assert directory.finished() == set()
    damaged: list[Exception] = []
    assert list(directory.records(damaged.append)) == damaged == []
