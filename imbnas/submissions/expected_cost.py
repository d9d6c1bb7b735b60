"""What adaptations by imbnas's own strategies must have cost, without data."""

from imbnas.registry import BUILT_IN
from imbnas.spaces import NetworkShape
from imbnas.strategies import STRATEGIES
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.recipes import Recipe
from imbnas.units.records import Record
from imbnas.units.unit import AdaptUnit, DataRef


def network_shape_of(suite: ResolvedSuite, data: DataRef, recipe: Recipe) -> NetworkShape | None:
    """The shape of a supernet for a condition of a suite; ``None`` where that does not say."""
    for name, facts in suite.conditions.items():
        images = suite.evaluation_images.get(name)
        if images is None or data not in (*facts.replicates, *facts.retrainings):
            continue
        resolution = recipe.resolution or images.resolution
        if resolution is not None:
            return NetworkShape(
                recipe.width,
                recipe.depth,
                resolution,
                images.channels,
                len(facts.class_counts),
                recipe.stem,
            )
    return None


def cost_fault(suite: ResolvedSuite, record: Record) -> str | None:
    """What an adaptation cannot have cost; ``None`` if it is possible.

    Raises:
        LookupError: it cannot be told, since the strategy is a plug-in, trains by means of its own,
            or the suite says too little.
    """
    unit = record.unit
    if not isinstance(unit, AdaptUnit):
        return None
    name, version = unit.strategy.name, unit.strategy.version
    if not STRATEGIES.is_built_in(name) or unit.strategy.source_sha256 is not None:
        raise LookupError
    entry = STRATEGIES.entry(name)
    if (entry.origin, entry.version) != (BUILT_IN, version):
        raise LookupError
    source = network_shape_of(suite, unit.source, unit.recipe)
    target = network_shape_of(suite, unit.target, unit.recipe)
    counts = next(
        (
            facts.class_counts
            for facts in suite.conditions.values()
            if unit.target in facts.replicates
        ),
        None,
    )
    if source is None or target is None or counts is None:
        raise LookupError
    from imbnas.planning.adaptation_cost import adaptation_cost  # with torch, which takes seconds

    cost = adaptation_cost(unit, source, target, counts)
    if cost is None:
        raise LookupError
    images = cost.trained + cost.head + cost.evaluated
    if record.cost.images_seen != images:
        return f"images_seen: {record.cost.images_seen}, it must be {images}"
    if bool(record.cost.macs) != bool(cost.macs):
        return f"macs: {record.cost.macs}, expected are about {cost.macs}"
    return None
