"""The archive of a board."""

import io
import lzma
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imbnas.errors import InputError
from imbnas.runs.store import archive as module
from imbnas.runs.store.archive import SUMS, Archive, pack, unpack

A, B = "a" * 64, "b" * 64
CONTENT = Archive(
    suite=b'{"suite":1}',
    records={"train": {A: b'{"identity":"%s"}' % A.encode(), B: b'{"identity":"%s"}' % B.encode()}},
    failures={A: b'{"error":"x","identity":"%s"}' % A.encode()},
    files={f"weights/{A}.safetensors": b"\0\1", "plugins/mine.py": b"print()"},
)


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "records.tar.xz"
    path.write_bytes(content)
    return path


def tar(*members: tuple[tarfile.TarInfo, bytes], **options) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", **options) as file:
        for member, content in members:
            member.size = len(content) if member.isreg() else 0
            file.addfile(member, io.BytesIO(content))
    return lzma.compress(packed.getvalue())


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_what_is_packed_is_unpacked_and_the_bytes_follow_from_the_content(tmp_path: Path) -> None:
    assert unpack(written(tmp_path, pack(CONTENT))) == CONTENT
    assert pack(CONTENT) == pack(CONTENT)


@pytest.mark.parametrize("name", ["my plugin.py", "ü.py", "-rf.py", f"{'x' * 89}.py"])
def test_plugins_of_any_name_that_a_tar_can_hold_are_kept(tmp_path: Path, name: str) -> None:
    content = Archive(b"{}", files={f"plugins/{name}": b"print()"})
    assert unpack(written(tmp_path, pack(content))) == content


@pytest.mark.parametrize(
    "name", ["a\nb.py", "\udcff.py", "\u2028.py", f"{'x' * 90}.py", f"{'ü' * 45}.py"]
)
def test_names_that_it_cannot_hold_are_one_line(name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be in an archive.* under another name"):
        pack(Archive(b"{}", files={f"plugins/{name}": b"print()"}))


def test_what_is_not_in_one_line_is_refused() -> None:
    with pytest.raises(InputError, match=r"records/train\.jsonl: a{64}: not in one line"):
        pack(Archive(b"{}", {"train": {A: b'{\n"identity":""}'}}))


def test_other_tools_read_it(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["tar", "xf", written(tmp_path, pack(CONTENT))], cwd=tmp_path, check=True)
    found = subprocess.run(
        ["sha256sum", "-c", "--quiet", SUMS], cwd=tmp_path, capture_output=True, text=True
    )
    assert (found.returncode, found.stdout) == (0, "")
    assert (tmp_path / "records" / "train.jsonl").read_bytes().count(b"\n") == 2


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../escaped", tarfile.REGTYPE, ""),
        ("/tmp/escaped", tarfile.REGTYPE, ""),
        ("records/../../x.jsonl", tarfile.REGTYPE, ""),
        ("records/other.jsonl", tarfile.REGTYPE, ""),
        ("records/train.jsonl", tarfile.SYMTYPE, "/etc/passwd"),
        ("records/train.jsonl", tarfile.LNKTYPE, "suite.json"),
        ("records/train.jsonl", tarfile.FIFOTYPE, ""),
        ("records", tarfile.DIRTYPE, ""),
        ("plugins/../x.py", tarfile.REGTYPE, ""),
    ],
)
def test_members_without_a_place_are_named_and_left_out(
    tmp_path: Path, name: str, kind: bytes, link: str
) -> None:
    sums = f"{module._sha256(b'{}')}  suite.json\n{module._sha256(b'x')}  {name}\n".encode()
    content = tar(
        (member("suite.json"), b"{}"), (member(name, kind, link), b"x"), (member(SUMS), sums)
    )
    found = unpack(written(tmp_path, content))
    assert (found.suite, found.records, found.files) == (b"{}", {}, {})
    assert any(repr(name) in fault and "no place" in fault for fault in found.faults)


def test_members_without_their_hash_are_named_and_left_out(tmp_path: Path) -> None:
    sums = f"{module._sha256(b'{}')}  suite.json\n{'0' * 64}  failures.jsonl\n{B}  gone\n".encode()
    content = tar(
        (member(SUMS), sums), (member("suite.json"), b"{}"), (member("failures.jsonl"), b"x"),
        (member("plugins/a.py"), b"y"),
    )  # fmt: skip
    found = unpack(written(tmp_path, content))
    assert (found.failures, found.files) == ({}, {})
    told = "\n".join(found.faults)
    assert "'failures.jsonl' has not the hash" in told
    assert "'plugins/a.py' has not the hash" in told
    assert "'gone' is missing" in told


def test_the_first_of_two_members_of_one_name_counts(tmp_path: Path) -> None:
    sums = f"{module._sha256(b'{}')}  suite.json\n".encode()
    members = (member(SUMS), sums), (member("suite.json"), b"{}"), (member("suite.json"), b"[]")
    found = unpack(written(tmp_path, tar(*members)))
    assert found.suite == b"{}"
    assert found.faults == ("member 'suite.json' has no place in an archive",)


def test_lines_without_an_identity_of_their_own_are_named(tmp_path: Path) -> None:
    lines = {A: b'{"identity":"%s"}' % A.encode(), B: b'{"identity":"%s"}' % A.encode(), "c": b"{}"}
    found = unpack(written(tmp_path, pack(Archive(b"{}", {"train": lines}))))
    assert set(found.records["train"]) == {A}
    assert len(found.faults) == 2


