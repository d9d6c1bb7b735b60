"""The archive of a board: a run's records, and the weights that further units start from.

``records.tar.xz`` is a plain tar of regular files, compressed by xz, the same bytes for the same
content:

- ``SHA256SUMS``: hash and name of every other member, as ``sha256sum -c`` reads them;
- ``suite.json``: the resolved suite;
- ``records/KIND.jsonl``, ``failures.jsonl``: the files of the run, a line each, sorted by identity;
- ``weights/SHA256.safetensors``, ``manifests/SHA256.json``, ``plugins/NAME.py``: files as they are;
- ``submission.json``: of a submission, who hands in what; boards have none.
"""

import hashlib
import io
import lzma
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from imbnas.errors import InputError
from imbnas.regular_files import open_regular
from imbnas.units.largest import MOST_UNITS
from imbnas.units.unit import UNIT_KINDS

ARCHIVE = "records.tar.xz"
SUMS = "SHA256SUMS"

MOST_ARCHIVE_BYTES = 2**30
MOST_MEMBER_BYTES = 2**31
MOST_BYTES = 2**32
"""Of all members together, unpacked."""
MOST_MEMBERS = 100_000
MOST_LINES = MOST_UNITS
"""Of one member."""
MOST_LINE_BYTES = 2**26
"""Of a record or failure."""
MOST_TEXT_BYTES = 2**28
"""Of a suite, a manifest or all failures."""

_HASH = "[0-9a-f]{64}"
_MEMBER = re.compile(
    rf"{SUMS}|suite\.json|submission\.json|failures\.jsonl|records/({'|'.join(UNIT_KINDS)})\.jsonl"
    rf"|weights/{_HASH}\.safetensors|manifests/{_HASH}\.json|plugins/[^/\\\x00-\x1f\x7f]+\.py"
)
_EXTENDED = {
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK, tarfile.GNUTYPE_SPARSE,
}  # fmt: skip
_PIECE = 2**20
_LONGEST_NAME = 100
"""Bytes, with the folder: what every tar holds without further headers."""
_IDENTITY = re.compile(rb'"identity":"([0-9a-f]{64})"')
_SUM = re.compile(rf"({_HASH})  (.+)")

Lines = Mapping[str, bytes]
"""Identity → the content of a file."""


@dataclass(frozen=True)
class Bounds:
    """How large an archive may be, and what is in it; bytes unless it says otherwise.

    Attributes:
        packed: of the file.
        member: of one member, unpacked.
        unpacked: of all members together.
        members: how many.
        lines: how many in one member.
        line: of a record or failure.
        text: of a suite, a manifest or all failures.
    """

    packed: int
    member: int
    unpacked: int
    members: int
    lines: int
    line: int
    text: int


def board_bounds() -> Bounds:
    """What holds for boards."""
    return Bounds(
        packed=MOST_ARCHIVE_BYTES,
        member=MOST_MEMBER_BYTES,
        unpacked=MOST_BYTES,
        members=MOST_MEMBERS,
        lines=MOST_LINES,
        line=MOST_LINE_BYTES,
        text=MOST_TEXT_BYTES,
    )


@dataclass(frozen=True)
class Archive:
    """What an archive holds; nothing of it has been parsed.

    Attributes:
        suite: content of ``suite.json``.
        records: kind → identity → record.
        failures: identity → failure.
        files: name → content of weights, manifests and plug-ins.
        faults: one line for each member or line that was left out.
        submission: content of ``submission.json``; ``None`` where there is none.
    """

    suite: bytes
    records: Mapping[str, Lines] = field(default_factory=dict)
    failures: Lines = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    submission: bytes | None = None


def pack(archive: Archive) -> bytes:
    """The file that holds an archive.

    Raises:
        InputError: a plug-in has a name, or a record a form, that cannot be in one.
    """
    members = dict(sorted(_members(archive)))
    for name in members:
        fits = name.isprintable() and len(name.encode()) <= _LONGEST_NAME
        if not fits or not _MEMBER.fullmatch(name):
            raise InputError(
                f"{name!r} cannot be in an archive, for the characters or the length of its name; "
                "run the suite with the plug-in under another name"
            )
    sums = "".join(f"{_sha256(content)}  {name}\n" for name, content in members.items())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in {SUMS: sums.encode(), **members}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return lzma.compress(packed.getvalue(), preset=9)


def _members(archive: Archive) -> Iterator[tuple[str, bytes]]:
    yield "suite.json", archive.suite
    if archive.submission is not None:
        yield "submission.json", archive.submission
    yield from archive.files.items()
    lines = {f"records/{kind}.jsonl": held for kind, held in archive.records.items()}
    for name, held in {**lines, "failures.jsonl": archive.failures}.items():
        for identity, content in held.items():
            if b"\n" in content:
                raise InputError(f"{name}: {identity}: not in one line, as imbnas writes it")
        if held:
            yield name, b"".join(held[identity] + b"\n" for identity in sorted(held))


