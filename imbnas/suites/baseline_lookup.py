"""Looks a baseline and its weights up."""

from dataclasses import dataclass
from pathlib import Path

from imbnas.baselines.pretrained import find_weights, weights_identity
from imbnas.baselines.registry import load_baseline
from imbnas.baselines.spec import BaselineSpec
from imbnas.data.locations import DataLocations
from imbnas.units.unit import BaselineModel


@dataclass(frozen=True)
class FoundBaseline:
    """A baseline that was looked up.

    Attributes:
        spec: how its network is made and fitted.
        model: what a unit calls it.
        pretrained: its weights' file, ``True`` for those that timm publishes, ``False`` for
            random ones.
    """

    spec: BaselineSpec
    model: BaselineModel
    pretrained: Path | bool


def find_baseline(name: str, pretrained: bool, locations: DataLocations) -> FoundBaseline:
    """Look a baseline up, and its weights.

    Args:
        name: a shipped baseline, a baseline's TOML file, or any model of timm.
        pretrained: whether it starts from pretrained weights.
        locations: where weights may lie.

    Raises:
        InputError: the file cannot be used, or no weights exist or may be downloaded.
        UnknownNameError: no baseline has that name; offers the nearest ones.
    """
    spec = load_baseline(name)
    weights = pretrained and find_weights(spec, locations.pretrained, locations.offline)
    model = BaselineModel(
        baseline=name,
        version=spec.version,
        spec_sha256=spec.digest,
        weights=weights_identity(spec, weights) if weights else None,
    )
    return FoundBaseline(spec, model, weights)
