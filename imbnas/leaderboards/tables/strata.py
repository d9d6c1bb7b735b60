"""Rank correlation among architectures of about equal cost, for populations stratified by MACs."""

from math import isqrt

from imbnas.leaderboards.results import Floats, Results
from imbnas.stats import quantile_strata, stratified_tau

STRATA = ("tau_within_macs", "within_low", "within_high", "n_strata")


def within_strata(results: Results, x: Floats, y: Floats) -> dict[str, object]:
    """tau-b over pairs of architectures in one stratum of MACs, with its 95% interval.

    A population of A architectures is cut into about √A strata of equal size.

    Args:
        results: tells how the population was drawn.
        x: (architectures, replicates) accuracies, NaN where missing.
        y: the same of the other side.

    Returns:
        Nothing for a population that is not stratified by MACs.
    """
    if results.resolved.settings.population.rule != "stratified":
        return {}
    macs = [member.macs for member in results.resolved.population]
    found = stratified_tau(x, y, quantile_strata(macs, isqrt(len(macs))))
    return {
        "tau_within_macs": found.tau_b,
        "within_low": found.ci_low,
        "within_high": found.ci_high,
        "n_strata": len(found.strata),
    }