def unpack(path: Path, bounds: Bounds | None = None) -> Archive:
    """Read an archive.

    Nothing is written and nothing executed; sizes and numbers are bounded before anything is read.
    A member that has no place in an archive, or another hash than its own, is left out and named.

    Args:
        path: of the file.
        bounds: how large it may be; as large as a board by default.

    Raises:
        InputError: it is no such archive, is damaged, or is larger than archives may be.
        OSError: it cannot be opened.
    """
    bounds = bounds or board_bounds()
    try:
        with (
            open_regular(path, bounds.packed, follow=True) as file,
            lzma.open(file) as plain,
            tarfile.open(
                fileobj=cast("IO[bytes]", _Bounded(plain, bounds)), mode="r:", tarinfo=_Plain
            ) as tar,
        ):
            members, faults = _read(tar, bounds)
            _read_to_the_end(plain, bounds)
    except (lzma.LZMAError, tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path}: no archive of records, or damaged ({error}); get it again"
        ) from None
    except MemoryError:
        raise InputError(
            f"{path}: takes more memory than there is; get it again, or more memory"
        ) from None
    if "suite.json" not in members:
        raise InputError(f"{path}: holds no sound suite.json; get the archive again")
    return _sorted_out(members, faults, bounds)


class _Plain(tarfile.TarInfo):
    """A member whose header says all of it, as in a plain tar.

    Headers of the other formats may be nested in each other, and announce terabytes that are not
    there.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Plain":
        """See ``TarInfo``."""
        found = super().frombuf(buf, encoding, errors)
        if found.type in _EXTENDED:
            raise ValueError(f"a header of type {found.type!r}, which no plain tar has")
        return found


class _Bounded:
    """A stream that refuses to be read further, or in larger pieces, than archives need."""

    def __init__(self, stream: IO[bytes], bounds: Bounds) -> None:
        self._stream, self._bounds = stream, bounds

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self._bounds.member:
            raise ValueError(f"it asks for {size:,} bytes at once")
        return self._stream.read(size)

    def seek(self, position: int) -> int:
        if position > self._bounds.unpacked:
            raise ValueError(f"it has more than {self._bounds.unpacked:,} bytes")
        return self._stream.seek(position)

    def tell(self) -> int:
        return self._stream.tell()


def _read(tar: tarfile.TarFile, bounds: Bounds) -> tuple[dict[str, bytes], list[str]]:
    """Members by name, those with another hash than ``SHA256SUMS`` says left out."""
    members: dict[str, bytes] = {}
    faults: list[str] = []
    for number, member in enumerate(tar):
        if number >= bounds.members:
            raise ValueError(f"it has more than {bounds.members:,} members")
        if not member.isreg() or not _MEMBER.fullmatch(member.name) or member.name in members:
            faults.append(f"member {member.name[:100]!r} has no place in an archive")
        elif (content := tar.extractfile(member)) is not None:
            members[member.name] = content.read()
    for name, held in members.items():
        if not name.startswith("weights/") and held.count(b"\n") > bounds.lines:
            raise ValueError(f"{name} has more than {bounds.lines:,} lines")
        if not name.startswith(("weights/", "records/")) and len(held) > bounds.text:
            raise ValueError(f"{name} has more than {bounds.text:,} bytes")
    sums = members.pop(SUMS, b"").decode("utf-8", "replace").split("\n")
    known = {match[2]: match[1] for line in sums if (match := _SUM.fullmatch(line))}
    for name in [name for name, content in members.items() if known.get(name) != _sha256(content)]:
        faults.append(f"member {name!r} has not the hash that {SUMS} names")
        del members[name]
    faults += [f"member {name[:100]!r} is missing" for name in known.keys() - members.keys()]
    return members, faults


def _read_to_the_end(stream: IO[bytes], bounds: Bounds) -> None:
    """Refuse what is cut off, or goes on, behind the members; only the end has all checksums."""
    while content := stream.read(_PIECE):
        if stream.tell() > bounds.unpacked:
            raise ValueError(f"it has more than {bounds.unpacked:,} bytes")
        if content.strip(b"\0"):
            raise ValueError("it goes on behind its end")


def _sorted_out(members: Mapping[str, bytes], faults: list[str], bounds: Bounds) -> Archive:
    records = {}
    for kind in UNIT_KINDS:
        name = f"records/{kind}.jsonl"
        if name in members:
            records[kind] = _lines(name, members[name], faults, bounds)
    failed = members.get("failures.jsonl", b"")
    failures = _lines("failures.jsonl", failed, faults, bounds)
    files = {n: c for n, c in members.items() if "/" in n and not n.startswith("records/")}
    submission = members.get("submission.json")
    return Archive(members["suite.json"], records, failures, files, tuple(faults), submission)


def _lines(name: str, content: bytes, faults: list[str], bounds: Bounds) -> Lines:
    """The lines of a member; one fault for all of a kind."""
    lines: dict[str, bytes] = {}
    wrong: dict[str, list[int]] = {}
    # JSON has no line ending in a text; ``splitlines`` would also take other ones for the end.
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        found = _IDENTITY.search(line)
        if len(line) > bounds.line:
            wrong.setdefault(f"more than {bounds.line:,} bytes", []).append(number)
        elif found is None:
            wrong.setdefault("no identity", []).append(number)
        elif found[1].decode() in lines:
            wrong.setdefault("an identity that an earlier line has", []).append(number)
        else:
            lines[found[1].decode()] = line
    for what, numbers in wrong.items():
        more = f" (and {len(numbers) - 1:,} further lines)" if len(numbers) > 1 else ""
        faults.append(f"{name}, line {numbers[0]}: {what}{more}")
    return lines


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
