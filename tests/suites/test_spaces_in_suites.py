"""What a suite may ask of its space."""

from pathlib import Path

import pytest

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.darts.space import Darts
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.units.frozen import canonical_json
from imbnas.units.recipes import Recipe
from imbnas.units.stem import Stem
from imbnas.units.unit import SupernetUnit, TrainUnit

LOCATIONS = DataLocations.from_options(offline=True)
SAMPLED = "[fidelities.only.supernet]\n"


def variant(tmp_path: Path, tiny_suite: Path, *changes: tuple[str, str]) -> Path:
    text = tiny_suite.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "variant.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("space", ["nats-sss", "darts"])
@pytest.mark.parametrize("recipe", ["supernet", "adaptation"])
def test_fair_sampling_is_refused_in_a_space_that_has_none(
    tmp_path: Path, tiny_suite: Path, space: str, recipe: str
) -> None:
    table = f"[fidelities.only.{recipe}]\n"
    path = variant(
        tmp_path,
        tiny_suite,
        ('"nats-tss"', f'"{space}"'),
        (table, table + 'path_sampling = "fair"\n'),
    )
    line = path.read_text().splitlines().index('path_sampling = "fair"') + 1
    with pytest.raises(InputError, match="needs a space with the same operations") as caught:
        read_suite(path)
    message = str(caught.value)
    assert message.startswith(f"suite {path}:{line}: fidelities.only.{recipe}.path_sampling: ")
    assert "\n" not in message


def test_stand_alone_networks_have_no_paths(tmp_path: Path, tiny_suite: Path) -> None:
    table = "[fidelities.only.network]\n"
    path = variant(tmp_path, tiny_suite, (table, table + 'path_sampling = "fair"\n'))
    with pytest.raises(InputError, match="a stand-alone network has no paths; leave it out"):
        read_suite(path)


@pytest.mark.parametrize("recipe", ["supernet", "adaptation"])
def test_supernets_have_no_learning_curve(tmp_path: Path, tiny_suite: Path, recipe: str) -> None:
    table = f"[fidelities.only.{recipe}]\n"
    path = variant(tmp_path, tiny_suite, (table, table + "curve_points = 3\n"))
    with pytest.raises(InputError, match=rf"{recipe}.curve_points: .* set it in network"):
        read_suite(path)


def test_a_learning_curve_is_part_of_trainings_alone(
    tmp_path: Path, tiny_suite: Path, expansion: Expansion
) -> None:
    table = "[fidelities.only.network]\n"
    ranked = ('kind = "transfer"\n', 'kind = "transfer"\nrankers = ["synflow"]\n')
    kinds = []
    for more in ("", "curve_points = 1\n"):
        path = variant(tmp_path, tiny_suite, (table, table + more), ranked)
        units = Expansion(resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS))).plan()
        kinds.append({unit.identity: unit.kind for unit in units.units})
    without, asked = kinds
    assert {unit.identity for unit in expansion.plan().units} <= set(without)
    changed = asked.keys() - without.keys()
    assert {asked[identity] for identity in changed} == {"train"}
    assert len(changed) == list(asked.values()).count("train")


def test_sampling_is_part_of_an_identity_only_where_it_is_not_the_default(
    tmp_path: Path, tiny_suite: Path, expansion: Expansion
) -> None:
    assert "path_sampling" not in canonical_json(Recipe(epochs=1, path_sampling="uniform"))
    units = {}
    for sampling in ("uniform", "fair"):
        path = variant(tmp_path, tiny_suite, (SAMPLED, SAMPLED + f'path_sampling = "{sampling}"\n'))
        request = SuiteRequest(read_suite(path), "only", LOCATIONS)
        sampled = Expansion(resolve_suite(request))
        units[sampling] = next(
            unit for unit in sampled.plan().units if isinstance(unit, SupernetUnit)
        )
    identities = {unit.identity for unit in expansion.plan().units}
    assert units["uniform"].identity in identities
    assert units["fair"].identity not in identities


@pytest.mark.parametrize(
    ("searcher", "said"),
    [
        ('name = "evolution"\noptions = { max_macs = 5 }', "no architecture of nats-tss was found"),
        ('name = "random"\noptions = { min_macs = 9, max_macs = 5 }', "min_macs 9 exceeds"),
        ('name = "exhaustive"', "'darts' is too large to list"),
    ],
)
def test_a_searcher_that_the_space_cannot_serve_is_refused_when_the_suite_is_read(
    tmp_path: Path, tiny_suite: Path, searcher: str, said: str
) -> None:
    text = tiny_suite.read_text()
    old = text[text.index('name = "evolution"') :]
    changes = [(old, searcher + "\n")]
    if "darts" in said:
        changes.append(('"nats-tss"', '"darts"'))
    with pytest.raises(InputError, match=said) as caught:
        read_suite(variant(tmp_path, tiny_suite, *changes))
    assert "fidelities.only.searcher.options" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([('"nats-tss"', '"darts"')], "fidelities.only.stack: networks of space 'darts' cannot"),
        ([("batch_size = 32", "batch_size = 32\nclip_norm = 5")], "norm of a stack's gradients"),
    ],
    ids=["space", "clipping"],
)
def test_stacks_are_refused_where_they_would_not_give_the_networks(
    tmp_path: Path, tiny_suite: Path, changes: list[tuple[str, str]], said: str
) -> None:
    stacked = ("replicates = 2\n", "replicates = 2\nstack = 2\n")
    with pytest.raises(InputError, match=said):
        read_suite(variant(tmp_path, tiny_suite, stacked, *changes))


