"""Rank statistics with error bars, usable alone on plain arrays; needs only NumPy and SciPy.

Public names resolve on first use, so that ``import imbnas.stats`` costs nothing.

Example:
    >>> import imbnas, numpy as np
    >>> noise = np.random.default_rng(0).normal(size=(40, 7))
    >>> quality = noise[:, :1]  # of 40 architectures, trained three times on each of two datasets
    >>> one, other = quality + noise[:, 1:4], quality + noise[:, 4:]
    >>> found = imbnas.stats.rank_transfer(one, other)
    >>> print(f"{found.tau_b:.2f} under a ceiling of {found.noise_ceiling:.2f}: {found.verdict}")
    0.59 under a ceiling of 0.59: inconclusive
    >>> imbnas.stats.rank_transfer(one, noise[:, 4:] - quality).verdict
    'changed'
"""

from typing import TYPE_CHECKING

from imbnas.lazy import lazy_names

if TYPE_CHECKING:
    from imbnas.stats.answers import Answer as Answer
    from imbnas.stats.answers import Region as Region
    from imbnas.stats.answers import all_hold as all_hold
    from imbnas.stats.answers import row_level as row_level
    from imbnas.stats.answers import smallest_effect as smallest_effect
    from imbnas.stats.bootstrap import MIN_MODELS as MIN_MODELS
    from imbnas.stats.bootstrap import Interval as Interval
    from imbnas.stats.bootstrap import resamples_for as resamples_for
    from imbnas.stats.comparison import Comparison as Comparison
    from imbnas.stats.comparison import compare_taus as compare_taus
    from imbnas.stats.comparison import compare_values as compare_values
    from imbnas.stats.image_sampling import ImageVariance as ImageVariance
    from imbnas.stats.image_sampling import image_variance as image_variance
    from imbnas.stats.jackknife import jackknife_interval as jackknife_interval
    from imbnas.stats.jackknife import pair_values as pair_values
    from imbnas.stats.judging import judged_losses as judged_losses
    from imbnas.stats.judging import optimism as optimism
    from imbnas.stats.kendall import tau_b as tau_b
    from imbnas.stats.matching import MatchedPairs as MatchedPairs
    from imbnas.stats.matching import matched_pairs as matched_pairs
    from imbnas.stats.matching import spread as spread
    from imbnas.stats.multiplicity import holm as holm
    from imbnas.stats.multiplicity import holm_verdicts as holm_verdicts
    from imbnas.stats.paired import PairedDifference as PairedDifference
    from imbnas.stats.paired import compare_strategies as compare_strategies
    from imbnas.stats.paired import paired_bootstrap as paired_bootstrap
    from imbnas.stats.power import SmallestChange as SmallestChange
    from imbnas.stats.power import smallest_detectable_change as smallest_detectable_change
    from imbnas.stats.power import smallest_detectable_difference as smallest_detectable_difference
    from imbnas.stats.prediction import PredictiveTau as PredictiveTau
    from imbnas.stats.prediction import PredictiveTauChange as PredictiveTauChange
    from imbnas.stats.prediction import predictive_tau as predictive_tau
    from imbnas.stats.prediction import predictive_tau_change as predictive_tau_change
    from imbnas.stats.repeats import Repeatability as Repeatability
    from imbnas.stats.repeats import repeatability as repeatability
    from imbnas.stats.repeats import replicates_to_agree as replicates_to_agree
    from imbnas.stats.repeats import replicates_to_repeat as replicates_to_repeat
    from imbnas.stats.strata import StratifiedTau as StratifiedTau
    from imbnas.stats.strata import Stratum as Stratum
    from imbnas.stats.strata import quantile_strata as quantile_strata
    from imbnas.stats.strata import stratified_tau as stratified_tau
    from imbnas.stats.summary import MeanSd as MeanSd
    from imbnas.stats.summary import TInterval as TInterval
    from imbnas.stats.summary import mean_sd as mean_sd
    from imbnas.stats.summary import t_interval as t_interval
    from imbnas.stats.topk import best_rank_at_k as best_rank_at_k
    from imbnas.stats.topk import regret as regret
    from imbnas.stats.topk import top_k_overlap as top_k_overlap
    from imbnas.stats.transfer import RankTransfer as RankTransfer
    from imbnas.stats.transfer import rank_against_predictor as rank_against_predictor
    from imbnas.stats.transfer import rank_transfer as rank_transfer
    from imbnas.stats.transfer_regret import TransferRegret as TransferRegret
    from imbnas.stats.transfer_regret import regret_of_transfer as regret_of_transfer
    from imbnas.stats.verdict import Verdict as Verdict

__getattr__, __dir__ = lazy_names(__name__)
