"""The failures of a run: why units could not be finished."""

from datetime import UTC, datetime

from pydantic import ValidationError

from imbnas.runs.store.files import publish_once
from imbnas.runs.store.layout import RunLayout
from imbnas.runs.store.logs import full_label
from imbnas.runs.store.records import DamagedFileError
from imbnas.units.frozen import canonical_json
from imbnas.units.records import Failure
from imbnas.units.unit import Unit
from imbnas.validation import first_fault


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
        content = canonical_json(failure).encode()
        publish_once(self.failure_path(identity), content, self.temporary)

    def failures(self) -> dict[str, Failure]:
        """Identity → failure of every unit that failed.

        Raises:
            DamagedFileError: a file is not a failure.
        """
        found = {}
        for identity in sorted(self.failed()):
            path = self.failure_path(identity)
            try:
                found[identity] = Failure.model_validate_json(path.read_bytes())
            except ValidationError as error:
                fault = first_fault(error).message
                raise DamagedFileError(
                    f"{path}: damaged failure ({fault}); delete it and run again"
                ) from None
        return found

    def failed(self) -> set[str]:
        """Identities of all units with a failure, from file names alone."""
        return {path.stem for path in (self.path / "failures").glob("*.json")}

    def forget_failures(self) -> None:
        """Let failed units be tried again."""
        for identity in self.failed():
            self.failure_path(identity).unlink(missing_ok=True)
