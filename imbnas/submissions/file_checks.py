"""Checks of a submission's files, before any record is read; each returns what it found.

All raise a ``ValueError`` where the submission fails them.
"""

import unicodedata
from collections import Counter

from imbnas.registry import MOST_PLUGIN_BYTES
from imbnas.submissions.board import Board
from imbnas.submissions.check import of_many
from imbnas.submissions.extension import extension_faults
from imbnas.submissions.reading import ReadSubmission
from imbnas.submissions.shown_text import text_fault

_HASH = "has not the hash"


def check_structure(submission: ReadSubmission) -> str:
    """Members that have a place, names that differ, no failures."""
    archive = submission.run.archive
    faults = [fault for fault in archive.faults if _HASH not in fault]
    names = [*archive.files]
    faults += [f"member {name!r} is no part of a submission" for name in names
               if name.startswith("manifests/")]  # fmt: skip
    folded = Counter(unicodedata.normalize("NFKC", name).casefold() for name in names)
    faults += [f"several members are called {name!r}" for name, n in folded.items() if n > 1]
    if archive.failures:
        faults.append(f"{len(archive.failures)} units have failed")
    if faults:
        raise ValueError(of_many(faults))
    return f"{len(names) + len(archive.records) + 3} members"


def check_hashes(submission: ReadSubmission) -> str:
    """Every member is as ``SHA256SUMS`` says."""
    if faults := [fault for fault in submission.run.archive.faults if _HASH in fault]:
        raise ValueError(of_many(faults))
    return "every member has the hash that SHA256SUMS names"


def check_description(submission: ReadSubmission) -> str:
    """What the submission says of itself, against the rest of it."""
    about, suite = submission.about, submission.suite
    said = {
        "suite": (about.suite, suite.title),
        "added": (about.added, suite.added),
        "plugins": (about.plugins, suite.plugins),
    }
    for name, (told, held) in said.items():
        if told != held:
            raise ValueError(f"{name}: not what suite.json says")
    held_records = sum(map(len, submission.run.archive.records.values()))
    if about.records != held_records:
        raise ValueError(f"records: {about.records} are named, {held_records} are there")
    if about.source.modified:
        raise ValueError("made by an imbnas whose files were modified")
    earlier = about.earlier_runs
    return f"{about.title!r} by {about.author!r}, after {earlier} earlier runs known there"


def check_plugins(submission: ReadSubmission) -> str:
    """Plug-ins are text that people can read, and those that the suite names."""
    files = submission.run.archive.files
    held = {name.removeprefix("plugins/"): text for name, text in files.items()
            if name.startswith("plugins/")}  # fmt: skip
    named = {plugin.name for plugin in submission.suite.plugins}
    for name in sorted(held.keys() ^ named):
        missing = name in named
        raise ValueError(f"{name[:60]!r} is {'missing' if missing else 'of no unit'}")
    for plugin in submission.suite.plugins:
        if fault := text_fault(plugin.name) or _source_fault(held[plugin.name]):
            raise ValueError(f"{plugin.name[:60]!r}: {fault}")
    # The hash that units name is compared by reading them as a run does.
    submission.run.read_plugins(submission.suite.plugins)
    return f"{len(named)} files, read as text" if named else "none"


def check_suite(submission: ReadSubmission, board: Board) -> str:
    """The suite is the board's with what was added."""
    if faults := extension_faults(board.suite, submission.suite):
        raise ValueError(of_many(faults))
    return f"that of the board, with {submission.suite.scale.partition(' + ')[2]}"


def _source_fault(text: bytes) -> str | None:
    """What is wrong with the text of a plug-in, which people are to read."""
    if len(text) > MOST_PLUGIN_BYTES:
        return "too large for a plug-in"
    try:
        source = text.decode()
    except UnicodeDecodeError:
        return "no UTF-8 text"
    for character in source:
        if not character.isprintable() and character not in "\n\r\t\f":
            return f"it holds the character U+{ord(character):04X}, which hides what stands there"
    return None