def test_lines_are_bounded_and_told_in_one_line_for_each_kind(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_LINE_BYTES", 100)
    lines = {f"{n:064}": b"" for n in range(1000)} | {
        A: b'{"identity":"%s"}' % A.encode(),
        B: b'{"identity":"%s","x":"%s"}' % (B.encode(), b"-" * 99),
    }
    content = written(tmp_path, pack(Archive(b"{}", {"train": lines})))
    found = unpack(content)
    assert set(found.records["train"]) == {A}
    assert found.faults == (
        "records/train.jsonl, line 1: no identity (and 999 further lines)",
        "records/train.jsonl, line 1002: more than 100 bytes",
    )
    monkeypatch.setattr(module, "MOST_LINES", 1000)
    with pytest.raises(InputError, match=r"records/train\.jsonl has more than 1,000 lines"):
        unpack(content)
    monkeypatch.setattr(module, "MOST_TEXT_BYTES", 1)
    with pytest.raises(InputError, match="has more than 1 bytes"):
        unpack(written(tmp_path, pack(CONTENT)))


@pytest.mark.parametrize("nested", [1, 3000])
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (tarfile.XHDTYPE, b"19 GNU.sparse.map=0,0\n"),
        (tarfile.XHDTYPE, b"22 GNU.sparse.map=0,0\n33 GNU.sparse.size=1099511627776\n"),
        (tarfile.XGLTYPE, b"12 path=suit\n"),
        (tarfile.GNUTYPE_LONGNAME, b"suite.json"),
        (tarfile.GNUTYPE_LONGLINK, b"suite.json"),
        (tarfile.GNUTYPE_SPARSE, b""),
    ],
)
def test_headers_that_no_plain_tar_has_are_refused(
    tmp_path: Path, nested: int, kind: bytes, content: bytes
) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, len(content)
    before = header.tobuf(tarfile.GNU_FORMAT) + content.ljust(512 if content else 0, b"\0")
    packed = before * nested + member("suite.json").tobuf() + bytes(1024)
    with pytest.raises(InputError, match="which no plain tar has"):
        unpack(written(tmp_path, lzma.compress(packed)))


def test_too_little_memory_is_one_line(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(module.lzma, "open", full)
    with pytest.raises(InputError, match="more memory than there is"):
        unpack(written(tmp_path, pack(CONTENT)))


@pytest.mark.parametrize(
    "content", [b"", b"x" * 100, lzma.compress(b""), lzma.compress(b"x" * 999)]
)
def test_what_is_no_archive_is_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"records\.tar\.xz: "):
        unpack(written(tmp_path, content))


def test_no_flipped_bit_changes_what_is_read(tmp_path: Path) -> None:
    packed, rng = pack(CONTENT), np.random.default_rng(0)
    refused = 0
    for position in rng.integers(8 * len(packed), size=400).tolist():
        damaged = bytearray(packed)
        damaged[position // 8] ^= 1 << position % 8
        try:
            found = unpack(written(tmp_path, bytes(damaged)))
        except InputError:
            refused += 1
        else:
            assert found == CONTENT
    assert refused > 350


def test_sizes_are_bounded_before_anything_is_read(tmp_path: Path, monkeypatch) -> None:
    huge = member("suite.json")
    huge.size = 2**40
    for header in (huge.tobuf(), _claiming(b"x", 2**35), _claiming(b"L", 2**35)):
        with pytest.raises(InputError):
            unpack(written(tmp_path, lzma.compress(header + bytes(1024))))
    monkeypatch.setattr(module, "MOST_MEMBERS", 2)
    with pytest.raises(InputError, match="more than 2 members"):
        unpack(written(tmp_path, pack(CONTENT)))
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="more than 1,000 bytes"):
        unpack(written(tmp_path, pack(CONTENT)))


def _claiming(kind: bytes, size: int) -> bytes:
    """The header of a member, such as further headers of tar, that claims a size."""
    info = member("x", kind)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def test_what_is_cut_off_behind_the_members_is_refused(tmp_path: Path) -> None:
    content = pack(CONTENT)
    for length in range(1, len(content), 37):
        with pytest.raises(InputError, match="no archive of records, or damaged"):
            unpack(written(tmp_path, content[:length]))
    with pytest.raises(InputError, match="no archive of records, or damaged"):
        unpack(written(tmp_path, content[:-1]))


def test_what_goes_on_behind_the_members_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it goes on behind its end"):
        unpack(written(tmp_path, pack(CONTENT) + lzma.compress(b"x")))


def test_bounds_may_be_tighter_and_a_submission_describes_itself(tmp_path: Path) -> None:
    content = replace(CONTENT, submission=b'{"title":"x"}')
    path = written(tmp_path, pack(content))
    assert unpack(path) == content
    tighter = {"packed": 10, "member": 100, "unpacked": 3000, "members": 3, "lines": 1, "text": 9}
    for field, bound in tighter.items():
        with pytest.raises((InputError, OSError)):
            unpack(path, replace(module.board_bounds(), **{field: bound}))
    assert "more than 20 bytes" in unpack(path, replace(module.board_bounds(), line=20)).faults[0]
