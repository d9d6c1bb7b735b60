"""The public names of packages, as their docstrings tell them; nothing heavy is imported."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import griffe

from generators.markdown import code, docstring_text, table

ROOT = Path(__file__).resolve().parents[2]
_SECTIONS = {
    "parameters": "Arguments", "other parameters": "Arguments", "attributes": "Attributes",
    "returns": "Returns", "yields": "Yields", "raises": "Raises",
}  # fmt: skip


def text(package: str = "imbnas") -> str:
    """Every name that a package offers, each under a heading of its own."""
    names = [name for name in dir(import_module(package)) if not name.startswith("_")]
    parts = (_entry(package, name) for name in sorted(names, key=str.lower))
    return "\n\n".join(part for entry in parts for part in entry)


@cache
def _sources() -> Any:
    return griffe.load("imbnas", search_paths=[ROOT], docstring_parser="google")


def _entry(package: str, name: str) -> Iterator[str]:
    path = f"{package}.{name}"
    thing = _sources()[path.removeprefix("imbnas.")]
    thing = thing.final_target if thing.is_alias else thing
    yield f"{'##' if package == 'imbnas' else '###'} {name}"
    if thing.is_module:
        yield f"The module {code(thing.path)}."
        yield from _docstring(thing)
        return
    yield _signature(path, thing)
    yield from _docstring(thing)
    if thing.is_class:
        for member in thing.members.values():
            if member.docstring and not member.name.startswith("_") and not member.is_alias:
                yield f"**`{name}.{member.name}`**"
                yield _signature(member.name, member)
                yield from _docstring(member)


def _signature(name: str, thing: Any) -> str:
    """How it is called, a parameter a line where one line is too short."""
    if thing.is_attribute:
        told = f"{name}: {thing.annotation}" if thing.annotation else name
    elif thing.is_class:
        told = f"class {name}({_parameters(thing, 'class ' + name)})"
    else:
        told = f"{name}({_parameters(thing, name)})"
        told += f" -> {thing.returns}" if thing.returns else ""
    return f"```python\n{told}\n```"


def _parameters(thing: Any, name: str) -> str:
    parts, keyword_only = [], False
    for each in thing.parameters:
        if each.name in ("self", "cls"):
            continue
        kind = each.kind.value if each.kind else ""
        if kind == "keyword-only" and not keyword_only:
            parts.append("*")
        keyword_only = keyword_only or kind in ("keyword-only", "variadic positional")
        stars = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        part = f"{stars}{each.name}" + (f": {each.annotation}" if each.annotation else "")
        if each.default is not None and not stars:
            part += f" = {each.default}" if each.annotation else f"={each.default}"
        parts.append(part)
    line = ", ".join(parts)
    if len(name) + len(line) < 80:
        return line
    return "\n" + "".join(f"    {part},\n" for part in parts)


def _docstring(thing: Any) -> Iterator[str]:
    for section in thing.docstring.parsed if thing.docstring else ():
        kind, value = section.kind.value, section.value
        if kind == "text":
            yield docstring_text(value)
        elif kind == "examples":
            yield from (
                docstring_text(t) if k.value == "text" else f"```pycon\n{t}\n```" for k, t in value
            )
        elif kind in _SECTIONS:
            rows = [_row(each) for each in value]
            heads = (
                (_SECTIONS[kind], "") if any(name for name, _ in rows) else ("", _SECTIONS[kind])
            )
            yield table(heads, rows)
        elif kind == "admonition":
            told = value.description
            yield f"**{section.title or value.kind}**"
            yield f"```pycon\n{told}\n```" if ">>>" in told else docstring_text(told)


def _row(each: Any) -> tuple[str, str]:
    name = getattr(each, "name", "") or (str(each.annotation) if each.annotation else "")
    return code(name) if name else "", docstring_text(" ".join(each.description.split()), cell=True)
