import itertools
import subprocess
import sys
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

from imbnas.spaces import get_space
from imbnas.spaces.nats.cell_string import EDGES, KERNELS, OPERATIONS, edges
from imbnas.spaces.nats.identity import (
    CONSTANT,
    computed_edges,
    edge_terms,
    functional_id,
    unique_id,
)
from imbnas.spaces.nats.network import NatsCell
from imbnas.spaces.nats.topology_space import cells

EVERY = list(itertools.product(OPERATIONS, repeat=6))
N, S, C1, C3, P = OPERATIONS


@pytest.fixture(scope="module")
def classes():
    found = defaultdict(list)
    for operations in EVERY:
        found[functional_id(operations)].append(operations)
    return found


def test_published_counts(classes):
    assert len(cells()) == 15_625
    assert len({cell.unique_id for cell in cells()}) == 6_466
    assert len(classes) == 4_930
    assert len(classes[CONSTANT]) == 341


def test_skips_alone_leave_12751_structures():
    # Without replacing zeros, the published canonical form is known to have 12,751 values.
    def skips_only(operations):
        nodes = ["0"]
        for target in (1, 2, 3):
            terms = [
                nodes[source] if name == S else f"({nodes[source]})@{name}"
                for (source, end), name in zip(EDGES, operations, strict=True)
                if end == target
            ]
            nodes.append("+".join(sorted(terms)))
        return nodes[3]

    assert len({skips_only(operations) for operations in EVERY}) == 12_751


def test_functional_classes_are_unions_of_unique_structures():
    of_structure = defaultdict(set)
    for operations in EVERY:
        of_structure[unique_id(operations)].add(functional_id(operations))
    assert {len(found) for found in of_structure.values()} == {1}


def test_dead_means_no_path_to_the_output():
    for operations in EVERY:
        reached = {0}
        for (source, target), name in zip(EDGES, operations, strict=True):
            if name != N and source in reached:
                reached.add(target)
        assert (functional_id(operations) == CONSTANT) == (3 not in reached)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ((N, N, N, S, N, N), "x"),
        ((S, N, S, C3, N, S), "nor_conv_3x3(x)+x"),
        ((N, N, C3, S, C1, P), "x"),
        ((C1, N, P, N, N, C3), "nor_conv_3x3(avg_pool_3x3(nor_conv_1x1(x)))"),
        ((S, S, S, N, N, P), "avg_pool_3x3(x+x)"),
    ],
)
def test_functional_ids_by_hand(operations, expected):
    assert functional_id(operations) == expected


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc"
)
def test_enumeration_is_fast_and_small():
    script = (
        "import re, sys, time; from imbnas.spaces.nats.topology_space import cells;"
        "from imbnas.spaces import get_space; get_space('nats-tss').sample(64, 0);"
        "assert len(cells()) == 15625 and 'torch' not in sys.modules;"
        "peak = re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1];"
        "print(time.process_time(), peak)"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, kibibytes = map(float, out.stdout.split())
    assert seconds <= 2
    assert kibibytes <= 300 * 1000


def randomised(operations, key):
    """A cell whose operation on edge e has weights that depend on key(e) alone."""
    cell = NatsCell(operations, 3, 3)
    for edge, module in enumerate(cell.edges):
        generator = torch.Generator().manual_seed(zlib.crc32(repr(key(edge)).encode()))
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand(value.shape, generator=generator) + ("var" in name))
    return cell.double()


def outputs(cell):
    images = torch.randn(3, 3, 5, 5, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        return [cell.eval()(images), cell.train()(images)]


def term_weights(operations):
    terms = edge_terms(operations)
    return randomised(operations, lambda edge: terms[edge] or edge)


def leaks(operations):
    """Whether a convolution of zeros hands its shift on to the output."""
    edges_ = zip(computed_edges(operations), edge_terms(operations), strict=True)
    return any(computed and not terms for computed, terms in edges_)


def close(one, other):
    return all(torch.allclose(a, b, atol=1e-9) for a, b in zip(one, other, strict=True))


def test_equal_functional_ids_give_equal_outputs_for_equal_weights(classes):
    rng = np.random.default_rng(0)
    several = [
        members for name, members in classes.items() if name != CONSTANT and len(members) > 1
    ]
    for index in rng.permutation(len(several))[:100]:
        members = [operations for operations in several[index] if not leaks(operations)]
        expected = outputs(term_weights(members[0]))
        for chosen in rng.permutation(len(members))[:4]:
            assert close(expected, outputs(term_weights(members[chosen]))), members[chosen]


def test_different_functional_ids_give_different_outputs(classes):
    # Pooling is linear, so pools of sums can equal sums of pools; cells without pools cannot.
    rng = np.random.default_rng(1)
    names = [name for name in classes if "pool" not in name and name != CONSTANT]
    for first, second in rng.choice(names, size=(100, 2)):
        if first != second:
            one, other = classes[first][0], classes[second][0]
            assert not close(outputs(term_weights(one)), outputs(term_weights(other)))


def test_a_convolution_of_zeros_leaks_its_shift():
    leaking, clean = (N, S, N, S, C3, N), (N, S, N, S, N, N)
    assert functional_id(leaking) == functional_id(clean)
    assert leaks(leaking)
    assert not leaks(clean)
    assert not close(outputs(term_weights(leaking)), outputs(term_weights(clean)))
    live = [operations for operations in EVERY if functional_id(operations) != CONSTANT]
    assert sum(map(leaks, live)) == 2_000


def test_uncomputed_edges_change_no_bit():
    rng = np.random.default_rng(4)
    for index in rng.permutation(len(EVERY))[:200]:
        operations = EVERY[index]
        cell = randomised(operations, lambda edge: edge)
        images = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(5)).double()
        nodes = [images]
        with torch.no_grad():
            for target in (1, 2, 3):
                nodes.append(
                    sum(
                        module.eval()(nodes[source])
                        for (source, end), module in zip(EDGES, cell.edges, strict=True)
                        if end == target
                    )
                )
            assert torch.equal(cell.eval()(images), nodes[3])


def test_computed_edges_by_hand():
    assert computed_edges((N, N, N, S, C3, P)) == (False, False, False, True, True, False)
    assert computed_edges((C3, N, C3, S, N, N)) == (False, False, False, True, False, False)
    assert computed_edges((N, N, N, N, N, N)) == (False,) * 6


def test_representatives_are_clean_members_of_fewest_macs(classes):
    representatives = get_space("nats-tss").representatives()
    assert len(representatives) == 4_929
    weight = Counter()
    for name, members in classes.items():
        weight[name] = min(sum(KERNELS.get(op, 0) ** 2 for op in member) for member in members)
    for architecture in representatives:
        operations = edges(architecture)
        assert not leaks(operations)
        assert (
            sum(KERNELS.get(op, 0) ** 2 for op in operations) == weight[functional_id(operations)]
        )
