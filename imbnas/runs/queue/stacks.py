"""Which units are trained side by side."""

from collections.abc import Iterable

from imbnas.units.conditions import parse_condition
from imbnas.units.unit import TrainUnit


def stacks(units: Iterable[TrainUnit]) -> dict[str, tuple[TrainUnit, ...]]:
    """Identity → the units of its stack, for all that are stacked.

    Units of a stack differ in replicate and in the subset of images that goes with it. The result
    of a unit does not depend on the others, so any grouping is right; a full one is fast.
    """
    open_stacks: dict[tuple[str, str, str, int], list[dict[int, TrainUnit]]] = {}
    for unit in units:
        if unit.stack > 1:
            held = open_stacks.setdefault(_key(unit), [])
            place = unit.replicate % unit.stack
            stack = next((each for each in held if place not in each), None)
            if stack is None:
                stack = {}
                held.append(stack)
            stack[place] = unit
    grouped = (tuple(stack.values()) for held in open_stacks.values() for stack in held)
    return {unit.identity: stack for stack in grouped for unit in stack}


def _key(unit: TrainUnit) -> tuple[str, str, str, int]:
    condition = parse_condition(unit.data.condition).model_copy(update={"subset": None})
    return unit.model.label, condition.name, unit.scheme.name, unit.replicate // unit.stack