def test_only_the_population_is_stacked(tmp_path: Path, tiny_suite: Path) -> None:
    path = variant(tmp_path, tiny_suite, ("replicates = 2\n", "replicates = 2\nstack = 2\n"))
    plan = Expansion(resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS))).plan()
    trainings = [unit for unit in plan.units if isinstance(unit, TrainUnit)]
    by_source = {(unit.model.source, unit.stack) for unit in trainings}
    assert by_source == {("space", 2), ("baseline", 1)}
    found = plan.found_units({r.waits_for: trainings[-1].model.label for r in plan.retrainings})
    assert {unit.stack for unit in found} == {1}


STEM = "stem = { kernel = 3, stride = 2 }\n"
RECIPES = ("network", "supernet", "adaptation")


def with_stems(text: str, *recipes: str) -> list[tuple[str, str]]:
    tables = (f"[fidelities.only.{recipe}]\n" for recipe in recipes)
    return [(table, table + text) for table in tables]


def test_a_stem_changes_all_identities_of_its_recipe_and_counts_of_the_population(
    tmp_path: Path, tiny_suite: Path, expansion: Expansion
) -> None:
    for text, same in (("stem = { kernel = 3, stride = 1 }\n", True), (STEM, False)):
        path = variant(tmp_path, tiny_suite, *with_stems(text, *RECIPES))
        changed = Expansion(resolve_suite(SuiteRequest(read_suite(path), "only", LOCATIONS)))
        before = {unit.identity for unit in expansion.plan().units}
        after = {unit.identity for unit in changed.plan().units}
        assert (before == after) if same else not (before & after)
    space, members = get_space("nats-tss"), changed.resolved.population
    assert [m.architecture for m in members] == [
        m.architecture for m in expansion.resolved.population
    ]
    shape = NetworkShape(4, 1, 8, 1, 10, Stem(kernel=3, stride=2))
    for member in members:
        counts = space.counts(member.architecture, shape)
        assert (member.params, member.macs) == (counts.params, counts.macs)


def test_one_supernet_has_one_stem(tmp_path: Path, tiny_suite: Path) -> None:
    path = variant(tmp_path, tiny_suite, *with_stems(STEM, "supernet"))
    with pytest.raises(InputError, match="supernet.stem is .* give both the same") as caught:
        read_suite(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stem", "told"),
    [
        ("{ kernel = 2 }", "network.stem: kernel 2 is even and not the stride 1; give an odd"),
        ("{ stride = 4 }", "network.stem: kernel 3 would skip pixels at stride 4; give a kernel"),
        ("{ kernel = 65 }", "network.stem.kernel: .* less than or equal to 64"),
        ("{ size = 3 }", "network.stem.size: unknown key"),
        ("2", "network.stem: "),
    ],
)
def test_what_is_no_stem_is_refused_when_the_suite_is_read(
    tmp_path: Path, tiny_suite: Path, stem: str, told: str
) -> None:
    path = variant(tmp_path, tiny_suite, *with_stems(f"stem = {stem}\n", "network"))
    with pytest.raises(InputError, match=told) as caught:
        read_suite(path)
    assert str(caught.value).startswith(f"suite {path}:")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_stem_that_does_not_fit_a_stated_resolution_is_refused_when_the_suite_is_read(
    tmp_path: Path, tiny_suite: Path, recipe: str
) -> None:
    both = ("supernet", "adaptation") if recipe != "network" else ("network",)
    text = "resolution = 12\nstem = { kernel = 5, stride = 2 }\n"
    path = variant(tmp_path, tiny_suite, *with_stems(text, *both))
    with pytest.raises(InputError, match="leaves 6 of 12 pixels.* multiple of 8") as caught:
        read_suite(path)
    assert f"fidelities.only.{both[0]}.stem: stem stride 2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stem_that_does_not_fit_the_images_is_refused_when_the_suite_is_resolved(
    tmp_path: Path, tiny_suite: Path
) -> None:
    text = "stem = { kernel = 4, stride = 4 }\n"
    path = variant(tmp_path, tiny_suite, *with_stems(text, "network"))
    suite = read_suite(path)
    with pytest.raises(InputError, match="leaves 2 of 8 pixels") as caught:
        resolve_suite(SuiteRequest(suite, "only", LOCATIONS))
    assert "fidelities.only.network.stem: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("recipe", ["network", "motivation"])
def test_a_space_with_a_stem_of_its_own_has_no_other(
    tmp_path: Path, tiny_suite: Path, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Darts, "stage_reduction")
    motivation = """
[parts.motivation]
kind = "motivation"
space = "darts"
size = 2
trainings = [{ condition = "digits@1x" }]

[fidelities.only.motivation]
epochs = 3
width = 4
depth = 1
"""
    path = tmp_path / "motivated.toml"
    path.write_text(tiny_suite.read_text() + motivation)
    suite = variant(tmp_path, path, *with_stems(STEM, recipe))
    if recipe == "network":
        read_suite(suite)  # those of darts are trained by the other recipe
        return
    with pytest.raises(InputError, match="'darts' have a stem of their own; leave it") as caught:
        read_suite(suite)
    assert "fidelities.only.motivation.stem: " in str(caught.value)
