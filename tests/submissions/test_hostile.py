"""Hostile submissions: none is accepted, each is named in one line, nothing is executed."""

import hashlib
import json
import re
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from imbnas.runs.store.archive import Archive, pack, unpack
from imbnas.submissions.weights import tensors_of

from .hostile import CANARY, CASES, LARGE, ON_PLUGIN, TOLD, safetensors, sealed, write

MOST_BYTES = 500 * 2**20
MOST_SECONDS = 10
MEASURED = """
import atexit, pathlib, sys
memory = pathlib.Path(sys.argv.pop(1))
def keep():
    memory.write_text(pathlib.Path("/proc/self/status").read_text())
atexit.register(keep)
from imbnas.cli import main
main()
"""
"""What a process says of itself: its resource usage also counts what it was forked from."""


@pytest.fixture(scope="module")
def bases(own_submission: Path, plugin_submission: Path) -> tuple[Archive, Archive]:
    return unpack(own_submission), unpack(plugin_submission)


def made(name: str, bases: tuple[Archive, Archive], folder: Path) -> Path:
    return write(folder, name, CASES[name](bases[name in ON_PLUGIN]))


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 80


@pytest.mark.parametrize("name", [*CASES])
def test_it_is_refused_in_one_line(
    bench_here, bases: tuple[Archive, Archive], board: Path, tmp_path: Path, name: str
) -> None:
    if name in LARGE:
        pytest.skip("with those of a process of its own")
    path = made(name, bases, tmp_path)
    before, imported = {*tmp_path.iterdir()}, plugins()
    done = bench_here("verify", path, "--board", board, cwd=tmp_path)
    check_refusal(name, done)
    assert {*tmp_path.iterdir()} == before
    assert plugins() == imported


def plugins() -> set[str]:
    """Plug-ins that this process has imported; other tests do so."""
    return {module for module in sys.modules if module.startswith("imbnas_plugin_")}


def check_refusal(name: str, done: "subprocess.CompletedProcess[str]") -> None:
    told = done.stderr if done.returncode == 2 else done.stdout
    assert done.returncode in (1, 2), (done.stdout, done.stderr)
    failed = [line for line in told.splitlines() if re.match(r"Error: |\S.* failed +", line)]
    assert failed, told
    assert re.search(TOLD[name], told), told
    if done.returncode == 2:
        assert told.count("\n") == 1
        assert done.stdout == ""
    else:
        assert told.splitlines()[-1] == "not verified"
    for line in told.splitlines():
        assert line.isprintable()
        assert len(line) < 500
    assert "Traceback" not in done.stderr


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


@pytest.mark.parametrize(
    "name",
    [
        "bomb_in_many_members",
        pytest.param("a_million_members", marks=pytest.mark.slow),
        pytest.param("a_large_file", marks=pytest.mark.slow),
        pytest.param("bomb_in_one_member", marks=pytest.mark.slow),
        pytest.param("nested_suite", marks=pytest.mark.slow),
        pytest.param("many_replicates", marks=pytest.mark.slow),
        pytest.param("a_long_line", marks=pytest.mark.slow),
        pytest.param("another_plugin_with_the_hash_of_it", marks=pytest.mark.slow),
    ],
)
def test_time_and_memory_are_bounded(
    bases: tuple[Archive, Archive], board: Path, tmp_path: Path, name: str
) -> None:
    path = made(name, bases, tmp_path)
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        done = subprocess.run(
            [sys.executable, "-P", "-c", MEASURED, "memory", "verify", path, "--board", board],
            cwd=tmp_path,
            stdout=out,
            stderr=err,
            preexec_fn=_limit,
            check=False,
        )
    texts = (tmp_path / "out").read_text(), (tmp_path / "err").read_text()
    check_refusal(name, subprocess.CompletedProcess([], done.returncode, *texts))
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", (tmp_path / "memory").read_text())
    assert int(peak) * 1024 < MOST_BYTES
    assert not (tmp_path / CANARY).exists()


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"w": ("F32", [2**40, 2**40], [0, 4])}, "size of its shape"),
        ({"w": ("F32", [-1], [0, 4])}, "size of its shape"),
        ({"w": ("F99", [1], [0, 4])}, "size of its shape"),
        ({"w": ("F32", [1.0], [0, 4])}, "size of its shape"),
        ({"w": ("F32", [2], [0, 8])}, "do not fill"),
        ({"w": ("F32", [1], [0, 4]), "v": ("F32", [1], [0, 4])}, "overlap"),
    ],
)
def test_headers_of_weights_say_what_is_there(header, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        tensors_of(safetensors(header, bytes(4)))


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\xff" * 100, bytes(100), b"\2" + bytes(7)])
def test_what_is_no_safetensors_file_is_told(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"safetensors|JSON|UTF-8"):
        tensors_of(content)


@pytest.fixture(scope="module")
def with_supernets(
    submit, own_run: Path, board: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A board without source supernets, and a submission that has them."""
    folder = tmp_path_factory.mktemp("gaps")
    archive = unpack(board / "records.tar.xz")
    records = {kind: lines for kind, lines in archive.records.items() if kind != "supernet"}
    (folder / "records.tar.xz").write_bytes(pack(replace(archive, records=records, files={})))
    out = folder / "x.imbnas"
    done = submit(own_run, folder, out)
    assert done.returncode == 0, done.stderr
    return folder, out


def test_new_supernets_come_with_their_weights(bench_here, with_supernets) -> None:
    folder, out = with_supernets
    done = bench_here("verify", out, "--board", folder)
    assert done.returncode == 0, done.stdout
    assert "of new source supernets, all there" in done.stdout


def _without(content: bytes) -> bytes | None:
    return None


def _with_other_bytes(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize("change", [_without, _with_other_bytes])
def test_weights_that_are_not_those_of_the_record_are_refused(
    bench_here, with_supernets, tmp_path: Path, change
) -> None:
    folder, out = with_supernets
    archive = unpack(out)
    files = {name: change(content) for name, content in archive.files.items()}
    sound = {name: content for name, content in files.items() if content is not None}
    path = tmp_path / "x.imbnas"
    path.write_bytes(pack(replace(archive, files=sound)))
    done = bench_here("verify", path, "--board", folder)
    assert done.returncode == 1
    assert re.search(r"weights +failed", done.stdout), done.stdout


def test_weights_of_another_shape_are_refused(bench_here, with_supernets, tmp_path: Path) -> None:
    folder, out = with_supernets
    archive = unpack(out)
    content = safetensors({"classifier.weight": ("F32", [1], [0, 4])}, bytes(4))
    sha256 = hashlib.sha256(content).hexdigest()

    def forged(line: bytes) -> bytes:
        told = json.loads(line)
        told["metrics"]["weights_sha256"] = sha256
        return sealed(told)

    held = {name: forged(line) for name, line in archive.records["supernet"].items()}
    files = {f"weights/{sha256}.safetensors": content}
    path = tmp_path / "x.imbnas"
    changed = replace(archive, records={**archive.records, "supernet": held}, files=files)
    path.write_bytes(pack(changed))
    done = bench_here("verify", path, "--board", folder)
    assert done.returncode == 1
    assert re.search(r"weights +failed +tensor .* is missing", done.stdout), done.stdout
