"""The tables of a run, one module for each CSV file and what they share.

What a column says stands in the documentation of its table's function, or, where several tables
have it, here; ``imbnas.leaderboards.tables.glossary`` looks it up.

- ``part``: part of the suite that the row answers.
- ``x``, ``y``, ``condition``: dataset, imbalance ratio, size, half and class order, as
  DATASET@RATIOx: 1x is balanced, 20x has 20 times as many images of the largest class as of the
  smallest.
- ``x_scheme``, ``y_scheme``, ``scheme``: how imbalance is countered in training; ce is plain
  cross-entropy.
- ``source``, ``source_scheme``: what the supernet was trained on, before it is adapted.
- ``target``, ``target_scheme``: what it is adapted to; networks that it finds are trained there.
- ``strategy``, ``what``: how a supernet is adapted to the target, or what ranks without one.
- ``searcher``: how the best architecture of an adapted supernet is found.
- ``reference``, ``reference_scheme``, ``compared_with``, ``compared_scheme``: what the row is
  compared with.
- ``ranker``: what scores architectures without a supernet.
- ``model``: name of a network, or the architecture that was found.
- ``scored_on``: whose validation images score candidates: those of the source or of the target.
- ``accuracy_mean``, ``accuracy_sd``: percent, mean per-class test recall: mean over replicates and
  its standard deviation.
- ``many``, ``medium``, ``few``, ``…_few``: percent, mean recall of the classes of more than 100, of
  20 to 100, and of fewer than 20 training images; empty where there are none.
- ``worst_class``: percent, recall of the class that does worst.
- ``tau_b``: Kendall's tau-b of two rankings: 1 for equal ones, 0 for unrelated ones.
- ``noise_ceiling``, ``ceiling_low``, ``ceiling_high``, ``…_ceiling``, ``ceiling_mean``: the tau-b
  that noise alone would leave to two equal rankings, with its 95% interval.
- ``tau_corrected``, ``tau_corrected_low``, ``tau_corrected_high``, ``corrected_…``: the same
  without noise of the accuracies, estimated; with its 95% interval.
- ``clipped``: whether that estimate left [-1, 1] and was clipped.
- ``difference``: noise ceiling minus tau-b, with its 95% interval.
- ``spearman``: Spearman's rho of the means over replicates.
- ``weighted_tau``: Vigna's weighted tau, which gives the best architectures most weight.
- ``seed_tau``, ``seed_tau_x``, ``seed_tau_y``: mean tau-b of two replicates of one training: how
  far noise alone lets it agree with itself.
- ``n_strata``: groups of about equal multiply-accumulates.
- ``family``: the rows that Holm's correction counts together.
- ``regret``, ``regret_sd``: percentage points by which the favourite falls short of the best of
  the population: mean over replicates and its standard deviation.
- ``…_low``, ``…_high``: ends of the 95% interval of the column before them.
- ``…_sd``, ``sd …``: standard deviation over replicates.
- ``…p_adjusted``, ``typical_p_value``: p-value of "there is no difference", after Holm's
  correction where several are asked together.
- ``adapt_…``, ``search_…``: of the adaptation, and of the search after it: means over replicates
  of images through the network, multiply-accumulates, or seconds.
- ``seconds_ratio``, ``seconds_ratio_with_search``, ``macs_ratio``: adaptation, and adaptation with
  search, relative to p3 of the same replicate.
- ``seconds``, ``seconds_mean``: wall clock, of all units together and of one.
- ``images_seen``, ``images_per_second``, ``train_images_per_second``: images through networks in
  all, a second of everything, and a second of training alone.
- ``latency_ms``: milliseconds of a forward pass of one image.
- ``units``: how many are finished.
- ``kind``: of the units or rows that are summed up or compared.
- ``device``: processors that took part.
- ``params``: trainable parameters.
- ``macs``, ``…_macs``: multiply-accumulates; of a network, for a forward pass of one image.
- ``architecture``, ``first``, ``second``: the architecture's published string.
- ``unique_id``, ``functional_id``: equal for architectures that compute equal functions.
- ``balanced_rank``, ``long_tailed_rank``, ``rank …``: rank by mean accuracy, 1 is best; ties share
  their mean rank.
- ``rank_difference``: balanced rank minus long-tailed rank: above 0 for what gains when the data
  is long-tailed.
- ``mean …``: percent, mean per-class test recall on the training that is named, over replicates.
- ``n …``: finished replicates of the training that is named.
- ``harmonic_mean …``: percent, harmonic mean of the class recalls.
- ``calibration_error …``: percentage points, expected calibration error with 15 bins.
- ``control``, ``control_scheme``: the balanced condition of as many images.
- ``balanced``, ``long_tailed``: the two conditions that are compared.
- ``chosen_on``: which replicates chose the baseline.
- ``best_…``: of the best baseline at any cost.
- ``orders``, ``n_orders``: class orders, and how many.
- ``item``, ``question``, ``evidence``: of the checklist of good practice.
- ``answer``: what the suite and its records answer.
- ``claim``, ``statement``, ``rests_on``, ``unit``, ``margin``: what is claimed, which row answers
  it, in which unit, and by how much it may fall short.
- ``class_orders``: orders of the classes of the imbalanced conditions; which class is rare.
- ``population``: the architectures: space, number, how they were drawn.
- ``n_architectures``: how many of them count.
- ``n_replicates``: repetitions, each with images and random numbers of its own.
- ``n_pairs``, ``n_rows``: pairs or rows that count.
- ``n_missing``: what failed or is not finished.
- ``protocol``: strict: validation images are held out of the training split; paper: the test split
  validates, as published.
- ``fidelity``: how long and how large networks are trained; two fidelities are not comparable.
- ``origin``, ``submitted``, ``verified``, ``state``: of a submission: who, when, how much of it was
  computed again, and whether it was withdrawn.
"""
