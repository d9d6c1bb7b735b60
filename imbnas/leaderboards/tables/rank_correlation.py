"""Do rankings transfer? Rank correlation between every two trainings of the same networks."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from imbnas.leaderboards.results import Floats, Results
from imbnas.leaderboards.tables.shared import transfer_regrets
from imbnas.leaderboards.tables.shared.comparisons import Comparison, Noise, compare
from imbnas.leaderboards.tables.shared.networks import Networks, models, populations
from imbnas.stats import MIN_MODELS, RankTransfer, rank_against_predictor, stratified_tau
from imbnas.suites.schema import Training

COLUMNS = (
    "part", "x", "x_scheme", "y", "y_scheme", "tau_b", "ci_low", "ci_high", "noise_ceiling",
    "ceiling_low", "ceiling_high", "verdict", "difference", "difference_low", "difference_high",
    "tau_corrected", "clipped", "p_adjusted", "spearman", "weighted_tau", "seed_tau_x",
    "seed_tau_y", "tau_within_macs", "within_low", "within_high", "n_strata", "class_orders",
    "population", "n_architectures", "n_replicates", "n_missing", "protocol", "fidelity",
    "family", "shared_images", "test_images", "test_sd_x", "test_sd_y", *transfer_regrets.COLUMNS,
)  # fmt: skip


def rank_correlation(results: Results) -> pd.DataFrame:
    """One row for each pair of trainings, and rows for plain parameter counts and MACs.

    - ``x`` is the balanced reference where it takes part.
    - ``tau_b``, its ceiling and the other correlations compare replicates of *different* numbers
      where the trainings share images: replicate r of either trains on images of the other's, and
      an effect of (architecture × images) that both have would hide a change. ``tau_b`` is then a
      mean over splits of the replicates into two halves, one for either side.
    - ``shared_images``: share of training images, of the smaller set, that the compared
      replicates still have in common; 0 for other datasets and for disjoint halves. Empty in
      suites that were resolved before images were counted.
    - ``test_images``: ``same`` for one test split; ``other`` for two, whose sampling the ceiling
      then holds, with ``test_sd_x`` and ``test_sd_y``, what it adds to an architecture's accuracy
      (percentage points, standard deviation); ``other, noise unknown`` where records or suite are
      older than what tells it, so that the ceiling lacks it and *changed* may be an artefact.
    - ``verdict``: *changed* where tau-b falls short of the ceiling by more than chance explains,
      *not distinguishable from noise* where by less than 0.10 at most, else *inconclusive*.
    - ``verdict``, ``p_adjusted``: corrected by Holm's method over the rows of one ``family``, a
      question: ``across datasets`` (figure 1 of IMB-NAS), ``reference`` (the part's reference
      against trainings on its dataset), ``other``, see ``shared.comparisons.family``.
      ``p_adjusted`` is that of "the ceiling is above tau".
    - ``tau_within_macs`` counts only pairs of architectures of about equal MACs, for populations
      stratified by MACs; ``class_orders`` names the orders of the imbalanced conditions.
    - ``test_sd_x``, ``test_sd_y``: see ``test_images``.
    - ``regret_top1``: percentage points that are lost on y by picking the best of a training on x,
      against the architecture that the other replicates of y show to be best, with its 95%
      interval over replicates. See ``imbnas.stats.regret_of_transfer``.
    - ``regret_random``: that of a pick at random.
    - ``regret_top10``: that of picking ten, of which the other replicates of y choose one.
    - ``regret_random10``: that of picking the ten at random.
    - ``n_missing`` counts trainings that failed or are not finished; an architecture that lacks a
      replicate is left out of the row.

    Rows whose population is ``timm`` (or ``timm (pretrained)``) ask the same of the models of a
    baselines part. That is another question about another population, so each part has families of
    its own. Below 10 distinct networks there is no tau and no ceiling: a baselines part of fewer
    models has no rows, and a population of fewer architectures leaves the numbers empty.
    """
    compared = (*(networks for _, networks in populations(results)), *models(results))
    rows = [row for networks in compared for row in _rows(results, networks)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(results: Results, networks: Networks) -> Iterator[dict[str, object]]:
    for pair in compare(results, networks):
        x, y = (networks.accuracy[training] for training in (pair.x, pair.y))
        numbers = pair.sharing.replicates
        yield {
            **_row(results, networks, pair.transfer, {pair.x: x, pair.y: y}),
            "x": pair.x.condition,
            "x_scheme": pair.x.scheme,
            "family": pair.family,
            "shared_images": pair.sharing.images,
            **_test_images(pair.noise),
            **_within_strata(networks, pair),
            **transfer_regrets.regrets(x, y, numbers),
        }
    for predictor, values in networks.predictors.items():
        for training, y in networks.accuracy.items():
            transfer = rank_against_predictor(
                values, y, classes=networks.classes, at_least=MIN_MODELS
            )
            yield {
                **_row(results, networks, transfer, {training: y}),
                "x": predictor,
                "x_scheme": "",
                # Whether a ranking changed cannot be asked of a count.
                "verdict": None,
                **transfer_regrets.regrets(values[:, None], y, None, exact=True),
            }


def _row(
    results: Results,
    networks: Networks,
    transfer: RankTransfer,
    compared: Mapping[Training, Floats],
) -> dict[str, object]:
    """A row but for x; y is the last of the trainings compared."""
    y = list(compared)[-1]
    return {
        "part": networks.part,
        "y": y.condition,
        "y_scheme": y.scheme,
        **vars(transfer),
        "class_orders": results.class_orders(*compared),
        **results.scope,
        "population": networks.population,
        "n_architectures": transfer.n,
        "n_missing": sum(int(np.isnan(accuracy).sum()) for accuracy in compared.values()),
    }


def _test_images(noise: Noise | None) -> dict[str, object]:
    if noise is None:
        return {"test_images": "same"}
    if None in noise:
        return {"test_images": "other, noise unknown"}
    x, y = (100 * sd for sd in noise if sd is not None)
    return {"test_images": "other", "test_sd_x": x, "test_sd_y": y}


def _within_strata(networks: Networks, pair: Comparison) -> dict[str, object]:
    """tau-b over pairs of architectures in one stratum of MACs, with its 95% interval."""
    if networks.strata is None or pair.transfer.tau_b is None:
        return {}
    x, y = (networks.accuracy[training] for training in (pair.x, pair.y))
    found = stratified_tau(x, y, networks.strata, replicates=pair.sharing.replicates)
    return {
        "tau_within_macs": found.tau_b,
        "within_low": found.ci_low,
        "within_high": found.ci_high,
        "n_strata": len(found.strata),
    }
