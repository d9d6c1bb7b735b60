"""The resolved suite that a run directory is bound to."""

import os
from collections.abc import Iterable
from pathlib import Path

from imbnas.data.manifests import Manifest, read_manifest
from imbnas.errors import InputError, RefusedDirectoryError
from imbnas.file_systems import is_systems_own
from imbnas.registry import MOST_PLUGIN_BYTES, Plugin
from imbnas.regular_files import IrregularFileError, read_regular
from imbnas.runs.store.file_lock import locked
from imbnas.runs.store.files import publish_once, replace_file
from imbnas.runs.store.layout import RunLayout, identity_files
from imbnas.suites.resolved import PluginFile, ResolvedSuite
from imbnas.units.frozen import canonical_json
from imbnas.units.sealing import read_sealed, seal
from imbnas.validation import fault_of

SUITE_BYTES = 2**28
"""That of 4,930 architectures has two million."""
_CONTENT = {
    ".tmp", "suite.json", "imbnas.json", "records", "weights", "failures", "claims",
    "checkpoints", "quarantine", "conflicts", "manifests", "plugins", "tables", "logs",
    "submitit", "workers.sbatch", "asked.json",
}  # fmt: skip


class BoundSuite(RunLayout):
    """Reads, checks and stores the resolved suite."""

    def exists(self) -> bool:
        """Whether a run was ever started here."""
        return os.path.lexists(self.suite_file)

    def read_suite(self) -> ResolvedSuite:
        """Read the resolved suite.

        Raises:
            InputError: there is none, or it is damaged.
        """
        try:
            return read_sealed(ResolvedSuite, self.suite_content())[0]
        except FileNotFoundError:
            raise InputError(
                f"{self.path}: not a run directory (it has no suite.json); give the --out of a run"
            ) from None
        except (IrregularFileError, PermissionError) as error:
            raise InputError(
                f"{self.suite_file}: cannot be read ({error.strerror}); restore it, or delete it "
                "and run the same command again, which keeps all records"
            ) from None
        except ValueError as error:
            raise InputError(
                f"{self.suite_file}: damaged, or of another version of imbnas "
                f"({fault_of(error)}); restore it or use that version, "
                "or delete it and run the same command again, which keeps all records"
            ) from None

    def suite_content(self) -> bytes:
        """The text of ``suite.json``; errors are those of ``read_regular``."""
        return read_regular(self.suite_file, SUITE_BYTES, follow=self.follow)

    def store_suite(self, resolved: ResolvedSuite) -> ResolvedSuite:
        """Bind the directory to a resolved suite, or extend a bound one.

        Replicates may be added; claims may change, since they ask of records and change none.

        Returns:
            The suite now in force.

        Raises:
            RefusedDirectoryError: the directory holds another suite, fidelity, device or
                version, or more replicates than asked for; nothing is changed.
        """
        seen = self._held()
        if self._is_bound(seen, resolved) and seen:
            return seen
        content = seal(resolved)
        # What is replaced must be what was compared, though others do the same at this moment.
        with locked(self.temporary / "suite.lock"):
            held = self._held()
            if self._is_bound(held, resolved) and held:
                return held
            self._refuse_change_of_claims(seen, held, resolved)
            if held:
                replace_file(self.suite_file, content, self.temporary)
                return resolved
            if publish_once(self.suite_file, content, self.temporary):
                return resolved
        # On a file system without locks another start was quicker.
        return self.store_suite(resolved)

    def check_suite(self, resolved: ResolvedSuite) -> None:
        """Make sure that ``store_suite`` would succeed; nothing is changed.

        Raises:
            RefusedDirectoryError: see ``store_suite``.
        """
        self._is_bound(self._held(), resolved)

    def _held(self) -> ResolvedSuite | None:
        """The suite that the directory is bound to, if it is to any."""
        return self.read_suite() if self.exists() else None

    def _is_bound(self, held: ResolvedSuite | None, wanted: ResolvedSuite) -> bool:
        """Whether the directory is bound to this very suite.

        Raises:
            RefusedDirectoryError: it cannot be bound to it.
        """
        for path in self.obstacles():
            raise RefusedDirectoryError(
                f"{path}: it is no folder, but a run keeps files in one of that name; move it away"
            )
        if held is None:
            if self._holds_other_things():
                raise RefusedDirectoryError(
                    f"{self.path}: not empty and not a run directory; choose another --out"
                )
            return False
        if canonical_json(held) == canonical_json(wanted):
            return True
        refuse_unless_extended(self.path, held, wanted)
        return False

    def _refuse_change_of_claims(
        self, seen: ResolvedSuite | None, held: ResolvedSuite | None, wanted: ResolvedSuite
    ) -> None:
        """Refuse to undo a change of claims that was made since the directory was looked at."""
        if held is None or (seen and _claims(seen) == _claims(held)):
            return
        if _claims(held) != _claims(wanted):
            raise RefusedDirectoryError(
                f"{self.path}: another start changed its claims at this moment; "
                "give the same command again"
            )

    def _holds_other_things(self) -> bool:
        # A run that was killed, or lost its disk, before suite.json was there can start again.
        if not self.path.exists():
            return False
        names = (path.name for path in self.path.iterdir())
        return any(name not in _CONTENT and not is_systems_own(name) for name in names)

    def read_plugins(self, named: Iterable[PluginFile]) -> list[Plugin]:
        """The copies of plug-ins, as the run was started with them.

        Args:
            named: which of them, by the resolved suite.

        Raises:
            InputError: a copy is missing or has another text.
        """
        return [self._read_plugin(file) for file in named]

    def _read_plugin(self, file: PluginFile) -> Plugin:
        path = self.plugins / file.name
        try:
            plugin = Plugin(path, self.plugin_content(file.name))
        except OSError as error:
            fault = error.strerror or str(error)
        else:
            if plugin.sha256 == file.sha256:
                return plugin
            fault = f"its sha256 is {plugin.sha256[:12]}…, not {file.sha256[:12]}… as the run's"
        raise InputError(
            f"{path}: not the plug-in that the run was started with ({fault}); give the same "
            "`run` command again with the file that it was started with, and --retry-failed"
        )

    def plugin_content(self, name: str) -> bytes:
        """The text of a plug-in's copy; errors are those of ``read_regular``."""
        return read_regular(self.plugins / name, MOST_PLUGIN_BYTES)

    def pins(self) -> list[Manifest]:
        """Manifests that the run is pinned to, whatever their conditions would resolve to."""
        return [
            read_manifest(path, follow=self.follow)
            for path in sorted(identity_files(self.manifests))
        ]


