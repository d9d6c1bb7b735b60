"""What cannot have become of a unit is refused, whatever checksum it has."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imbnas.runs.store.directory import RunDirectory
from imbnas.suites.possible_records import PossibleRecords
from imbnas.suites.resolved import ResolvedSuite
from imbnas.units.frozen import canonical_json, content_sha256
from imbnas.units.records import Record
from imbnas.units.sealing import read_sealed

from ..factories import varied

Json = Any
KINDS = ("train", "baseline", "supernet", "adapt", "search", "scores")


@pytest.fixture(scope="module")
def resolved(finished_run: Path) -> ResolvedSuite:
    return RunDirectory(finished_run).read_suite()


@pytest.fixture(scope="module")
def possible(resolved: ResolvedSuite) -> PossibleRecords:
    return PossibleRecords(resolved)


@pytest.fixture(scope="module")
def examples(finished_run: Path, resolved: ResolvedSuite) -> dict[str, Json]:
    """A record of each kind as plain JSON; ``scores`` is that of the population's scores."""
    found = {}
    for record in RunDirectory(finished_run).records():
        kind: str = record.unit.kind
        if record.unit.kind == "train" and record.unit.model.source == "baseline":
            kind = "baseline"
        if record.unit.kind == "search" and record.unit.searcher == resolved.population_scorer:
            kind = "scores"
        found[kind] = json.loads(canonical_json(record))
    return found


def sealed(content: Json) -> bytes:
    """With the checksum that fits, as a forger would give it."""
    plain = {**content, "sha256": content_sha256(content)}
    return canonical_json(plain).encode()


def believed(possible: PossibleRecords, content: Json) -> Record:
    record, checked = read_sealed(Record, sealed(content))
    assert checked
    possible.check(record)
    return record


def test_every_record_of_a_run_is_possible(
    possible: PossibleRecords, examples: dict[str, Json]
) -> None:
    assert set(examples) == set(KINDS)
    for content in examples.values():
        believed(possible, content)


def change(kind: str, **places: object) -> tuple[str, dict[str, object]]:
    return kind, places


TRAINED = [
    ({"metrics/class_total/3": 10**6}, "class_total|correct_bits"),
    ({"metrics/class_total": [80] * 11, "metrics/class_correct": [0] * 11}, "."),
    ({"metrics/class_total": [], "metrics/class_correct": []}, "too_short|at least 1"),
    ({"metrics/class_correct/0": -5}, "greater than or equal to 0"),
    ({"metrics/class_correct/0": 81}, "more correct images"),
    ({"metrics/class_correct/0": 1.5}, "integer"),
    ({"metrics/class_correct/0": "3"}, "integer"),
    ({"metrics/class_correct/0": True}, "integer"),
    ({"metrics/macs": 1e30}, "macs"),
    ({"metrics/macs": 2**63}, "macs"),
    ({"metrics/params": 10**400}, "params"),
    ({"metrics/params": 7}, "params"),
    ({"metrics/macs": 7}, "macs"),
    ({"metrics/train_loss": "x"}, "train_loss"),
    ({"metrics/correct_bits": "AAAA"}, "correct_bits"),
    ({"cost/seconds": -1.0}, "seconds"),
    ({"cost/seconds": 1e300}, "seconds"),
    ({"cost/seconds": 5e-324}, "seconds"),
    ({"cost/latency": 1e-200}, "latency"),
    ({"cost/images_seen": 0}, "images_seen"),
    ({"cost/images_seen": 2**62}, "images_seen"),
    ({"cost/macs": 1}, "macs"),
    ({"cost/latency": -0.1}, "latency"),
    ({"cost/core_seconds": -0.1}, "core_seconds"),
    ({"cost/core_seconds": 1e300}, "core_seconds"),
    ({"cost/train_images_per_second": 1e300}, "train_images_per_second"),
    ({"cost/device": "x" * 10**6}, "device"),
    ({"provenance/utc": "yesterday"}, "utc"),
    ({"provenance/utc": "2026-01-01"}, "utc"),
    ({"provenance/threads": 0}, "threads"),
    ({"metrics/curve": [[1, [1] * 10, [18] * 10]]}, "curve"),
]


