"""What do short trainings tell? Rank correlation of trainings cut short with their ends."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared.networks import Networks, populations
from imbnas.leaderboards.tables.shared.sharing import sharing
from imbnas.stats import MIN_MODELS, RankTransfer, rank_transfer
from imbnas.suites.schema import Training, TransferPart

COLUMNS = (
    "part", "condition", "scheme", "epoch", "epochs", "images", "accuracy_mean", "tau_b", "ci_low",
    "ci_high", "noise_ceiling", "ceiling_low", "ceiling_high", "seed_tau", "reference",
    "reference_scheme", "reference_tau", "reference_low", "reference_high", "reference_ceiling",
    "class_orders", "population", "n_architectures", "n_replicates", "n_missing", "protocol",
    "fidelity",
)  # fmt: skip

Curves = Mapping[int, Floats]
"""Epoch → (A, R) accuracies in [0, 1], NaN where missing."""


def tau_by_length(results: Results) -> pd.DataFrame:
    """One row for each training of a transfer part and each point of its learning curves.

    Recipes without ``curve_points`` have none. The last row of a training is its end.

    - ``epoch`` of ``epochs``; ``images``: ``validation``, on which networks are evaluated before
      the end, or ``test``, at the end. ``accuracy_mean`` (percent) is the mean over the population.
    - ``tau_b``: between the accuracies then and the final test accuracies of *other* replicates,
      which saw other draws of images; a mean over splits of the replicates into two halves, as is
      the ceiling. At the end it is what a whole training tells of another one.
    - ``reference_tau``: between the part's reference and this training, both at that epoch: does
      the answer on balanced against long-tailed data depend on the length? At the end it is
      ``tau_b`` of ``rank_correlation``. Empty in the reference's own rows.
    - Ceilings hold the noise of trainings alone: what the sampling of validation or test images
      adds is not in them, so that they lie too high where two different sets of images meet.
    - ``seed_tau``: mean tau-b between two replicates at that epoch.
    - ``n_missing``: evaluations and final trainings that are missing; an architecture that lacks
      one is left out of ``tau_b``.
    """
    rows = [
        row for part, networks in populations(results) for row in _rows(results, part, networks)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(results: Results, part: TransferPart, networks: Networks) -> Iterator[dict[str, object]]:
    recipe = results.resolved.settings.network
    if not recipe.curve_epochs:
        return
    curves = {t: _curves(results, networks, t) for t in part.trainings}
    for training in part.trainings:
        final = curves[training][recipe.epochs]
        for epoch, accuracy in curves[training].items():
            apart = (results.replicates, results.replicates)
            cut = rank_transfer(
                accuracy, final, classes=networks.classes, replicates=apart, at_least=MIN_MODELS
            )
            gaps = [accuracy] if epoch == recipe.epochs else [accuracy, final]
            yield {
                "part": networks.part,
                "condition": training.condition,
                "scheme": training.scheme,
                "epoch": epoch,
                "epochs": recipe.epochs,
                "images": "test" if epoch == recipe.epochs else "validation",
                "accuracy_mean": _mean(accuracy),
                **_tau(cut),
                **_against_reference(results, networks, part.reference, training, curves, epoch),
                "class_orders": results.class_orders(training),
                **results.scope,
                "n_architectures": cut.n,
                "n_missing": sum(int(np.isnan(each).sum()) for each in gaps),
            }


def _curves(results: Results, networks: Networks, training: Training) -> Curves:
    """Accuracies at each point of the learning curves, then the final ones."""
    recipe, shape = results.resolved.settings.network, networks.accuracy[training].shape
    found = {epoch: np.full(shape, np.nan) for epoch in recipe.curve_epochs}
    for a, replicates in enumerate(networks.metrics[training]):
        for r, metrics in enumerate(replicates):
            for point in (metrics and metrics.curve) or ():
                value = point.mean_accuracy()
                if point.epoch in found and value is not None:
                    found[point.epoch][a, r] = value
    return found | {recipe.epochs: networks.accuracy[training]}


def _tau(transfer: RankTransfer) -> dict[str, object]:
    names = ("tau_b", "ci_low", "ci_high", "noise_ceiling", "ceiling_low", "ceiling_high")
    return {name: getattr(transfer, name) for name in names} | {"seed_tau": transfer.seed_tau_x}


def _against_reference(
    results: Results,
    networks: Networks,
    reference: Training,
    training: Training,
    curves: Mapping[Training, Curves],
    epoch: int,
) -> dict[str, object]:
    if training == reference:
        return {}
    transfer = rank_transfer(
        curves[reference][epoch],
        curves[training][epoch],
        classes=networks.classes,
        replicates=sharing(results, reference, training).replicates,
        at_least=MIN_MODELS,
    )
    return {
        "reference": reference.condition,
        "reference_scheme": reference.scheme,
        "reference_tau": transfer.tau_b,
        "reference_low": transfer.ci_low,
        "reference_high": transfer.ci_high,
        "reference_ceiling": transfer.noise_ceiling,
    }


def _mean(accuracy: Floats) -> float | None:
    return None if np.isnan(accuracy).all() else 100 * float(np.nanmean(accuracy))
