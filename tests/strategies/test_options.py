from collections.abc import Iterator

import pytest

from imbnas.errors import InputError
from imbnas.schemes import resolve_scheme
from imbnas.strategies.declarations import Checking, declarations
from imbnas.strategies.registry import STRATEGIES, build_strategy
from imbnas.units.recipes import Recipe


def test_every_strategy_can_be_made_without_options_and_declares_what_it_must() -> None:
    for name in STRATEGIES.names():
        found = declarations(name, build_strategy(name, {}))
        assert found.same_classes == (name in {"bn-only", "posthoc"})
        assert (found.scores_on == "source") == (name == "p0")
        assert (found.recipe == "supernet") == name.startswith("p3")


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("p2", {"freeze_afer": 5}, "option 'freeze_afer': unknown option; did you mean 'freeze_"),
        ("p0", {"lr": 1}, "option 'lr': it takes none"),
        (
            "p2",
            {"freeze_after": -1},
            "option 'freeze_after': -1 must be a whole number in .0, 100000",
        ),
        ("p2", {"freeze_after": 0.5}, "option 'freeze_after': 0.5 must be a whole number"),
        ("p2", {"freeze_after_fraction": 1.5}, "'freeze_after_fraction': 1.5 must be a number"),
        ("p2", {"freeze_after": 1, "freeze_after_fraction": 0.5}, "not both"),
        ("p3", {"scheme": "cb-drv"}, "option 'scheme': unknown scheme .*did you mean 'cb-drw'"),
        ("posthoc", {"tau": -1}, "option 'tau'"),
        ("p1-cached", {"paths": 0}, "option 'paths'"),
        ("head-per-arch", {"head": "mean"}, "option 'head': .*one of 'means', 'ridge'"),
        ("p9", {}, "unknown strategy 'p9'"),
    ],
)
def test_wrong_options_are_told_in_one_line(name: str, options: dict, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        build_strategy(name, options)
    assert "\n" not in str(caught.value)


class Plain:
    scores_on = "target"
    recipe = "adaptation"

    def __init__(self, strength: float = 1.0) -> None:
        if strength < 0:
            raise ValueError("strength is negative")
        self.strength = strength

    def adapt(self, adaptation):
        return adaptation.supernet


@pytest.fixture
def plain() -> Iterator[None]:
    with STRATEGIES.temporary():
        STRATEGIES.register("plain", version="1", summary="a plain class")(Plain)
        yield


@pytest.mark.usefixtures("plain")
def test_a_plain_class_takes_its_options_as_arguments() -> None:
    assert build_strategy("plain", {"strength": 2}).strength == 2
    with pytest.raises(InputError, match="option 'strenght': unknown option; did you mean 'str"):
        build_strategy("plain", {"strenght": 2})
    with pytest.raises(InputError, match="'plain': .*strength is negative"):
        build_strategy("plain", {"strength": -1})


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("scores_on", None, "does not declare 'scores_on'; give its class one of 'source'"),
        ("recipe", "network", "declares 'recipe' as 'network'; it must be one of 'adaptation'"),
    ],
)
def test_a_missing_or_wrong_declaration_is_told(attribute: str, value: object, said: str) -> None:
    broken = type("Broken", (Plain,), {attribute: value})
    with pytest.raises(InputError, match=said):
        declarations("broken", broken())


def test_strategies_check_what_they_go_with() -> None:
    p2, posthoc = build_strategy("p2", {"freeze_after": 5}), build_strategy("posthoc", {})
    assert isinstance(p2, Checking)
    assert isinstance(posthoc, Checking)
    ce, ldam = resolve_scheme("ce"), resolve_scheme("ldam")
    p2.check(ce, ce, Recipe(epochs=5))
    with pytest.raises(InputError, match="5 exceeds the recipe's 4 epochs"):
        p2.check(ce, ce, Recipe(epochs=4))
    posthoc.check(ce, ldam, Recipe(epochs=4))
    with pytest.raises(InputError, match="scheme 'ldam' trains a cosine one"):
        posthoc.check(ldam, ce, Recipe(epochs=4))
