"""A corpus of hostile submissions, each made of a sound one."""

import gzip
import hashlib
import io
import json
import lzma
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from imbnas.runs.store.archive import Archive, pack
from imbnas.submissions.reading import BOUNDS
from imbnas.units.frozen import canonical_json

BIDI, ESC = "\u202e", "\x1b[2J"
CASES: dict[str, Callable[[Archive], bytes]] = {}
TOLD: dict[str, str] = {}
"""A regular expression that the one line must match."""
ON_PLUGIN: set[str] = set()
"""Cases that are made of the submission with a plug-in."""
LARGE: set[str] = set()
"""Cases whose file takes seconds to make."""

Change = Callable[[Archive], bytes]


def case(told: str, *, plugin: bool = False, large: bool = False) -> Callable[[Change], Change]:
    """Add a case; what is told of it must match ``told``."""

    def add(make: Change) -> Change:
        name = make.__name__
        assert name not in CASES
        CASES[name], TOLD[name] = make, told
        ON_PLUGIN.update({name} if plugin else ())
        LARGE.update({name} if large else ())
        return make

    return add


class Bomb:
    """Executes something when it is unpickled."""

    def __init__(self, canary: str) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.canary, "w")


CANARY = "canary-of-a-hostile-submission"


def members_of(base: Archive) -> dict[str, bytes]:
    """Name → content of every member but ``SHA256SUMS``."""
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(pack(base)))) as tar:
        found = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    del found["SHA256SUMS"]
    return found


def written(*further: tuple[tarfile.TarInfo, bytes], base: Archive, **options: Any) -> bytes:
    """A tar of the sound members and further ones, all with right hashes."""
    members = [*((tarfile.TarInfo(n), c) for n, c in members_of(base).items()), *further]
    sums = "".join(f"{hashlib.sha256(c).hexdigest()}  {m.name}\n" for m, c in members)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", **options) as tar:
        for member, content in ((tarfile.TarInfo("SHA256SUMS"), sums.encode()), *members):
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))
    return lzma.compress(packed.getvalue(), preset=0)


def info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, link
    return found


def sealed(content: Any) -> bytes:
    """JSON with a right checksum, whatever it holds."""
    text = json.dumps({k: v for k, v in content.items() if k != "sha256"}, sort_keys=True,
                      separators=(",", ":"))  # fmt: skip
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(
        {**json.loads(text), "sha256": sha256}, sort_keys=True, separators=(",", ":")
    ).encode()


def about(base: Archive, **changes: Any) -> bytes:
    assert base.submission is not None
    return pack(replace(base, submission=sealed(json.loads(base.submission) | changes)))


