"""The failures of a run: why units could not be finished."""

from datetime import UTC, datetime

from imbnas.runs.store.files import publish_once
from imbnas.runs.store.layout import RunLayout
from imbnas.runs.store.logs import full_label
from imbnas.runs.store.records import DamagedFileError
from imbnas.units.records import Failure
from imbnas.units.sealing import read_sealed, seal
from imbnas.units.unit import Unit
from imbnas.validation import fault_of


class Failures(RunLayout):
    """Reads, publishes and forgets failures."""

    def publish_failure(
        self, identity: str, unit: Unit | None, error: str, message: str, traceback: str = ""
    ) -> None:
        """Store why a unit could not be finished.

        Args:
            identity: of the unit.
            unit: the unit itself, where it is known.
            error: name of the kind of error.
            message: one line.
            traceback: where it came from.
        """
        failure = Failure(
            identity=identity,
            label=full_label(unit) if unit else identity[:12],
            error=error,
            message=message,
            traceback=traceback,
            utc=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        publish_once(self.failure_path(identity), seal(failure), self.temporary)

    def failures(self) -> dict[str, Failure]:
        """Identity → failure of every unit that failed.

        Raises:
            DamagedFileError: a file is not a failure.
        """
        found = {}
        for identity in sorted(self.failed()):
            path = self.failure_path(identity)
            try:
                found[identity] = _checked(identity, path.read_bytes())
            except ValueError as error:
                raise DamagedFileError(
                    f"{path}: damaged failure ({fault_of(error)}); delete it and run again"
                ) from None
        return found

    def failed(self) -> set[str]:
        """Identities of all units with a failure, from file names alone."""
        return {path.stem for path in (self.path / "failures").glob("*.json")}

    def forget_failures(self) -> None:
        """Let failed units be tried again."""
        for identity in self.failed():
            self.failure_path(identity).unlink(missing_ok=True)


def _checked(identity: str, content: bytes) -> Failure:
    failure, _ = read_sealed(Failure, content)
    if failure.identity != identity:
        raise ValueError("it is the failure of another unit")
    return failure
