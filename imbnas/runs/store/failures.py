"""The failures of a run: why units could not be finished."""

from contextlib import suppress
from datetime import UTC, datetime

from imbnas.error_texts import TRACEBACK, one_line, shortened
from imbnas.regular_files import read_regular
from imbnas.runs.store.files import publish_once
from imbnas.runs.store.layout import RunLayout, identities_in
from imbnas.runs.store.logs import full_label
from imbnas.units.records import Failure
from imbnas.units.sealing import read_sealed, seal
from imbnas.units.unit import Unit
from imbnas.validation import fault_of

READ_BYTES = 2**24
"""Of a failure; older ones are longer than those that are written now."""

WRITTEN_BYTES = 2**16


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
            message: one line; a long one is cut.
            traceback: where it came from; a long one is cut.
        """
        failure = Failure(
            identity=identity,
            label=shortened(full_label(unit)) if unit else identity[:12],
            error=one_line(error),
            message=one_line(message),
            traceback=shortened(traceback, TRACEBACK),
            utc=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        content, most = seal(failure), TRACEBACK
        while len(content) > WRITTEN_BYTES and most:
            # Characters that JSON writes as long escapes.
            most //= 2
            shorter = failure.model_copy(update={"traceback": shortened(traceback, most)})
            content = seal(shorter)
        publish_once(self.failure_path(identity), content, self.temporary)

    def failures(self) -> dict[str, Failure]:
        """Identity → failure of every unit that failed.

        A file that is damaged still says that the unit failed; why is then what is wrong with it.
        """
        found = {}
        for identity in sorted(self.failed()):
            with suppress(FileNotFoundError):  # forgotten meanwhile
                found[identity] = self._failure(identity)
        return found

    def _failure(self, identity: str) -> Failure:
        path = self.failure_path(identity)
        try:
            return _checked(identity, read_regular(path, READ_BYTES, follow=self.follow))
        except FileNotFoundError:
            raise
        except OSError as error:
            fault = str(error.strerror)
        except ValueError as error:
            fault = fault_of(error)
        return Failure(
            identity=identity,
            label=identity[:12],
            error="DamagedFailure",
            message=f"{path}: damaged failure ({fault}); delete it and run again",
            traceback="",
            utc="",
        )

    def failed(self) -> set[str]:
        """Identities of all units with a failure, from file names alone."""
        return identities_in(self.failure_files)

    def forget_failures(self) -> None:
        """Let failed units be tried again."""
        for identity in self.failed():
            self.discard(self.failure_path(identity), "failure")


def _checked(identity: str, content: bytes) -> Failure:
    failure, _ = read_sealed(Failure, content)
    if failure.identity != identity:
        raise ValueError("it is the failure of another unit")
    return failure
