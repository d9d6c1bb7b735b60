"""What workers execute units with: built-in ones here, code of plug-ins in processes of its own."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from imbnas.data import DataLocations, Manifest
from imbnas.execution.attempts import Attempt, SingleAttempt
from imbnas.execution.data_pool import DataPool
from imbnas.execution.foreign import ForeignCode
from imbnas.execution.remote import UnitTask
from imbnas.execution.runner import Runner, own_random_state, records_of
from imbnas.execution.service import Service
from imbnas.execution.store import Store
from imbnas.isolation.processes import ForkServer
from imbnas.registry import Plugin
from imbnas.units.records import Record
from imbnas.units.unit import BaselineModel, DeviceType, TrainUnit, Unit

_MODULES: Final = ("imbnas.execution.remote", "torch._dynamo")
"""What every process of a unit needs, imported once in the process that it is forked from."""

_NOWHERE: Final = DataLocations(None, (), True, Path())


class Executor:
    """Executes units one after the other; nothing that code of plug-ins does outlives its unit.

    Arguments are those of ``Runner``, and

    Args:
        plugins: gives the plug-in files of the run, checked against what it was started with; it
            raises an ``InputError`` where one is another.
    """

    def __init__(
        self,
        store: Store,
        locations: DataLocations,
        device_type: DeviceType = "cpu",
        pins: Sequence[Manifest] = (),
        attempt: Callable[[Sequence[Unit]], Attempt] = SingleAttempt,
        pool: Callable[..., DataPool] = DataPool,
        plugins: Callable[[], Sequence[Plugin]] = tuple,
    ) -> None:
        self._runner = Runner(store, locations, device_type, pins, attempt, pool)
        self._store, self._attempt, self._plugins = store, attempt, plugins
        self._locations, self._device_type, self._pins = locations, device_type, tuple(pins)
        self._foreign = ForeignCode(store, lambda: self._plugin_datasets)
        self._server = ForkServer(_MODULES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes that it has started."""
        self._server.close()

    def execute(self, unit: Unit) -> Record:
        """Do the work of a unit.

        Raises:
            ForeignCodeError: code of a plug-in raised something.
            ProcessKilledError: a signal ended the process of such code.
            ProcessEndedError: it ended in another way.
        """
        if not self._foreign.is_run_by(unit):
            return self._runner.execute(unit)
        (done,) = self._execute_apart([unit])
        if isinstance(done, Exception):
            raise done
        return done

    def execute_stack(self, units: Sequence[TrainUnit]) -> list[Record | Exception]:
        """Do the work of units that are stacked; a record or the reason of a failure for each."""
        if not self._foreign.is_run_by(units[0]):
            return self._runner.execute_stack(units)
        return self._execute_apart(units)

    def _execute_apart(self, units: Sequence[Unit]) -> list[Record | Exception]:
        loads_data = self._foreign.loads_data_of(units[0])
        task = UnitTask(
            tuple(units),
            tuple(self._plugins()),
            self._device_type,
            self._locations if loads_data or _reads_pretrained(units[0]) else _NOWHERE,
            loads_data,
            self._pins if loads_data else (),
        )
        service = Service(units, self._runner.pool, self._store, self._attempt, loads_data)
        with own_random_state(self._runner.pool.device):
            result = self._server.run("imbnas.execution.remote:execute", task, service.answer)
        seconds = service.attempt.seconds
        return records_of(units, service.checked(result), seconds)

    @cached_property
    def _plugin_datasets(self) -> frozenset[str]:
        plugins = tuple(self._plugins())
        if not plugins:
            return frozenset()
        listed = self._server.run("imbnas.execution.remote:plugin_datasets", plugins)
        return frozenset(listed.decode().split("\n"))


def _reads_pretrained(unit: Unit) -> bool:
    return isinstance(unit, TrainUnit) and isinstance(unit.model, BaselineModel)
