import hashlib
import json
from typing import Any

import pytest
from pydantic import ValidationError

from imbnas.units.frozen import canonical_json
from imbnas.units.metrics import TrainMetrics
from imbnas.units.randomness import derive_seed
from imbnas.units.recipes import Recipe
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import UNIT_ADAPTER, BaselineModel, SpaceModel

from ..factories import make_unit


def test_identity_is_the_hash_of_sorted_compact_json() -> None:
    unit = make_unit()
    text = json.dumps(json.loads(unit.model_dump_json()), sort_keys=True, separators=(",", ":"))
    assert unit.identity == hashlib.sha256(text.encode()).hexdigest()


def test_identity_survives_storing() -> None:
    unit = make_unit(scheme=SchemeSpec(name="x", version="1", loss="ce", loss_options=(("a", 1),)))
    stored = UNIT_ADAPTER.validate_json(canonical_json(unit))
    assert stored.identity == unit.identity


@pytest.mark.parametrize(
    "change",
    [
        {"replicate": 1},
        {"recipe": Recipe(epochs=4)},
        {"device_type": "cuda"},
        {"precision": "bfloat16"},
        {"compiled": True},
        {"cuda_graphs": True},
        {"scheme": SchemeSpec(name="ce", version="2", loss="ce")},
        {"model": SpaceModel(space="nats-tss", version="1", architecture="|skip_connect~0|")},
    ],
)
def test_whatever_changes_a_result_changes_the_identity(change: dict[str, Any]) -> None:
    assert make_unit(**change).identity != make_unit().identity


RESNET = {"baseline": "resnet10t", "version": "1", "spec_sha256": "c" * 64}


def test_a_fresh_baseline_keeps_the_identity_of_before_pretraining() -> None:
    """Every record of a baseline rests on it: without weights there is no such field."""
    golden = "6b469f38a4db091bc664a8f41ff391ef6b3a23377ee7d8e1ccaa99425569170f"
    assert make_unit(model=BaselineModel(**RESNET)).identity == golden


def test_pretrained_weights_are_part_of_identity_label_and_what_is_stored() -> None:
    weights = [None, "timm/resnet10t.c3_in1k", "sha256:" + "d" * 64]
    units = [make_unit(model=BaselineModel(**RESNET, weights=w)) for w in weights]
    assert len({unit.identity for unit in units}) == 3
    assert [unit.model.label for unit in units] == ["resnet10t"] + ["resnet10t (pretrained)"] * 2
    for unit in units:
        assert UNIT_ADAPTER.validate_json(canonical_json(unit)).identity == unit.identity


def test_canonical_json_refuses_nan() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"x": float("nan")})


def test_units_are_immutable_and_refuse_unknown_keys() -> None:
    with pytest.raises(ValidationError):
        make_unit().replicate = 3
    with pytest.raises(ValidationError, match="Extra inputs"):
        make_unit(host="somewhere")


def test_seeds_differ_by_purpose_and_are_stable() -> None:
    digest = hashlib.sha256(b'["train","a",3]').digest()
    assert derive_seed("train", "a", 3) == int.from_bytes(digest[:8], "big") // 2
    seeds = {derive_seed("train", a, c, r) for a in "abc" for c in "xyz" for r in range(5)}
    assert len(seeds) == 45


def test_mean_accuracy_leaves_out_classes_without_test_images() -> None:
    metrics = TrainMetrics(
        class_correct=(3, 0, 1), class_total=(4, 0, 2), params=1, macs=1, train_loss=0.5
    )
    assert metrics.class_accuracy == (0.75, None, 0.5)
    assert metrics.mean_accuracy() == pytest.approx(0.625)
    assert metrics.mean_accuracy([1]) is None


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValidationError, match="more correct"):
        TrainMetrics(class_correct=(5,), class_total=(4,), params=1, macs=1, train_loss=0.0)
