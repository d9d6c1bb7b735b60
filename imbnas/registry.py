"""A typed registry whose built-in entries are listed without importing what they name."""

import hashlib
import importlib.util
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from imbnas.error_texts import kind_of, message_of
from imbnas.errors import ImbnasError, InputError, UnknownNameError
from imbnas.regular_files import read_regular

T = TypeVar("T")
Product = TypeVar("Product")

BUILT_IN = "imbnas"
MOST_PLUGIN_BYTES = 16 * 2**20
"""A larger file is no plug-in."""

_TEXT_SHA256 = "__imbnas_text_sha256__"
"""Attribute of a plug-in's module: hash of the text that was compiled."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class DuplicateEntryError(ImbnasError):
    """Two entries of one registry claim the same name."""


@dataclass(frozen=True)
class Entry:
    """What is known of a registered thing without loading it.

    Attributes:
        name: the name under which users ask for it.
        version: changes whenever results made with it would change.
        summary: one line, with a citation where there is one.
        origin: ``imbnas`` for built-in entries, else the plug-in file or the distribution.
        target: ``"module:attribute"`` until it is needed, or the object itself.
    """

    name: str
    version: str
    summary: str
    origin: str
    target: Any


def built_in(target: Any, summary: str, version: str = "1") -> tuple[Any, str, str]:
    """What ``Registry`` takes of an entry; arguments are as in ``Entry``."""
    return target, version, summary


class Registry(Generic[T]):
    """Named, versioned entries of one kind.

    Args:
        kind: singular noun for messages, such as ``"strategy"``.
        builtins: name → (``"module:attribute"``, version, summary). Nothing is imported.
        entry_points: group of package entry points that may add entries, such as
            ``"imbnas.strategies"``; they are looked up once, when first needed.
    """

    def __init__(
        self,
        kind: str,
        builtins: Mapping[str, tuple[Any, str, str]] | None = None,
        entry_points: str | None = None,
    ) -> None:
        self.kind = kind
        self._group = entry_points
        self._entries: dict[str, Entry] = {}
        self._scanned = entry_points is None
        for name, (target, version, summary) in (builtins or {}).items():
            self._add(Entry(name, version, summary, BUILT_IN, target))

    def _add(self, entry: Entry) -> None:
        if not _NAME.fullmatch(entry.name):
            raise InputError(
                f"{self.kind} {entry.name!r} of {entry.origin}: a name starts with a letter or "
                "digit and holds only letters, digits, '.', '_' and '-'"
            )
        held = self._entries.get(entry.name)
        if held is not None:
            raise DuplicateEntryError(
                f"{self.kind} {entry.name!r} of {entry.origin} is already registered by "
                f"{held.origin}"
            )
        self._entries[entry.name] = entry

    def register(self, name: str, *, version: str, summary: str) -> Callable[[T], T]:
        """Decorate a plug-in's class or function to add it under ``name``.

        Raises:
            DuplicateEntryError: the name is taken.
        """

        def decorate(target: T) -> T:
            source = _source_file(target)
            origin = source.name if source else "<interactive>"
            self._add(Entry(name, version, summary, origin, target))
            return target

        return decorate

    @contextmanager
    def temporary(self) -> Iterator[None]:
        """Forget at the end what was registered inside, for tests of plug-ins."""
        entries, scanned = self._entries.copy(), self._scanned
        try:
            yield
        finally:
            self._entries, self._scanned = entries, scanned

    def entry(self, name: str) -> Entry:
        """Return the entry called ``name`` without loading its target.

        Raises:
            UnknownNameError: no entry has that name.
        """
        if name not in self:
            raise UnknownNameError(self.kind, name, self._entries, plugins=self._group is not None)
        return self._entries[name]

    def get(self, name: str) -> T:
        """Load and return what is registered under ``name``.

        Raises:
            UnknownNameError: no entry has that name.
            InputError: the package of an entry point cannot be imported.
        """
        entry = self.entry(name)
        target = entry.target
        if isinstance(target, str):
            target = pkgutil.resolve_name(target)
        elif isinstance(target, metadata.EntryPoint):
            try:
                target = target.load()
            except BaseException as error:
                raise InputError(
                    f"{self.kind} {name!r} of {entry.origin}: {_told(error)}; "
                    "its package must import cleanly"
                ) from error
        return cast("T", target)

    def is_built_in(self, name: str) -> bool:
        """Whether imbnas itself has the entry; ``False`` for a name that is not known here."""
        return name in self and self._entries[name].origin == BUILT_IN

    def entries(self) -> tuple[Entry, ...]:
        """All entries, sorted by name."""
        self._scan_entry_points()
        return tuple(self._entries[name] for name in sorted(self._entries))

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(entry.name for entry in self.entries())

    def __contains__(self, name: str) -> bool:
        if name not in self._entries:
            self._scan_entry_points()
        return name in self._entries

    def source_sha256(self, name: str) -> str | None:
        """Hash the source file of a plug-in's entry; ``None`` for built-in entries.

        A built-in entry is identified by its version alone, a plug-in also by its text.
        """
        if self.entry(name).origin == BUILT_IN:
            return None
        target = self.get(name)
        module = sys.modules.get(getattr(target, "__module__", None) or "")
        loaded: str | None = getattr(module, _TEXT_SHA256, None)
        source = _source_file(target)
        if source is None or loaded is not None:
            # The file may have changed since its text was compiled.
            return loaded if source else None
        return hashlib.sha256(source.read_bytes()).hexdigest()

    def _scan_entry_points(self) -> None:
        if self._scanned:
            return
        self._scanned = True
        for point in metadata.entry_points(group=cast("str", self._group)):
            dist = point.dist
            version = dist.version if dist else "0"
            origin = dist.name if dist else "entry point"
            summary = (dist.metadata["Summary"] if dist else None) or point.value
            self._add(Entry(point.name, version, summary, origin, point))


def build_entry(
    registry: Registry[Callable[..., Product]], name: str, options: Mapping[str, Any]
) -> Product:
    """Make what is registered under a name, with options as keyword arguments.

    Raises:
        UnknownNameError: no entry has that name.
        InputError: an option is unknown or out of range; names the entry and the option.
    """
    from imbnas.validation import make_with_options  # pydantic, which a listing does without

    return make_with_options(registry.get(name), options, f"{registry.kind} {name!r}")


def _source_file(target: object) -> Path | None:
    """The file that defines a class or function; ``None`` for what has no source."""
    try:
        source = inspect.getsourcefile(cast("Any", target))
    except TypeError:
        return None
    return Path(source) if source else None


@dataclass(frozen=True)
class Plugin:
    """A plug-in file as it was read once: what is named, stored and compiled is this text.

    Attributes:
        path: of the file.
        text: its content.
    """

    path: Path
    text: bytes

    @property
    def name(self) -> str:
        """Name of the file, under which a run keeps a copy."""
        return self.path.name

    @cached_property
    def sha256(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text).hexdigest()

    def load(self) -> None:
        """Compile and execute the text so that its decorators register their entries.

        Loading the same text twice has no further effect.

        Raises:
            InputError: it raises something, be it ``SystemExit``.
        """
        module_name = f"imbnas_plugin_{self.path.stem}_{self.sha256[:12]}"
        if module_name in sys.modules:
            return
        spec = importlib.util.spec_from_file_location(module_name, self.path)
        if spec is None or spec.loader is None:
            raise InputError(f"--plugin {self.path}: not a Python file; its name must end in .py")
        module = importlib.util.module_from_spec(spec)
        setattr(module, _TEXT_SHA256, self.sha256)
        sys.modules[module_name] = module
        try:
            code = compile(self.text, self.path, "exec", dont_inherit=True)
            # Plug-ins are code that a user asks to be run.
            exec(code, vars(module))  # noqa: S102  # nosec B102
        except BaseException as error:
            sys.modules.pop(module_name, None)
            raise InputError(
                f"--plugin {self.path}: {_told(error)}; the file must import cleanly"
            ) from error


def installed_plugins() -> list[str]:
    """Distributions that add entries by entry points, sorted; none of them is imported."""
    groups = metadata.entry_points().groups
    own = (group for group in groups if group.startswith(f"{BUILT_IN}."))
    points = (point for group in own for point in metadata.entry_points(group=group))
    return sorted({point.dist.name if point.dist else point.value for point in points})


def read_plugin(path: Path) -> Plugin:
    """Read a plug-in file; nothing of it is executed.

    Raises:
        InputError: the file is missing or cannot be read.
    """
    source = path.resolve()
    if source.suffix != ".py":
        raise InputError(f"--plugin {path}: not a Python file; its name must end in .py")
    try:
        return Plugin(source, read_regular(source, MOST_PLUGIN_BYTES, follow=True))
    except FileNotFoundError:
        raise InputError(f"--plugin {path}: no such file; give the path of a Python file") from None
    except OSError as error:
        raise InputError(
            f"--plugin {path}: {error.strerror or error}; give the path of a Python file"
        ) from None


def load_plugin(path: Path) -> None:
    """Import a plug-in file; see ``read_plugin`` and ``Plugin.load``."""
    read_plugin(path).load()


def load_plugins(plugins: Iterable[Plugin]) -> None:
    """Load several plug-ins in the order given."""
    for plugin in plugins:
        plugin.load()


def _told(error: BaseException) -> str:
    return f"{kind_of(error)}: {message_of(error)}"