def suite(base: Archive, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A submission with another suite, of which its description knows."""
    content = json.loads(base.suite)
    change(content)
    assert base.submission is not None
    told = json.loads(base.submission)
    title = f"{content['suite']['name']}@{content['suite']['version']}/{content['fidelity']}"
    told |= {"added": content.get("added", {}), "suite": title}
    return pack(replace(base, suite=sealed(content), submission=sealed(told)))


def identity_of(unit: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(unit).encode()).hexdigest()


def records(base: Archive, kind: str, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A submission in which the records of a kind are others, with right hashes and identities."""
    lines: dict[str, bytes] = {}
    for text in base.records[kind].values():
        content = json.loads(text)
        change(content)
        lines[content["identity"]] = sealed(content)
    return pack(replace(base, records={**base.records, kind: lines}))


def lines(base: Archive, kind: str, change: Callable[[bytes], bytes]) -> bytes:
    held = {name: change(text) for name, text in base.records[kind].items()}
    return pack(replace(base, records={**base.records, kind: held}))


# Files that are no archive.


@case("no archive")
def empty(_: Archive) -> bytes:
    return b""


@case("no archive")
def text_file(_: Archive) -> bytes:
    return b"import os\nos.system('touch canary')\n" * 100


@case("no archive")
def pickle_renamed(_: Archive) -> bytes:
    return pickle.dumps(Bomb(CANARY))


@case("no archive")
def pickle_in_xz(_: Archive) -> bytes:
    return lzma.compress(pickle.dumps(Bomb(CANARY)) * 100)


@case("no archive")
def zip_file(base: Archive) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members_of(base).items():
            file.writestr(name, content)
    return packed.getvalue()


@case("no archive")
def gzipped(base: Archive) -> bytes:
    return gzip.compress(lzma.decompress(pack(base)))


@case("no archive")
def truncated_in_the_middle(base: Archive) -> bytes:
    content = pack(base)
    return content[: len(content) // 2]


@case("no archive")
def truncated_at_the_end(base: Archive) -> bytes:
    return pack(base)[:-20]


@case("goes on behind its end")
def something_behind_the_end(base: Archive) -> bytes:
    return pack(base) + lzma.compress(b"import os" * 2000)


@case("no archive")
def byte_flipped(base: Archive) -> bytes:
    content = bytearray(pack(base))
    content[len(content) // 2] ^= 1
    return bytes(content)


# Archives that are too large.


@case("asks for 67,108,865 bytes at once")
def bomb_in_one_member(base: Archive) -> bytes:
    return written((info("records/rank.jsonl"), bytes(BOUNDS.member + 1)), base=base)


@case("more than 67,108,864 bytes|more than 4,194,304 bytes")
def bomb_in_many_members(base: Archive) -> bytes:
    weights = [(info(f"weights/{n:064}.safetensors"), bytes(BOUNDS.member)) for n in range(3)]
    return written(*weights, base=base)


@case("no archive|asks for")
def terabytes_announced(base: Archive) -> bytes:
    plain = lzma.decompress(pack(base))
    header = info("records/rank.jsonl")
    header.size = 8 * 2**40
    return lzma.compress(header.tobuf(tarfile.GNU_FORMAT) + plain)


@case("more than 256 members")
def many_members(base: Archive) -> bytes:
    return written(*((info(f"plugins/{n}.py"), b"") for n in range(300)), base=base)


@case("more than 256 members", large=True)
def a_million_members(_: Archive) -> bytes:
    block, packer = info("plugins/a.py").tobuf() * 10_000, lzma.LZMACompressor(preset=0)
    return b"".join([*(packer.compress(block) for _ in range(100)), packer.flush()])


@case("more than 50,000 lines")
def many_lines(base: Archive) -> bytes:
    return written((info("records/rank.jsonl"), b"\n" * 60_000), base=base)


@case("line 1: more than 4,194,304 bytes")
def a_long_line(base: Archive) -> bytes:
    line = b'{"identity":"' + b"a" * 64 + b'","x":"' + b"-" * BOUNDS.line + b'"}\n'
    return written((info("records/rank.jsonl"), line), base=base)


@case("submission.json has more than 4,194,304 bytes")
def a_long_description(base: Archive) -> bytes:
    return pack(replace(base, submission=b" " * (BOUNDS.text + 1)))


@case("suite.json has more than 4,194,304 bytes")
def a_long_suite(base: Archive) -> bytes:
    return pack(replace(base, suite=b"[" * (BOUNDS.text + 1)))


@case("larger|bytes", large=True)
def a_large_file(_: Archive) -> bytes:
    return bytes(BOUNDS.packed + 1)


# Members that have no place in one.

for _name, _kind, _link in (
    ("../escaped", tarfile.REGTYPE, ""),
    ("/tmp/escaped", tarfile.REGTYPE, ""),
    ("plugins/../../escaped.py", tarfile.REGTYPE, ""),
    ("plugins/linked.py", tarfile.SYMTYPE, "/etc/passwd"),
    ("plugins/hard.py", tarfile.LNKTYPE, "suite.json"),
    ("plugins/device.py", tarfile.CHRTYPE, ""),
    ("plugins/block.py", tarfile.BLKTYPE, ""),
    ("plugins/fifo.py", tarfile.FIFOTYPE, ""),
    ("plugins/folder.py", tarfile.DIRTYPE, ""),
    ("suite.json", tarfile.REGTYPE, ""),
    ("evil.sh", tarfile.REGTYPE, ""),
    ("records/other.jsonl", tarfile.REGTYPE, ""),
):

    def _placed(base: Archive, name: str = _name, kind: bytes = _kind, link: str = _link) -> bytes:
        return written((info(name, kind, link), b"{}"), base=base)

    _placed.__name__ = f"member {_name} {_kind.decode()}"
    case("structure +failed +member .* has no place|no sound suite.json")(_placed)


@case("no plain tar has")
def extended_headers(base: Archive) -> bytes:
    long = info(f"plugins/{'x' * 200}.py")
    return written((long, b""), base=base, format=tarfile.PAX_FORMAT)


@case("several members are called 'plugins/a.py'")
def names_that_differ_in_case(base: Archive) -> bytes:
    return pack(replace(base, files={"plugins/a.py": b"", "plugins/A.py": b""}))


@case("is no part of a submission")
def pinned_images(base: Archive) -> bytes:
    return pack(replace(base, files={f"manifests/{'a' * 64}.json": b"{}"}))


@case("no sound suite.json")
def without_hashes(base: Archive) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members_of(base).items():
            member = info(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return lzma.compress(packed.getvalue())


@case("hashes +failed +member 'records/train.jsonl' has not the hash")
def with_another_hash(base: Archive) -> bytes:
    plain = lzma.decompress(pack(base))
    digest = hashlib.sha256(members_of(base)["records/train.jsonl"]).hexdigest().encode()
    return lzma.compress(plain.replace(digest, b"0" * 64))


@case("1 units have failed")
def with_failures(base: Archive) -> bytes:
    failure = b'{"identity":"%s"}' % (b"a" * 64)
    return pack(replace(base, failures={"a" * 64: failure}))


# Descriptions.


@case("no sound submission.json")
def a_board_renamed(base: Archive) -> bytes:
    return pack(replace(base, submission=None))


@case("submission.json: it is nested too deeply")
def nested_description(base: Archive) -> bytes:
    return pack(replace(base, submission=b"[" * 1_000_000))


@case("submission.json: .*NaN")
def description_with_nan(base: Archive) -> bytes:
    return pack(replace(base, submission=b'{"records":NaN}'))


@case("submission.json: .*thousands of digits")
def description_with_a_huge_number(base: Archive) -> bytes:
    return pack(replace(base, submission=b'{"records":%s}' % (b"9" * 1_000_000)))


for _field, _value, _told in (
    ("title", f"good{BIDI}doog", r"U\+202E"),
    ("title", f"good {ESC}", r"U\+001B"),
    ("title", "two\nlines", r"U\+000A"),
    ("title", "zero\u200bwidth", r"U\+200B"),
    ("title", "<script>alert(1)</script>", "'<' or '>'"),
    ("title", "x" * 1_000_000, "at most 200"),
    ("title", "", "at least 1"),
    ("author", "=HYPERLINK(1)", "formula"),
    ("author", "@SUM(1)", "formula"),
    ("author", "\ud800", "submission.json"),
    ("url", "javascript:alert(1)", "url"),
    ("url", "https://a/'><script>", "url"),
    ("licence", "MIT\u202e", "licence"),
    ("earlier_runs", 10**30, "earlier_runs"),
    ("earlier_runs", -1, "earlier_runs"),
    ("records", True, "records"),
    ("records", 7, "records: 7 are named, 8 are there"),
    ("source", {"version": "1", "modified": True}, "files were modified"),
    ("verified", True, "verified"),
    (f"x{BIDI}{ESC}", True, r"x\\u202e"),
    ("added", {"strategies": ["p3"]}, "added: not what suite.json says"),
    ("devices", ["another"], "devices: submission.json does not say"),
    ("processors", ["=1"], "formula"),
):

    def _described(base: Archive, field: str = _field, value: Any = _value) -> bytes:
        return about(base, **{field: value})

    _described.__name__ = f"{_field} {ascii(_value)[:30]}"
    case(_told)(_described)


# Suites.


@case("suite.json: it is nested too deeply")
def nested_suite(base: Archive) -> bytes:
    return pack(replace(base, suite=b'{"suite":' * 100_000))


@case("no board other@1/only|the board of tiny@1/only")
def another_suite(base: Archive) -> bytes:
    return suite(base, lambda content: content["suite"].update(name="other"))


@case("the board of tiny@1/only")
def another_version(base: Archive) -> bytes:
    return suite(base, lambda content: content["suite"].update(version="2"))


@case("suite.json")
def other_epochs_in_one_place(base: Archive) -> bytes:
    return suite(base, lambda content: content["settings"]["network"].update(epochs=1))


@case("changed|suite.json")
def other_epochs(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        content["settings"]["network"]["epochs"] = 3
        content["suite"]["fidelities"]["only"]["network"]["epochs"] = 3

    return suite(base, change)


@case("suite.json|replicates")
def many_replicates(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        content["replicates"] = 10_000
        for facts in content["conditions"].values():
            facts["replicates"] = facts["replicates"][:1] * 10_000

    return suite(base, change)


@case("suite +failed +.*population.*changed")
def another_population(base: Archive) -> bytes:
    return suite(base, lambda content: content["population"].pop())


@case("suite +failed +.*conditions.*changed")
def other_images(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        for facts in content["conditions"].values():
            for data in facts["replicates"]:
                data["manifest_sha256"] = "a" * 64

    return suite(base, change)


@case("suite +failed +nothing was added")
def nothing_added(base: Archive) -> bytes:
    return suite(base, lambda content: content.pop("added"))


@case(r"added.*U\+202E")
def a_label_of_another_direction(base: Archive) -> bytes:
    return suite(base, lambda content: content["added"].update(strategies=[f"p2{BIDI}"]))


@case("added.*formula")
def a_label_that_is_a_formula(base: Archive) -> bytes:
    return suite(base, lambda content: content["added"].update(strategies=["=cmd()"]))


@case("is no kind of addition")
def an_unknown_addition(base: Archive) -> bytes:
    return suite(base, lambda content: content["added"].update(spaces=["mine"]))


@case("is a file, which others do not have")
def a_baseline_file(base: Archive) -> bytes:
    return suite(base, lambda content: content["added"].update(baselines=["/etc/x.toml"]))


@case("suite.json|neither imbnas's own|suite +failed")
def code_from_nowhere(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        for facts in content["strategies"].values():
            if facts["component"]["options"]:
                facts["component"]["name"] = "unknown"

    return suite(base, change)


@case("suite +failed +.*strategies.*changed")
def a_board_strategy_of_another_version(base: Archive) -> bytes:
    return suite(
        base, lambda content: content["strategies"]["p1"]["component"].update(version="99")
    )


# Plug-ins.


@case("plug-ins +failed +.*not the plug-in that the run was started with", plugin=True)
def another_plugin(base: Archive) -> bytes:
    return pack(replace(base, files={"plugins/mine.py": b"import os\n"}))


@case("plug-ins +failed +'mine.py' is missing", plugin=True)
def a_missing_plugin(base: Archive) -> bytes:
    return pack(replace(base, files={}))


@case("plug-ins +failed +'more.py' is of no unit", plugin=True)
def a_further_plugin(base: Archive) -> bytes:
    return pack(replace(base, files={**base.files, "plugins/more.py": b"raise SystemExit"}))


def _with_text(base: Archive, text: bytes) -> bytes:
    """The plug-in with another text, whose hash everything names."""
    old = hashlib.sha256(base.files["plugins/mine.py"]).hexdigest().encode()
    new = hashlib.sha256(text).hexdigest().encode()
    assert base.submission is not None
    return pack(
        replace(
            base,
            suite=sealed(json.loads(base.suite.replace(old, new))),
            submission=sealed(json.loads(base.submission.replace(old, new))),
            files={"plugins/mine.py": text},
        )
    )


@case(r"plug-ins +failed +'mine.py': it holds the character U\+202E", plugin=True)
def a_plugin_that_hides_what_it_does(base: Archive) -> bytes:
    return _with_text(base, f"x = '{BIDI}' # harmless\n".encode())


@case("plug-ins +failed +'mine.py': no UTF-8 text", plugin=True)
def a_pickle_as_plugin(base: Archive) -> bytes:
    return _with_text(base, pickle.dumps(Bomb(CANARY)) + b"\xff")


@case("units +failed", plugin=True)
def another_plugin_with_the_hash_of_it(base: Archive) -> bytes:
    return _with_text(base, f"open({CANARY!r}, 'w')\n".encode())


# Records.


def _replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(text: bytes) -> bytes:
        assert old in text
        return text.replace(old, new, 1)

    return change


@case("records +failed +.*sha256 does not fit")
def altered_records(base: Archive) -> bytes:
    return lines(base, "train", _replaced(b'"seconds":', b'"seconds":1'))


@case("records +failed +.*no checksum")
def records_without_checksum(base: Archive) -> bytes:
    def change(text: bytes) -> bytes:
        content = json.loads(text)
        del content["sha256"]
        return canonical_json(content).encode()

    return lines(base, "train", change)


@case("records +failed +.*identity is not the hash of the unit")
def records_of_changed_units(base: Archive) -> bytes:
    return records(base, "train", lambda content: content["unit"].update(replicate=7))


@case("units +failed +the suite does not have")
def records_of_another_suite(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        content["unit"]["recipe"]["lr"] = 0.123
        content["identity"] = identity_of(content["unit"])

    return records(base, "train", change)


@case("records +failed +.*records, and the suite has [0-9,]+ units at most")
def many_records(base: Archive) -> bytes:
    held = {f"{n:064x}": b'{"identity":"%064x"}' % n for n in range(40_000)}
    assert base.submission is not None
    told = json.loads(base.submission) | {"records": 40_006}
    held_records = {**base.records, "train": held}
    return pack(replace(base, records=held_records, submission=sealed(told)))


@case(r"units +failed +.*x\\u202ey")
def units_with_strange_names(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        content["unit"]["scheme"]["name"] = f"x{BIDI}y{ESC}"
        content["identity"] = identity_of(content["unit"])

    return records(base, "train", change)


@case("records +failed +.*more correct images than images")
def more_right_than_there_are(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        content["metrics"]["class_correct"][0] = content["metrics"]["class_total"][0] + 1

    return records(base, "train", change)


@case("records +failed +.*correct_bits and class_correct differ")
def more_right_than_marked(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        metrics = content["metrics"]
        metrics["class_correct"] = metrics["class_total"]

    return records(base, "train", change)


@case("records +failed +.*NaN")
def metrics_that_are_no_numbers(base: Archive) -> bytes:
    return records(
        base, "train", lambda content: content["metrics"].update(train_loss=float("nan"))
    )


@case("records +failed")
def infinite_metrics(base: Archive) -> bytes:
    return lines(
        base, "train", lambda text: text.replace(b'"train_loss":', b'"train_loss":1e999,"x":')
    )


@case("records +failed +.*images_seen")
def huge_numbers(base: Archive) -> bytes:
    return records(base, "train", lambda content: content["cost"].update(images_seen=10**30))


@case("records +failed +.*twice")
def a_key_twice(base: Archive) -> bytes:
    return lines(base, "train", _replaced(b'{"cost"', b'{"identity":"x","cost"'))


@case("records +failed +.*best is not the first")
def another_best(base: Archive) -> bytes:
    def change(content: dict[str, Any]) -> None:
        scores = content["metrics"]["scores"]
        content["metrics"]["best"] = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|"
        scores[0][1] = min(1.0, scores[0][1] + 0.01)

    return records(base, "search", change)


@case("records +failed +.*nested|not JSON")
def nested_records(base: Archive) -> bytes:
    return lines(base, "train", _replaced(b'"metrics":', b'"x":' + b"[" * 200_000 + b',"metrics":'))


@case("records +failed +.*UTF-8")
def records_that_are_no_text(base: Archive) -> bytes:
    return lines(base, "train", _replaced(b'"threads"', b'"\xff\xfe"'))


@case("records +failed +.*record of another unit")
def records_under_another_kind(base: Archive) -> bytes:
    held = dict(base.records)
    held["rank"] = held.pop("train")
    return pack(replace(base, records=held))


@case("completeness +failed +missing: ")
def a_replicate_left_out(base: Archive) -> bytes:
    held = dict(base.records)
    held["train"] = dict([*held["train"].items()][:1])
    assert base.submission is not None
    told = json.loads(base.submission) | {"records": 7}
    return pack(replace(base, records=held, submission=sealed(told)))


@case("plausibility +failed +.*params|macs")
def a_smaller_network(base: Archive) -> bytes:
    return records(base, "train", lambda content: content["metrics"].update(params=1))


@case("plausibility +failed +.*images_seen")
def cheaper_trainings(base: Archive) -> bytes:
    return records(base, "train", lambda content: content["cost"].update(images_seen=10))


@case("cost +failed +.*images_seen")
def cheaper_adaptations(base: Archive) -> bytes:
    return records(base, "adapt", lambda content: content["cost"].update(images_seen=1))


@case("provenance +failed +.*future")
def records_of_the_future(base: Archive) -> bytes:
    late = "2199-01-01T00:00:00+00:00"
    return records(base, "train", lambda content: content["provenance"].update(utc=late))


@case(r"provenance +failed +.*U\+202E")
def a_machine_with_a_strange_name(base: Archive) -> bytes:
    return records(base, "train", lambda content: content["cost"].update(device=f"x{BIDI}y"))


@case("provenance +failed +.*formula")
def a_library_that_is_a_formula(base: Archive) -> bytes:
    return records(base, "train", lambda content: content["provenance"].update(torch="=1+1"))


@case("weights +failed +.*is of no source supernet")
def weights_of_nothing(base: Archive) -> bytes:
    content = safetensors({"w": ("F32", [2**40, 2**40], [0, 4])}, bytes(4))
    name = hashlib.sha256(content).hexdigest()
    return pack(replace(base, files={f"weights/{name}.safetensors": content}))


def safetensors(header: dict[str, tuple[str, list[int], list[int]]], data: bytes) -> bytes:
    """A safetensors file whose header says what it likes."""
    keys = ("dtype", "shape", "data_offsets")
    told = {name: dict(zip(keys, value, strict=True)) for name, value in header.items()}
    text = json.dumps(told).encode()
    return len(text).to_bytes(8, "little") + text + data


def corpus(base: Archive, with_plugin: Archive, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """The files of some cases."""
    for name in names:
        yield name, CASES[name](with_plugin if name in ON_PLUGIN else base)


def write(folder: Path, name: str, content: bytes) -> Path:
    """Where a case lies, under a name that any file system takes."""
    path = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:12]}.imbnas"
    path.write_bytes(content)
    return path
