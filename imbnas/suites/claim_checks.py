"""Whether what claims name is in the suite."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from imbnas.errors import InputError, suggest
from imbnas.suites.claims import Claim, Pair, RankingsClaim, StrategiesClaim
from imbnas.suites.schema import AdaptationPart, SuiteFile, TransferPart

Place = tuple[str | int, ...]


def claim_checks(suite: SuiteFile) -> Iterator[tuple[Place, Callable[[], object]]]:
    """Checks of all claims, each with the place in the file that a fault belongs to.

    A check raises ``InputError`` for a part, training, strategy or route that is not there; those
    of a claim's other fields count on its part.
    """
    for name, claim in suite.claims.items():
        place = ("claims", name)
        yield (*place, "part"), partial(_check_part, suite, claim)
        part = suite.parts.get(claim.part)
        if isinstance(claim, RankingsClaim) and isinstance(part, TransferPart):
            for position, pair in enumerate(claim.pairs):
                yield (*place, "pairs", position), partial(_check_pair, claim, part, pair)
        if isinstance(claim, StrategiesClaim) and isinstance(part, AdaptationPart):
            yield from _of_strategies(place, claim, part)


def _of_strategies(
    place: Place, claim: StrategiesClaim, part: AdaptationPart
) -> Iterator[tuple[Place, Callable[[], object]]]:
    where = f"part {claim.part!r}"
    for position, label in enumerate(claim.labels):
        found = (*place, "strategies", position)
        yield found, partial(_check_name, "strategy", label, where, part.choices)
    yield (
        (*place, "against"),
        partial(_check_name, "strategy", claim.reference, where, part.choices),
    )
    for position, route in enumerate(claim.routes):
        found = (*place, "routes", position)
        yield found, partial(_check_name, "route", route, where, part.route_names)


def _check_part(suite: SuiteFile, claim: Claim) -> None:
    wanted = TransferPart if isinstance(claim, RankingsClaim) else AdaptationPart
    kind = "transfer" if wanted is TransferPart else "adaptation"
    fitting = [name for name, part in suite.parts.items() if isinstance(part, wanted)]
    if claim.part in suite.parts and claim.part not in fitting:
        raise InputError(
            f"{claim.part!r} is of kind {suite.parts[claim.part].kind!r}, and a claim of kind "
            f"{claim.kind!r} rests on one of kind {kind!r}{suggest(claim.part, fitting)}"
        )
    _check_name("part", claim.part, "the suite", fitting)


def _check_pair(claim: RankingsClaim, part: TransferPart, pair: Pair) -> None:
    for side, training in (("x", pair.x), ("y", pair.y)):
        if training not in part.trainings:
            trained = "; ".join(map(str, part.trainings))
            raise InputError(
                f"{side}: part {claim.part!r} does not train on {training}; it trains on: {trained}"
            )


def _check_name(kind: str, name: str, where: str, known: Iterable[str]) -> None:
    held = list(known)
    if name not in held:
        raise InputError(f"{where} has no {kind} {name!r}{suggest(name, held)}")