def refuse_unless_extended(path: Path, held: ResolvedSuite, wanted: ResolvedSuite) -> None:
    """Make sure that a suite is another one with more replicates, other claims, or neither.

    Args:
        path: of the run, for messages.
        held: the suite that it holds.
        wanted: the suite that is asked for.

    Raises:
        RefusedDirectoryError: it is not.
    """
    if held.title != wanted.title:
        raise RefusedDirectoryError(
            f"{path}: holds {held.title}, not {wanted.title}; choose another --out"
        )
    if wanted.replicates < held.replicates:
        raise RefusedDirectoryError(
            f"{path}: holds {held.replicates} replicates, {wanted.replicates} asked for; "
            "give at least as many, or choose another --out"
        )
    old, new = held.model_dump(mode="json"), wanted.model_dump(mode="json")
    for dump in (old, new):
        dump.pop("replicates")
        dump["suite"].pop("claims", None)  # they ask of records and change none
        dump.pop("common_images", None)  # a mean over replicates
        dump.pop("modified", None)  # claims alone may be; all else is compared
        if not (held.evaluation_images and wanted.evaluation_images):
            dump.pop("evaluation_images", None)  # older suites do not say
        for facts in dump["conditions"].values():
            # Further replicates may follow; those held must stay what they are.
            facts["replicates"] = facts["replicates"][: held.replicates]
            further = held.replicates * held.settings.retrainings
            facts["retrainings"] = facts.get("retrainings", ())[:further]
    # A field may be omitted when it holds its default.
    changed = sorted(f for f in old.keys() | new.keys() if old.get(f) != new.get(f))
    if changed:
        raise RefusedDirectoryError(
            f"{path}: {', '.join(changed)} of {wanted.title} changed since the run was "
            "started; choose another --out"
        )


def _claims(suite: ResolvedSuite) -> str:
    return canonical_json(suite.model_dump(mode="json")["suite"].get("claims"))
