import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbnas.errors import InputError
from imbnas.spaces import get_space
from imbnas.spaces.nats.cell_string import OPERATIONS, architecture, edges

operations = st.tuples(*[st.sampled_from(OPERATIONS)] * 6)

# Strings of the published benchmark by its own index (NATS-tss-v1_0-3ffb9).
PUBLISHED = {
    0: "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|"
    "+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    1: "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
    9930: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
}
ORDERED = {
    0: ("avg", "1x1", "skip", "1x1", "skip", "skip"),
    1: ("3x3", "3x3", "avg", "skip", "3x3", "skip"),
    9930: ("3x3", "3x3", "3x3", "skip", "3x3", "3x3"),
}


@given(operations)
def test_writing_and_reading_are_inverse(chosen):
    assert edges(architecture(chosen)) == chosen


@pytest.mark.parametrize("index", PUBLISHED)
def test_published_strings_are_target_major(index):
    found = edges(PUBLISHED[index])
    assert all(short in name for short, name in zip(ORDERED[index], found, strict=True))
    assert get_space("nats-tss").parse(PUBLISHED[index]) == PUBLISHED[index]


def test_a_string_names_source_and_target_of_each_edge():
    names = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "none"]
    nodes = architecture(names).split("+")
    read = {}
    for target, node in enumerate(nodes, start=1):
        for term in node.strip("|").split("|"):
            name, source = term.split("~")
            read[int(source), target] = name
    expected = dict(zip([(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)], names, strict=True))
    assert read == expected


GOOD = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


@pytest.mark.parametrize(
    ("text", "character", "message"),
    [
        ("", 1, "expected '|', found 'the end'"),
        (GOOD[1:], 1, "expected '|', found 'n'"),
        (GOOD + "|", len(GOOD) + 1, "expected the end, found '|'"),
        (GOOD[:-1], len(GOOD), "expected '|', found 'the end'"),
        (GOOD + "+|none~0|none~1|none~2|none~3|", len(GOOD) + 1, "expected the end"),
        ("|none~0|+|none~0|none~1|", 25, "expected '+|', found 'the end'"),
        ("|none~0|none~0|", 9, "expected '+|', found 'n'"),
        ("|none~0|+|conv~0|none~1|", 11, "unknown operation 'conv'; did you mean"),
        ("|none~1|", 7, "expected predecessor 0, found '1'"),
        ("|none~0|+|none~0|none~0|", 23, "expected predecessor 1, found '0'"),
        ("|none~00|", 7, "expected predecessor 0, found '00'"),
        ("|none0|", 2, "unknown operation 'none0'; did you mean 'none'?"),
        ("-" + GOOD, 1, "expected '|', found '-'"),
    ],
)
def test_errors_point_at_the_character(text, character, message):
    with pytest.raises(InputError) as caught:
        get_space("nats-tss").parse(text)
    error = str(caught.value)
    assert f"character {character}: " in error
    assert message in error
    assert "\n" not in error
    quoted = error.rpartition("; in ")[2].replace("…", "")
    before, _, after = quoted.partition("^")
    assert text[: character - 1].endswith(before)
    assert text[character - 1 :].startswith(after)


@given(operations, st.data())
def test_a_missing_character_is_refused(chosen, data):
    text = architecture(chosen)
    at = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(InputError):
        edges(text[:at] + text[at + 1 :])
