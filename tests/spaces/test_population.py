from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare, ks_2samp

from imbnas.errors import InputError
from imbnas.spaces import get_space
from imbnas.spaces.nats.cell_string import edges
from imbnas.spaces.population import as_listed, iso_macs, stratified_by_macs, uniform

TSS = get_space("nats-tss")
PAPER_MACS = 149_340_810


def test_the_135_cells_of_the_paper():
    population = iso_macs(TSS, PAPER_MACS, TSS.published_shape)
    assert len(population.architectures) == 135
    for text in population.architectures:
        names = Counter(edges(text))
        assert names["nor_conv_3x3"] == 4
        assert names["nor_conv_1x1"] == 0
    classes = Counter(map(TSS.functional_id, population.architectures))
    assert len(classes) == 93
    assert max(classes.values()) == 14
    assert "135" in population.rule
    assert str(PAPER_MACS) in population.rule


def test_no_architecture_of_that_cost():
    with pytest.raises(InputError, match="nearest is 149340810"):
        iso_macs(TSS, PAPER_MACS + 1, TSS.published_shape)


@pytest.mark.parametrize("name", ["nats-tss", "nats-sss", "darts"])
def test_samples_are_distinct_live_nested_and_repeatable(name):
    space = get_space(name)
    large = space.sample(64, 7)
    assert len({space.functional_id(text) for text in large}) == 64
    assert not any(space.is_dead(text) for text in large)
    assert space.sample(10, 7) == large[:10]
    assert set(space.sample(64, 8)) != set(large)
    assert all(space.parse(text) == text for text in large)


def test_samples_do_not_change_between_versions():
    assert TSS.sample(2, 0) == (
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_1x1~0|none~1|avg_pool_3x3~2|",
        "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|"
        "+|nor_conv_1x1~0|nor_conv_3x3~1|nor_conv_1x1~2|",
    )


def test_samples_are_uniform_over_classes():
    representatives = TSS.representatives()
    tenth = {text: index * 10 // len(representatives) for index, text in enumerate(representatives)}
    drawn = Counter(tenth[text] for seed in range(30) for text in TSS.sample(100, seed))
    share = Counter(tenth.values())
    expected = [3000 * share[index] / len(representatives) for index in range(10)]
    assert chisquare([drawn[index] for index in range(10)], expected).pvalue > 1e-3


@pytest.mark.parametrize("count", [0, 4_930])
def test_impossible_sizes_are_refused(count):
    with pytest.raises(InputError, match=f"cannot draw {count} of 4929"):
        TSS.sample(count, 0)
    with pytest.raises(InputError, match=f"cannot draw {count} of 4929"):
        stratified_by_macs(TSS, count, 0, TSS.published_shape)


def test_all_classes_can_be_drawn():
    assert set(TSS.sample(4_929, 1)) == set(TSS.representatives())


def macs(texts):
    return np.array([TSS.counts(text, TSS.published_shape).macs for text in texts])


def test_stratified_samples_have_the_distribution_of_macs():
    everything = macs(TSS.representatives())
    gaps = {"uniform": [], "stratified": []}
    for seed in range(5):
        stratified = stratified_by_macs(TSS, 64, seed, TSS.published_shape)
        assert len(set(map(TSS.functional_id, stratified.architectures))) == 64
        gaps["stratified"].append(ks_2samp(macs(stratified.architectures), everything).statistic)
        drawn = uniform(TSS, 64, seed).architectures
        gaps["uniform"].append(ks_2samp(macs(drawn), everything).statistic)
    assert max(gaps["stratified"]) <= 1 / 64 + 1e-9
    assert np.mean(gaps["stratified"]) < np.mean(gaps["uniform"]) / 2


def test_stratified_draws_depend_on_the_seed_alone():
    one = stratified_by_macs(TSS, 20, 1, TSS.published_shape)
    assert one == stratified_by_macs(TSS, 20, 1, TSS.published_shape)
    assert one != stratified_by_macs(TSS, 20, 2, TSS.published_shape)


def test_stratified_draws_are_uniform_within_a_slice():
    candidates = [TSS.parse(text) for text in TSS.sample(200, 0)]
    cost = {TSS.counts(text, TSS.published_shape).macs: text for text in candidates}
    ordered = [cost[macs] for macs in sorted(cost)][:8]  # of distinct costs
    drawn = Counter()
    for seed in range(400):
        population = stratified_by_macs(TSS, 2, seed, TSS.published_shape, ordered)
        drawn.update(population.architectures)
    assert sum(drawn[text] for text in ordered[:4]) == 400
    assert chisquare([drawn[text] for text in ordered[:4]]).pvalue > 1e-3
    assert chisquare([drawn[text] for text in ordered[4:]]).pvalue > 1e-3


def test_large_spaces_are_stratified_over_candidates():
    space = get_space("darts")
    shape = space.published_shape
    with pytest.raises(InputError, match="too large to list"):
        stratified_by_macs(space, 5, 0, shape)
    candidates = space.sample(50, 0)
    drawn = stratified_by_macs(space, 5, 0, shape, candidates).architectures
    cost = {text: space.counts(text, shape).macs for text in candidates}
    ranks = [sorted(candidates, key=cost.get).index(text) // 10 for text in drawn]
    assert ranks == [0, 1, 2, 3, 4]


def test_uniform_population_names_its_rule():
    population = uniform(TSS, 8, 3)
    assert population.architectures == TSS.sample(8, 3)
    assert population.rule == "8 distinct functions, uniform over live functional classes, seed 3"
    assert "uniform over structures" in uniform(get_space("darts"), 2, 3).rule


def test_listed_architectures_keep_their_order_and_are_read_as_the_space_writes_them():
    chosen = TSS.sample(5, 11)[::-1]
    population = as_listed(TSS, chosen)
    assert population.architectures == chosen
    assert population.rule == "5 listed architectures"


def test_two_spellings_of_one_listed_architecture_are_refused_in_one_line():
    darts = get_space("darts")
    chosen = darts.sample(3, 2)
    with pytest.raises(InputError, match=r"architectures 2 and 4 are both .*; leave one out"):
        as_listed(darts, (*chosen, chosen[1]))
    with pytest.raises(InputError, match="nats-tss"):
        as_listed(TSS, ("|nor_conv_3x3~0|",))
