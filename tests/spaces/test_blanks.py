"""Blanks around an architecture are none of it."""

import numpy as np
import pytest

from imbnas.errors import InputError
from imbnas.spaces import get_space


@pytest.mark.parametrize("space", ["nats-tss", "nats-sss", "darts"])
@pytest.mark.parametrize("around", ["{} ", " {}", "\t{}\n", "\N{NO-BREAK SPACE}{}\r\n", "{}"])
def test_blanks_around_an_architecture_are_passed_over(space, around):
    found = get_space(space)
    architecture = found.random(np.random.default_rng(3))
    written = around.format(architecture)
    assert found.parse(written) == architecture
    assert found.unique_id(written) == found.unique_id(architecture)
    assert found.counts(written, found.published_shape) == found.counts(
        architecture, found.published_shape
    )


def test_names_of_genotypes_may_have_blanks_around_them():
    darts = get_space("darts")
    assert darts.parse(" DARTS_V2\n") == darts.parse("DARTS_V2")


@pytest.mark.parametrize(
    ("space", "text"),
    [
        ("nats-tss", " |none~0|+|none~0|none~1|+|none~0|none~1|none~2| x"),
        ("nats-tss", "|none~0|+ |none~0|none~1|+|none~0|none~1|none~2|"),
        ("nats-sss", "8: 8:8:8:8"),
        ("nats-sss", "  "),
        ("darts", "\t"),
    ],
)
def test_blanks_inside_are_none_that_can_be_passed_over(space, text):
    with pytest.raises(InputError, match=r"character \d+"):
        get_space(space).parse(text)
