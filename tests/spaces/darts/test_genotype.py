import dataclasses
import itertools
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.darts.genotype import KNOWN, CellGenotype, Genotype, parse
from imbnas.spaces.darts.identity import canonical, functional_id

SPACE = get_space("darts")
CONCAT = (2, 3, 4, 5)
PUBLISHED_V1 = (
    "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('skip_connect', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)], "
    "reduce_concat=[2, 3, 4, 5])"
)


def test_size_is_that_of_two_cells():
    pairs = [len(list(itertools.combinations(range(node + 2), 2))) for node in range(4)]
    per_cell = np.prod(pairs) * 7**8
    assert per_cell == 1_037_664_180
    assert SPACE.size == int(per_cell) ** 2


def test_names_and_published_notation_are_one_architecture():
    assert SPACE.parse("DARTS_V1") == SPACE.parse(PUBLISHED_V1) == PUBLISHED_V1


def test_blanks_quotes_and_ranges_are_read():
    loose = (
        PUBLISHED_V1.replace("'", '"')
        .replace(", ", ",\n ")
        .replace("[2,\n 3,\n 4,\n 5]", "range(2, 6)")
    )
    assert SPACE.parse(loose) == PUBLISHED_V1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_printing_and_reading_are_inverse(seed):
    text = SPACE.random(np.random.default_rng(seed))
    assert SPACE.parse(text) == text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Genotype(", "genotype(", "expected 'Genotype(' or one of DARTS_V1"),
        ("sep_conv_3x3', 1", "sep_conv_9x9', 1", "unknown operation 'sep_conv_9x9'; did you mean"),
        ("sep_conv_3x3', 1", "none', 1", "unknown operation 'none'"),
        ("sep_conv_3x3', 1", "sep_conv_3x3', 2", "expected predecessor 0, 1, found '2'"),
        (
            "('skip_connect', 2)],",
            "('skip_connect', 6)],",
            "expected predecessor 0, 1, 2, 3, 4, found '6'",
        ),
        ("=[2, 3, 4, 5]", "=[2, 3, 3, 5]", "expected node 4, 5, found '3'"),
        ("=[2, 3, 4, 5]", "=[2, 3, 4, 6]", "expected node 5, found '6'"),
        (", ('skip_connect', 2)], n", "], n", "expected ',', found ']'"),
        ("[2, 3, 4, 5])", "[2, 3, 4, 5]))", "expected the end, found ')'"),
        ("reduce=", "reduction=", "expected 'reduce=', found 't'"),
    ],
)
def test_errors_point_at_the_character(old, new, message):
    text = PUBLISHED_V1.replace(old, new, 1)
    with pytest.raises(InputError) as caught:
        SPACE.parse(text)
    error = str(caught.value)
    assert message in error
    assert "\n" not in error
    at = int(re.search(r"character (\d+)", error)[1]) - 1
    after = error.rpartition("^")[2].rstrip("…")
    assert text[at:].startswith(after)
    assert text[:at] == PUBLISHED_V1[:at] or text[:at].startswith(text[: text.index(new)])


def test_unknown_names_get_suggestions():
    with pytest.raises(InputError, match="did you mean 'DARTS_V2'"):
        SPACE.parse("DARTS_V22")


def shuffled(cell, rng):
    """The same structure with nodes in another valid order and edges of nodes swapped."""
    for order in rng.permutation(list(itertools.permutations(range(4)))):
        number = {0: 0, 1: 1} | {int(node) + 2: place + 2 for place, node in enumerate(order)}
        nodes = [
            tuple((op, number[source]) for op, source in cell.nodes[node][:: rng.choice([1, -1])])
            for node in order
        ]
        if all(source < place + 2 for place, node in enumerate(nodes) for _, source in node):
            return CellGenotype(tuple(nodes), CONCAT)
    raise AssertionError("the identity is a valid order")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_ids_do_not_see_the_order_of_nodes_and_edges(seed):
    rng = np.random.default_rng(seed)
    genotype = parse(SPACE.random(rng))
    other = Genotype(shuffled(genotype.normal, rng), shuffled(genotype.reduce, rng))
    assert canonical(other) == canonical(genotype)
    assert functional_id(other) == functional_id(genotype)
    assert canonical(canonical(genotype)) == canonical(genotype)


def test_ids_see_every_operation():
    base = parse("P-DARTS")
    texts = {str(base)}
    for kind, index in itertools.product(("normal", "reduce"), range(4)):
        nodes = list(getattr(base, kind).nodes)
        (_, source), second = nodes[index]
        nodes[index] = (("sep_conv_7x7", source), second)
        texts.add(str(dataclasses.replace(base, **{kind: CellGenotype(tuple(nodes), CONCAT)})))
    assert len({SPACE.unique_id(text) for text in texts}) == 9
    assert len({SPACE.functional_id(text) for text in texts}) == 9


def test_skips_are_seen_through_at_stride_1_only():
    through = CellGenotype(
        (KNOWN["DARTS_V1"].normal.nodes[0], (("skip_connect", 0), ("max_pool_3x3", 2))), (3,)
    )
    assert functional_id(Genotype(through, through)) == (
        "normal[max_pool_3x3(sep_conv_3x3(x0)+sep_conv_3x3(x1))+x0];"
        "reduce[max_pool_3x3(sep_conv_3x3(x0)+sep_conv_3x3(x1))+skip_connect(x0)]"
    )


def test_equal_functional_ids_give_equal_outputs_for_equal_weights():
    """Flattening a skip and reordering nodes permutes channels of the cell's output only."""
    from imbnas.spaces.darts.layout import CellPlace
    from imbnas.spaces.darts.network import DartsCell as Network

    first = CellGenotype(
        (
            (("sep_conv_3x3", 0), ("skip_connect", 1)),
            (("skip_connect", 0), ("skip_connect", 1)),
            (("skip_connect", 2), ("max_pool_3x3", 0)),
            (("dil_conv_3x3", 0), ("avg_pool_3x3", 1)),
        ),
        CONCAT,
    )
    second = CellGenotype(
        (
            first.nodes[3],
            first.nodes[1],
            first.nodes[0],
            (("max_pool_3x3", 0), ("skip_connect", 4)),
        ),
        CONCAT,
    )
    assert functional_id(Genotype(first, first)) == functional_id(Genotype(second, second))
    place = CellPlace(False, (4, 4), (6, 6), 2)
    one, other = Network(first, place).eval(), Network(second, place).eval()
    other.preprocess_old, other.preprocess_new = one.preprocess_old, one.preprocess_new
    other.edges[4], other.edges[0] = one.edges[0], one.edges[6]
    images = torch.randn(2, 2, 4, 6, 6)
    with torch.no_grad():
        a, b = one(*images).chunk(4, dim=1), other(*images).chunk(4, dim=1)
    for mine, theirs in ((0, 2), (1, 1), (2, 3), (3, 0)):
        torch.testing.assert_close(a[mine], b[theirs])


def test_known_genotypes_build_small():
    shape = NetworkShape(4, 1, 8, 1, 3)
    for name in KNOWN:
        assert not SPACE.is_dead(name)
        assert SPACE.build(name, shape)(torch.randn(2, 1, 8, 8)).shape == (2, 3)
