"""Adaptations whose source has seen images of its target are refused unless the part says so."""

from pathlib import Path

import pytest
from PIL import Image

from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.suites.expand import Expansion
from imbnas.suites.files import suite_files
from imbnas.suites.load import load_suite, read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.resolved import ResolvedSuite
from imbnas.suites.schema import AdaptationPart, Route
from imbnas.units.conditions import parse_condition
from imbnas.units.frozen import canonical_json

from ..factories import OFFLINE, edited, varied

SAID_SO = "shared_images = true\n"
SOURCE, TARGET = 'source = { condition = "digits@1x"', 'target = { condition = "digits@10x"'


def resolved(path: Path, locations: DataLocations = OFFLINE) -> ResolvedSuite:
    return resolve_suite(SuiteRequest(read_suite(path), "only", locations))


def ends(source: str, target: str) -> tuple[tuple[str, str], ...]:
    """Other conditions in place of the part's own, and nothing said of shared images."""
    return (
        (SAID_SO, ""),
        (SOURCE, SOURCE.replace("digits@1x", source)),
        (TARGET, TARGET.replace("digits@10x", target)),
    )


def test_a_source_that_has_seen_its_target_is_refused_in_one_line(
    tmp_path: Path, tiny_suite: Path
) -> None:
    # 76, 58, 45, 35, 27, 21, 16, 12, 9, 7 train both; 18 of each of ten classes validate both.
    with pytest.raises(InputError) as caught:
        resolved(edited(tmp_path, tiny_suite, (SAID_SO, "")))
    assert str(caught.value) == (
        "suite 'tiny': parts.adaptation: source digits@1x and target digits@10x share 486 images, "
        "of which 306 train both, so that the source supernet has seen its target; "
        "give one :half-1 and the other :half-2, or set shared_images = true"
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("digits@1x:half-1", "digits@10x:half-1"),
        ("digits@1x", "digits@10x:half-1"),
        ("digits@1x:order-reversed:subset-3", "digits@10x"),
        ("digits@natural", "digits@natural"),
        ("digits@1x:half-1", "digits@natural"),
    ],
)
def test_conditions_that_share_images_are_refused(
    tmp_path: Path, tiny_suite: Path, source: str, target: str
) -> None:
    with pytest.raises(InputError, match=f"source {source} and target {target} share"):
        resolved(edited(tmp_path, tiny_suite, *ends(source, target)))


@pytest.mark.parametrize("protocol", ["strict", "paper"])
@pytest.mark.parametrize(
    ("source", "target"),
    [("digits@1x:half-1", "digits@10x:half-2"), ("digits@natural:half-2", "digits@4x:half-1")],
)
def test_halves_need_no_word(
    tmp_path: Path, tiny_suite: Path, source: str, target: str, protocol: str
) -> None:
    changes = (*ends(source, target), ('protocol = "strict"', f'protocol = "{protocol}"'))
    suite = resolved(edited(tmp_path, tiny_suite, *changes))
    assert "shared_images" not in canonical_json(suite)
    assert Expansion(suite).plan(["adaptation"]).units


def test_every_route_of_a_part_is_looked_at(tmp_path: Path, tiny_suite: Path) -> None:
    further = (
        'further = [{ source = { condition = "digits@2x:half-2" }, '
        'target = { condition = "digits@5x:half-2" } }]\n'
    )
    (_, source, target) = ends("digits@1x:half-1", "digits@10x:half-2")
    with pytest.raises(InputError, match="source digits@2x:half-2 and target digits@5x:half-2"):
        resolved(edited(tmp_path, tiny_suite, (SAID_SO, further), source, target))


def test_what_counts_is_content_not_names(tmp_path: Path, tiny_suite: Path) -> None:
    for name, shade in (("one", 0), ("other", 100)):
        for split in ("train", "test"):
            for label in range(2):
                folder = tmp_path / name / split / str(label)
                folder.mkdir(parents=True)
                for number in range(12):
                    pixel = shade + 40 * label + number
                    Image.new("L", (8, 8), pixel).save(folder / f"{number}.png")
    folders = {"a": "one", "b": "one", "c": "other"}
    locations = DataLocations.from_options(
        datasets=[f"{name}={tmp_path / folder}" for name, folder in folders.items()], offline=True
    )
    assert resolved(edited(tmp_path, tiny_suite, *ends("a@1x", "c@2x")), locations)
    with pytest.raises(InputError, match="source a@1x and target b@2x share"):
        resolved(edited(tmp_path, tiny_suite, *ends("a@1x", "b@2x")), locations)


def test_saying_so_changes_no_unit(expansion: Expansion) -> None:
    part = expansion.resolved.suite.parts["adaptation"]
    assert isinstance(part, AdaptationPart)
    assert part.shared_images
    silent = varied(
        expansion.resolved, suite={"parts": {"adaptation": varied(part, shared_images=False)}}
    )
    assert "shared_images" not in canonical_json(silent)
    before, after = (
        [unit.identity for unit in each.plan().units] for each in (Expansion(silent), expansion)
    )
    assert before == after


def test_a_route_keeps_what_its_part_says(expansion: Expansion) -> None:
    part = expansion.resolved.suite.parts["adaptation"]
    assert isinstance(part, AdaptationPart)
    back = Route(source=part.target, target=part.source)
    more = part.model_copy(update={"further": (back,)})
    assert [route.shared_images for route in more.routes("a").values()] == [True, True]


@pytest.mark.parametrize("name", suite_files())
def test_shipped_suites_share_images_only_where_they_say_so(name: str) -> None:
    for part, route in load_suite(name).routes:
        source, target = (parse_condition(t.condition) for t in (route.source, route.target))
        apart = source.dataset != target.dataset or {source.half, target.half} == {1, 2}
        assert apart or route.shared_images, part