@pytest.mark.parametrize("kind", ["train", "baseline"])
@pytest.mark.parametrize(("places", "told"), TRAINED, ids=str)
def test_trainings_that_cannot_be_are_refused(
    possible: PossibleRecords, examples: dict[str, Json], kind: str, places: Json, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        believed(possible, changed(examples[kind], places))


SEARCHED = [
    ({"metrics/scores/0/1": -5}, "scores"),
    ({"metrics/scores/0/1": 1.5}, "scores"),
    ({"metrics/best": "|none~0|"}, "best"),
    ({"metrics/scores": []}, "scores"),
    ({"metrics/scores/1/0": "|none~0|"}, "none~0|best"),
    ({"cost/images_seen": 5}, "images_seen"),
    ({"cost/macs": 5}, "macs"),
]


@pytest.mark.parametrize("kind", ["search", "scores"])
@pytest.mark.parametrize(("places", "told"), SEARCHED, ids=str)
def test_searches_that_cannot_be_are_refused(
    possible: PossibleRecords, examples: dict[str, Json], kind: str, places: Json, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        believed(possible, changed(examples[kind], places))


def test_the_best_is_the_first_of_the_highest(
    possible: PossibleRecords, examples: dict[str, Json]
) -> None:
    content = examples["search"]
    names = [name for name, _ in content["metrics"]["scores"]]
    tie = changed(content, {"metrics/scores": [[name, 0.5] for name in names]})
    believed(possible, changed(tie, {"metrics/best": names[0]}))
    with pytest.raises(ValueError, match="best"):
        believed(possible, changed(tie, {"metrics/best": names[1]}))
    twice = [[name, 0.5] for name in (*names[:-1], names[0])]
    with pytest.raises(ValueError, match="occurs twice"):
        believed(possible, changed(tie, {"metrics/scores": twice, "metrics/best": names[0]}))


def test_the_scores_of_the_population_are_of_the_population(
    possible: PossibleRecords, examples: dict[str, Json]
) -> None:
    scores = examples["scores"]["metrics"]["scores"]
    fewer = [pair for pair in scores if pair[0] != examples["scores"]["metrics"]["best"]]
    best = max(fewer, key=lambda pair: pair[1])[0]
    with pytest.raises(ValueError, match="population"):
        believed(
            possible,
            changed(examples["scores"], {"metrics/scores": fewer, "metrics/best": best}),
        )


def test_a_supernet_sees_what_its_recipe_says(
    possible: PossibleRecords, examples: dict[str, Json]
) -> None:
    with pytest.raises(ValueError, match="images_seen"):
        believed(possible, changed(examples["supernet"], {"cost/images_seen": 5}))


def of_other_unit(content: Json, places: Json) -> Json:
    """Another unit's record with the identity that follows."""
    other = changed(content, places)
    return changed(other, {"identity": content_sha256(other["unit"])})


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ({"unit/model/architecture": "|none~0|"}, "none~0"),
        ({"unit/model/architecture": "=HYPERLINK()"}, "HYPERLINK"),
        ({"unit/data/condition": "digits@77x:subset-0"}, "under another name"),
        ({"unit/data/protocol": "paper"}, "under another name"),
        ({"unit/data/dataset_digest": "0" * 64}, "under another name"),
        ({"unit/recipe/epochs": 3}, "images_seen"),
        ({"unit/recipe/width": 5}, "params"),
        ({"unit/recipe/stem": {"kernel": 2, "stride": 2}}, "params"),
        ({"unit/recipe/stem": {"kernel": 3, "stride": 2}}, "macs"),
        ({"unit/recipe/stem": {"kernel": 3, "stride": 3}}, "does not divide"),
    ],
)
def test_units_that_cannot_be_are_refused(
    possible: PossibleRecords, examples: dict[str, Json], places: Json, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        believed(possible, of_other_unit(examples["train"], places))


def test_what_is_of_the_same_dataset_has_its_test_images(
    possible: PossibleRecords, examples: dict[str, Json]
) -> None:
    """Even where the suite does not know the condition."""
    elsewhere = of_other_unit(examples["train"], {"unit/data/manifest_sha256": "0" * 64})
    believed(possible, elsewhere)
    forged = {"metrics/class_total/0": 10**6, "unit/data/manifest_sha256": "0" * 64}
    with pytest.raises(ValueError, match="class_total|correct_bits"):
        believed(possible, of_other_unit(examples["train"], forged))


def test_bits_are_compared_with_the_labels_where_a_suite_has_them(
    resolved: ResolvedSuite, examples: dict[str, Json]
) -> None:
    import numpy as np
    from sklearn.datasets import load_digits  # the labels themselves, however they are split

    from imbnas.data import DataLocations, load_dataset
    from imbnas.units import correct_bits, image_labels

    test = load_dataset("digits", DataLocations.from_options(offline=True)).test.labels
    assert len(test) < len(load_digits().target)
    digest = resolved.conditions["digits@1x"].replicates[0].dataset_digest
    labelled = PossibleRecords(varied(resolved, test_labels={digest: image_labels.pack(test)}))
    believed(labelled, examples["train"])
    right = correct_bits.unpack(examples["train"]["metrics"]["correct_bits"], len(test))
    # As many right answers, of other classes.
    moved = np.roll(right, 1)
    assert not np.array_equal(np.bincount(test[moved], minlength=10), np.bincount(test[right]))
    forged = changed(examples["train"], {"metrics/correct_bits": correct_bits.pack(moved)})
    with pytest.raises(ValueError, match="differ in a class"):
        believed(labelled, forged)


def test_an_older_suite_knows_less_and_refuses_what_it_can(
    resolved: ResolvedSuite, examples: dict[str, Json]
) -> None:
    older = PossibleRecords(resolved.model_copy(update={"evaluation_images": {}}))
    for content in examples.values():
        believed(older, content)
    for places, _ in TRAINED:
        with pytest.raises(ValueError, match="."):
            believed(older, changed(examples["train"], places))


FREE: dict[str, Callable[[Any], bool]] = {
    "metrics/train_loss": lambda value: abs(value) < float("inf"),
    "cost/seconds": lambda value: value == 0 or 1e-9 <= value <= 1e8,
    "cost/latency": lambda value: value is None or 0 <= value <= 1e8,
    "cost/core_seconds": lambda value: value is None or 0 <= value <= 1e8,
    "cost/train_images_per_second": lambda value: value is None or 0 <= value <= 1e9,
    "cost/device": lambda value: isinstance(value, str),
    "provenance/threads": lambda value: value >= 1,
    "metrics/weights_sha256": lambda value: len(value) == 64,
}
"""What no suite foretells; and texts of provenance."""


def is_possible(path: str, value: Any, before: Any) -> bool:
    if value == before and type(value) is type(before):
        return True
    if path in FREE:
        return FREE[path](value)
    if path == "metrics/correct_bits":
        return value is None  # as in older records
    if path.startswith("provenance/"):
        return value is None or isinstance(value, str)
    if path.startswith("metrics/calibration/"):
        return path.endswith("/1")  # a confidence, within its bin
    # Of an adaptation by anybody's strategy, and of trainings along drawn paths.
    unforeseen = {"cost/images_seen", "cost/macs"}
    if path in unforeseen or path.startswith("metrics/scores/"):
        return isinstance(value, int | float) and 0 <= value < 2**63
    # Integral, whatever type a float is written as.
    return bool(value == before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tries", [60, pytest.param(3000, marks=pytest.mark.slow)])
def test_whatever_a_forger_writes_is_refused_or_possible(
    possible: PossibleRecords, examples: dict[str, Json], kind: str, tries: int
) -> None:
    rng, content = random.Random(kind), examples[kind]
    leaves = [path for path, _ in walk(content) if not path.startswith("unit/")]
    accepted = 0
    for _ in range(tries):
        path = rng.choice(leaves)
        before = at(content, path)
        value = forged_value(rng, before)
        try:
            record = believed(possible, changed(content, {path: value}))
        except ValueError:
            continue
        accepted += 1
        assert record.identity == content["identity"]
        assert is_possible(path, value, before), (path, before, value)
    assert accepted


def forged_value(rng: random.Random, before: Any) -> Any:
    numbers = (0, 1, -1, -5, 7, 10**6, 2**31, 2**63 - 1, 2**63, 10**30, 1e30, -1e30, 1e-9, 0.5)
    if isinstance(before, int | float) and not isinstance(before, bool):
        near = (before + 1, before - 1, before * 2, -before)
        return rng.choice((*numbers, *near, str(before), None, True, [before]))
    texts = ("", "x", "|none~0|", "0" * 64, "=1+1", "\u0000", "x" * 5000, "2026-01-01T00:00:00Z")
    return rng.choice((*texts, 5, None, [], {}))


def walk(content: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and value of every leaf."""
    entries = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in entries:
        place = f"{path}/{key}".removeprefix("/")
        if isinstance(value, dict | list) and value:
            yield from walk(value, place)
        else:
            yield place, value


def at(content: Any, path: str) -> Any:
    for key in path.split("/"):
        content = content[int(key) if isinstance(content, list) else key]
    return content


def changed(content: Json, places: dict[str, Any]) -> Json:
    """A copy with other values at the paths given."""
    copied = json.loads(json.dumps(content))
    for path, value in places.items():
        *above, last = path.split("/")
        holder = at(copied, "/".join(above)) if above else copied
        holder[int(last) if isinstance(holder, list) else last] = value
    return copied
