import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from imbnas.errors import InputError
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.darts import identity as darts_identity
from imbnas.spaces.darts import space as darts
from imbnas.spaces.darts.genotype import CellGenotype, parse
from imbnas.spaces.nats.cell_string import OPERATIONS, architecture, edges
from imbnas.spaces.nats.size_space import WIDTHS, widths
from imbnas.spaces.variation import MacBound, crossed, mutated, random_within

ALPHA = 1e-3
SPACES = ["nats-tss", "nats-sss", "darts"]
SHAPE = NetworkShape(8, 1, 16)


def uniform_p(counts, categories):
    observed = [counts[category] for category in categories]
    assert sum(observed) == counts.total()
    return chisquare(observed).pvalue


def genes(name, text):
    return edges(text) if name == "nats-tss" else widths(text)


@pytest.mark.parametrize(("name", "values"), [("nats-tss", OPERATIONS), ("nats-sss", WIDTHS)])
def test_redrawn_genes_are_uniform(name, values):
    space, rng = get_space(name), np.random.default_rng(0)
    parent = space.sample(1, 0)[0]
    children = [genes(name, space.mutate(parent, rng, 1.0)) for _ in range(4000)]
    for position in range(len(children[0])):
        assert uniform_p(Counter(child[position] for child in children), values) > ALPHA


def test_redrawn_genes_of_genotypes_are_uniform():
    space, rng = get_space("darts"), np.random.default_rng(1)
    children = [parse(space.mutate("DARTS_V2", rng, 1.0)) for _ in range(2000)]
    for kind, node in itertools.product(("normal", "reduce"), range(4)):
        nodes = [getattr(child, kind).nodes[node] for child in children]
        inputs = Counter(tuple(source for _, source in edges_) for edges_ in nodes)
        pairs = list(itertools.combinations(range(node + 2), 2))
        if len(pairs) > 1:
            assert uniform_p(inputs, pairs) > ALPHA
        for edge in (0, 1):
            drawn = Counter(edges_[edge][0] for edges_ in nodes)
            assert uniform_p(drawn, darts.OPERATIONS) > ALPHA


def test_mutation_redraws_each_gene_with_the_given_probability():
    space, rng = get_space("nats-tss"), np.random.default_rng(2)
    parent = architecture(("none",) * 6)
    changed = Counter(
        sum(name != "none" for name in edges(space.mutate(parent, rng, 0.3))) for _ in range(5000)
    )
    p = 0.3 * 4 / 5  # one redraw out of five gives the old operation
    binomial = [p**k * (1 - p) ** (6 - k) * n for k, n in enumerate((1, 6, 15, 20, 15, 6, 1))]
    pooled = [*binomial[:4], sum(binomial[4:])]
    observed = [*(changed[k] for k in range(4)), sum(changed[k] for k in (4, 5, 6))]
    assert chisquare(observed, np.array(pooled) * 5000).pvalue > ALPHA


def test_bounded_mutation_follows_the_conditional_distribution():
    space, rng = get_space("nats-tss"), np.random.default_rng(3)
    parent = space.sample(1, 5)[0]
    bound = MacBound(space.counts(parent, SHAPE).macs, SHAPE)
    expected = Counter()
    for text in space.architectures():
        if text != parent and bound.allows(space, text):
            same = [a == b for a, b in zip(edges(text), edges(parent), strict=True)]
            weight = np.prod([0.1 + 0.5 * equal for equal in same])
            expected[tuple(same)] += weight
    drawn = Counter()
    for _ in range(2000):
        child = mutated(space, parent, rng, 0.5, bound)
        drawn[tuple(a == b for a, b in zip(edges(child), edges(parent), strict=True))] += 1
    assert set(drawn) <= set(expected)
    total = sum(expected.values())
    forecast = {key: value / total * 2000 for key, value in expected.items()}
    common = [key for key in forecast if forecast[key] >= 5]
    observed = np.array([drawn[key] for key in common])
    wanted = np.array([forecast[key] for key in common])
    assert wanted.sum() > 0.9 * 2000
    assert chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > ALPHA


def test_crossover_is_uniform_over_children():
    space, rng = get_space("nats-tss"), np.random.default_rng(4)
    first = architecture(("none", "none", "none", "skip_connect", "none", "none"))
    second = architecture(("nor_conv_1x1",) * 3 + ("skip_connect",) * 2 + ("none",))
    pairs = zip(edges(first), edges(second), strict=True)
    every = {architecture(child) for child in itertools.product(*pairs)}
    assert len(every) == 16
    free = Counter(crossed(space, first, second, rng, allow_parent=True) for _ in range(4000))
    assert uniform_p(free, sorted(every)) > ALPHA
    strict = Counter(crossed(space, first, second, rng) for _ in range(4000))
    assert uniform_p(strict, sorted(every - {first, second})) > ALPHA
    one = space.counts(architecture(("nor_conv_1x1",) + ("none",) * 5), SHAPE).macs
    bound = MacBound(one, SHAPE)
    allowed = {child for child in every - {first, second} if child.count("nor_conv_1x1") <= 1}
    bounded = Counter(crossed(space, first, second, rng, bound) for _ in range(2000))
    assert uniform_p(bounded, sorted(allowed)) > ALPHA


