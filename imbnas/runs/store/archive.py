"""The archive of a board: a run's records, and the weights that further units start from.

``records.tar.xz`` is a plain tar of regular files, compressed by xz, the same bytes for the same
content:

- ``SHA256SUMS``: hash and name of every other member, as ``sha256sum -c`` reads them;
- ``suite.json``: the resolved suite;
- ``records/KIND.jsonl``, ``failures.jsonl``: the files of the run, a line each, sorted by identity;
- ``weights/SHA256.safetensors``, ``manifests/SHA256.json``, ``plugins/NAME.py``: files as they are.
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
from imbnas.units.unit import UNIT_KINDS

ARCHIVE = "records.tar.xz"
SUMS = "SHA256SUMS"

MOST_ARCHIVE_BYTES = 2**30
MOST_MEMBER_BYTES = 2**31
MOST_BYTES = 2**32
"""Of all members together, unpacked."""
MOST_MEMBERS = 100_000

_HASH = "[0-9a-f]{64}"
_MEMBER = re.compile(
    rf"{SUMS}|suite\.json|failures\.jsonl|records/({'|'.join(UNIT_KINDS)})\.jsonl"
    rf"|weights/{_HASH}\.safetensors|manifests/{_HASH}\.json|plugins/[A-Za-z0-9_][A-Za-z0-9_.-]*\.py"
)
_IDENTITY = re.compile(rb'"identity":"([0-9a-f]{64})"')
_SUM = re.compile(rf"({_HASH})  (\S+)")

Lines = Mapping[str, bytes]
"""Identity → the content of a file."""


@dataclass(frozen=True)
class Archive:
    """What an archive holds; nothing of it has been parsed.

    Attributes:
        suite: content of ``suite.json``.
        records: kind → identity → record.
        failures: identity → failure.
        files: name → content of weights, manifests and plug-ins.
        faults: one line for each member or line that was left out.
    """

    suite: bytes
    records: Mapping[str, Lines] = field(default_factory=dict)
    failures: Lines = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def pack(archive: Archive) -> bytes:
    """The file that holds an archive."""
    members = dict(sorted(_members(archive)))
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
    yield from archive.files.items()
    lines = {f"records/{kind}.jsonl": held for kind, held in archive.records.items()}
    for name, held in {**lines, "failures.jsonl": archive.failures}.items():
        if held:
            yield name, b"".join(held[identity] + b"\n" for identity in sorted(held))


def unpack(path: Path) -> Archive:
    """Read an archive.

    Nothing is written and nothing executed; sizes and numbers are bounded before anything is read.
    A member that has no place in an archive, or another hash than its own, is left out and named.

    Raises:
        InputError: it is no such archive, is damaged, or is larger than archives may be.
        OSError: it cannot be opened.
    """
    try:
        with (
            open_regular(path, MOST_ARCHIVE_BYTES, follow=True) as file,
            lzma.open(file) as plain,
            tarfile.open(fileobj=cast("IO[bytes]", _Bounded(plain)), mode="r:") as tar,
        ):
            members, faults = _read(tar)
    except (lzma.LZMAError, tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path}: no archive of records, or damaged ({error}); get it again"
        ) from None
    if "suite.json" not in members:
        raise InputError(f"{path}: holds no sound suite.json; get the archive again")
    return _sorted_out(members, faults)


class _Bounded:
    """A stream that refuses to be read further, or in larger pieces, than archives need."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MOST_MEMBER_BYTES:
            raise ValueError(f"it asks for {size:,} bytes at once")
        return self._stream.read(size)

    def seek(self, position: int) -> int:
        if position > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        return self._stream.seek(position)

    def tell(self) -> int:
        return self._stream.tell()


def _read(tar: tarfile.TarFile) -> tuple[dict[str, bytes], list[str]]:
    """Members by name, those with another hash than ``SHA256SUMS`` says left out."""
    members: dict[str, bytes] = {}
    faults: list[str] = []
    for number, member in enumerate(tar):
        if number >= MOST_MEMBERS:
            raise ValueError(f"it has more than {MOST_MEMBERS:,} members")
        if not member.isreg() or not _MEMBER.fullmatch(member.name) or member.name in members:
            faults.append(f"member {member.name[:100]!r} has no place in an archive")
        elif (content := tar.extractfile(member)) is not None:
            members[member.name] = content.read()
    sums = members.pop(SUMS, b"").decode("ascii", "replace").splitlines()
    known = {match[2]: match[1] for line in sums if (match := _SUM.fullmatch(line))}
    for name in [name for name, content in members.items() if known.get(name) != _sha256(content)]:
        faults.append(f"member {name!r} has not the hash that {SUMS} names")
        del members[name]
    faults += [f"member {name[:100]!r} is missing" for name in known.keys() - members.keys()]
    return members, faults


def _sorted_out(members: Mapping[str, bytes], faults: list[str]) -> Archive:
    records = {}
    for kind in UNIT_KINDS:
        name = f"records/{kind}.jsonl"
        if name in members:
            records[kind] = _lines(name, members[name], faults)
    failures = _lines("failures.jsonl", members.get("failures.jsonl", b""), faults)
    files = {n: c for n, c in members.items() if "/" in n and not n.startswith("records/")}
    return Archive(members["suite.json"], records, failures, files, tuple(faults))


def _lines(name: str, content: bytes, faults: list[str]) -> Lines:
    lines: dict[str, bytes] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        found = _IDENTITY.search(line)
        if found is None or found[1].decode() in lines:
            what = "no identity" if found is None else "an identity that an earlier line has"
            faults.append(f"{name}, line {number}: {what}")
        else:
            lines[found[1].decode()] = line
    return lines


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
