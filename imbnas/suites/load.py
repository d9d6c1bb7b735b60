"""Reads suite files; every fault is one line with the file, the line and the key."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from imbnas.errors import InputError, UnknownNameError, suggest
from imbnas.suites.checks import suite_checks
from imbnas.suites.choice import ENTRY_FORMS
from imbnas.suites.claims import ClaimKind
from imbnas.suites.extension import merged
from imbnas.suites.fidelity import Fidelity
from imbnas.suites.files import suite_files
from imbnas.suites.schema import PartKind, SuiteFile
from imbnas.suites.toml_lines import line_of
from imbnas.toml_files import read_toml
from imbnas.units.frozen import content_sha256
from imbnas.validation import first_fault

DEFAULT_SUITE = "lt-digits"
_KINDS = {"parts": get_args(PartKind), "claims": get_args(ClaimKind)}
"""Tables of entries that differ in their ``kind``, and what that may be."""


def load_suite(name_or_file: str) -> SuiteFile:
    """Read a shipped suite by name, or any suite from a path that ends in ``.toml``.

    Raises:
        InputError: an unknown name, or a file that is missing or not a valid suite.
    """
    return read_suite(_path_of(name_or_file))


def suite_text(name_or_file: str) -> str:
    """The text of a suite file; arguments and errors as ``load_suite``."""
    path = _path_of(name_or_file)
    return read_toml(path, f"suite {path}")[0]


def _path_of(name_or_file: str) -> Path:
    if name_or_file.endswith(".toml"):
        return Path(name_or_file)
    shipped = suite_files()
    if name_or_file not in shipped:
        raise UnknownNameError("suite", name_or_file, shipped)
    return shipped[name_or_file]


def read_suite(path: Path) -> SuiteFile:
    """Read one suite file.

    Raises:
        InputError: the file cannot be read, is not TOML, or breaks the schema.
    """
    text, content = read_toml(path, f"suite {path}")
    content = _with_base(path, text, content, (path.resolve(),))
    try:
        suite = SuiteFile.model_validate(content)
    except ValidationError as error:
        raise InputError(_first_fault(path, text, error)) from None
    # Plug-ins are checked with the suite's data, in a process of their own.
    for where, check in suite_checks(suite, suite.fidelities, with_plugins=False):
        try:
            check()
        except UnknownNameError:
            continue  # a plug-in may add it before the suite is resolved
        except InputError as error:
            raise InputError(_located(path, text, where, str(error))) from None
    return suite


def modification(suite: SuiteFile) -> str | None:
    """The beginning of a suite's digest, if one of its name and version ships that says otherwise.

    Layout and comments of the file do not count.
    """
    shipped = suite_files().get(suite.name)
    original = read_suite(shipped) if shipped else None
    if original is None or original.version != suite.version or original == suite:
        return None
    return content_sha256(suite)[:12]


def choose_fidelity(suite: SuiteFile, name: str | None) -> tuple[str, Fidelity]:
    """Return the named fidelity, or the suite's default one.

    Raises:
        UnknownNameError: the suite has no such fidelity.
    """
    chosen = name or suite.default_fidelity
    if chosen not in suite.fidelities:
        raise UnknownNameError(f"fidelity of suite {suite.name!r}:", chosen, suite.fidelities)
    return chosen, suite.fidelities[chosen]


def _with_base(
    path: Path, text: str, content: dict[str, Any], through: tuple[Path, ...]
) -> dict[str, Any]:
    """A suite's content, with what it takes over from the one that it ``extends``.

    Args:
        path: of the suite.
        text: of the suite.
        content: of the suite.
        through: the suite, and those that extend it.
    """
    if "extends" not in content:
        return content
    named = content["extends"]
    try:
        base = _file_of(named, path)
        if base.resolve() in through:
            raise InputError(f"the suite extends itself through {named!r}")
        base_text, base_content = read_toml(base, f"suite {base}")
        whole = _with_base(base, base_text, base_content, (*through, base.resolve()))
    except InputError as error:
        raise InputError(_located(path, text, ("extends",), str(error))) from None
    rest = {key: value for key, value in content.items() if key != "extends"}
    return dict(merged(whole, rest))


def _file_of(named: object, path: Path) -> Path:
    """The file of a suite that another one extends: one that ships, or one beside it."""
    if not isinstance(named, str):
        raise InputError(f"{named!r} is no name of a suite; write it in quotes")
    return path.parent / named if named.endswith(".toml") else _path_of(named)


def _first_fault(path: Path, text: str, error: ValidationError) -> str:
    fault = first_fault(error)
    where, message = _path_in_file(fault.place), fault.message
    if fault.kind == "extra_forbidden":
        message = f"unknown key{suggest(str(where[-1]), _known_keys(fault.place))}"
    if fault.kind == "union_tag_not_found":
        message = f"kind is missing; give one of {', '.join(_KINDS[str(where[0])])}"
    return _located(path, text, where, message)


def _located(path: Path, text: str, where: Sequence[str | int], message: str) -> str:
    line = line_of(text, where)
    key = ".".join(str(part) for part in where) or "(top level)"
    place = f"{path}:{line}" if line else str(path)
    return f"suite {place}: {key}: {message}"


def _path_in_file(location: Sequence[str | int]) -> tuple[str | int, ...]:
    """Drop the tags that pydantic adds for the variants of a union."""
    return tuple(
        part
        for index, part in enumerate(location)
        if not (index == 2 and part in _KINDS.get(str(location[0]), ()))
        and not (part in ENTRY_FORMS and "strategies" in location[index - 2 : index])
        and not (part in ENTRY_FORMS and "against" in location[index - 1 : index])
    )


def _known_keys(location: Sequence[str | int]) -> list[str]:
    """Keys that are accepted where an unknown one stands."""
    models: list[type[BaseModel]] = [SuiteFile]
    for part in location[:-1]:
        inner = [
            found
            for model in models
            if part in model.model_fields
            for found in _models_in(model.model_fields[str(part)].annotation)
        ]
        tagged = [model for model in models if part in _tags_of(model)]
        models = inner or tagged or models
    return [field for model in models for field in model.model_fields]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _tags_of(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()