@pytest.mark.parametrize("name", SPACES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), probability=st.sampled_from([0.05, 0.3, 1.0]))
def test_children_are_legal_bounded_and_never_parents(name, seed, probability):
    space, rng = get_space(name), np.random.default_rng(seed)
    first, second = space.random(rng), space.random(rng)
    macs = sorted(space.counts(parent, SHAPE).macs for parent in (first, second))
    bound = MacBound(macs[1], SHAPE)
    children = (
        mutated(space, first, rng, probability, bound),
        crossed(space, first, second, rng, bound),
        random_within(space, rng, bound),
    )
    for child in children:
        if child is not None:
            assert space.parse(child) == child
            assert space.counts(child, SHAPE).macs <= macs[1]
    assert children[0] != first
    assert children[1] not in (first, second)


def test_an_unreachable_bound_gives_nothing():
    space, rng = get_space("nats-tss"), np.random.default_rng(5)
    parent = architecture(("skip_connect",) * 6)
    bound = MacBound(0, SHAPE)
    assert mutated(space, parent, rng, 0.5, bound, tries=5) is None
    assert crossed(space, parent, parent, rng, tries=5) is None
    assert random_within(space, rng, bound, tries=5) is None
    assert crossed(space, parent, parent, rng, allow_parent=True) == parent


def test_the_parent_is_returned_when_asked_for():
    space, rng = get_space("nats-tss"), np.random.default_rng(6)
    parent = space.sample(1, 0)[0]
    children = [mutated(space, parent, rng, 0.01, allow_parent=True) for _ in range(50)]
    assert parent in children


@pytest.mark.parametrize("probability", [0, -0.1, 1.1])
def test_probabilities_outside_the_range_are_refused(probability):
    space = get_space("nats-sss")
    with pytest.raises(InputError, match="must be in \\(0, 1\\]"):
        mutated(space, "8:8:8:8:8", np.random.default_rng(0), probability)


def test_random_topologies_are_uniform_over_live_structures():
    space, rng = get_space("nats-tss"), np.random.default_rng(7)
    ids = sorted({space.unique_id(t) for t in space.architectures() if not space.is_dead(t)})
    assert len(ids) == 6_461
    tenth = {name: index * 10 // len(ids) for index, name in enumerate(ids)}
    drawn = Counter(tenth[space.unique_id(space.random(rng))] for _ in range(4000))
    share = Counter(tenth.values())
    expected = [4000 * share[index] / len(ids) for index in range(10)]
    assert chisquare([drawn[index] for index in range(10)], expected).pvalue > ALPHA


def test_random_genotypes_are_uniform_over_structures(monkeypatch):
    monkeypatch.setattr(darts, "OPERATIONS", ("max_pool_3x3",))
    # All 180 cells of one operation, grouped by brute force over all renumberings of the nodes.
    pairs = [list(itertools.combinations(range(node + 2), 2)) for node in range(4)]
    structures = {brute_force(chosen) for chosen in itertools.product(*pairs)}
    rng = np.random.default_rng(8)
    drawn = Counter()
    for _ in range(1500):
        cell = darts._random_structure(rng)
        drawn[brute_force([tuple(source for _, source in node) for node in cell.nodes])] += 1
    assert uniform_p(drawn, sorted(structures)) > ALPHA


def brute_force(inputs):
    """The smallest list of inputs over all valid orders of the four nodes."""
    found = []
    for order in itertools.permutations(range(4)):
        number = {0: 0, 1: 1} | {node + 2: place + 2 for place, node in enumerate(order)}
        renumbered = [tuple(sorted(number[source] for source in inputs[node])) for node in order]
        if all(max(pair) < place + 2 for place, pair in enumerate(renumbered)):
            found.append(tuple(renumbered))
    return min(found)


def test_genotypes_of_different_sizes_cannot_be_crossed():
    with pytest.raises(InputError, match="equal nodes"):
        get_space("darts").crossover("NASNet", "DARTS_V1", np.random.default_rng(0))


def test_multiplicity_counts_the_orders_of_a_cell():
    free = CellGenotype(
        (
            (("max_pool_3x3", 0), ("max_pool_3x3", 1)),
            (("avg_pool_3x3", 0), ("max_pool_3x3", 1)),
            (("skip_connect", 0), ("max_pool_3x3", 1)),
            (("sep_conv_3x3", 0), ("max_pool_3x3", 1)),
        ),
        (2, 3, 4, 5),
    )
    assert darts_identity.multiplicity(free) == 24
    alike = CellGenotype((free.nodes[0],) * 4, free.concat)
    assert darts_identity.multiplicity(alike) == 1
