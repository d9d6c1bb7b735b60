import itertools

import pytest

from imbnas.errors import InputError
from imbnas.spaces import NetworkShape, get_space

SPACE = get_space("nats-sss")


def test_published_order():
    every = SPACE.architectures()
    assert len(every) == len(set(every)) == SPACE.size == 32_768
    assert (every[0], every[11], every[284]) == ("8:8:8:8:8", "8:8:8:16:32", "8:8:40:32:40")
    assert every[-1] == "64:64:64:64:64"


def test_ids_are_the_architecture():
    for text in itertools.islice(SPACE.architectures(), 0, None, 4_000):
        assert SPACE.unique_id(text) == SPACE.functional_id(text) == text
        assert not SPACE.is_dead(text)


@pytest.mark.parametrize(
    ("text", "character", "message"),
    [
        ("8:8:8:8", 8, "expected ':', found 'the end'"),
        ("8:8:8:8:8:8", 10, "expected the end, found ':'"),
        ("8:9:8:8:8", 3, "expected a width out of 8, 16, 24, 32, 40, 48, 56, 64, found '9'"),
        ("8:x:8:8:8", 3, "found 'x'"),
        ("8:08:8:8:8", 3, "found '08'"),
    ],
)
def test_errors_point_at_the_character(text, character, message):
    with pytest.raises(InputError, match=f"character {character}: ") as caught:
        SPACE.parse(text)
    assert message in str(caught.value)


def test_widths_scale_and_depth_adds_cells_of_equal_width():
    network = SPACE.build("8:16:24:32:64", NetworkShape(width=4, depth=2))
    channels = [
        (cell.edges[0][1].in_channels, cell.edges[0][1].out_channels) for cell in network.cells
    ]
    assert channels == [(2, 2), (2, 2), (4, 6), (6, 6), (8, 16), (16, 16)]
    assert network.num_features == 16
