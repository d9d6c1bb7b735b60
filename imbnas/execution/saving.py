"""Writes trained networks, for ``load_network`` to read."""

from pathlib import Path

import torch
from safetensors.torch import save

from imbnas.baselines.registry import load_baseline
from imbnas.data.dataset import Dataset, normalised_by
from imbnas.errors import InputError
from imbnas.execution.saved_network import FILE, KEY, SavedFacts
from imbnas.execution.train import UnitSetup
from imbnas.schemes.cosine_classifier import CosineClassifier
from imbnas.training.fitting import torch_module
from imbnas.units.frozen import canonical_json
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import BaselineModel, SpaceModel
from imbnas.version import __version__


def check_savable(folder: Path, scheme: SchemeSpec) -> None:
    """Look before a training whether its network can be saved in a folder, which is made.

    Raises:
        InputError: there is one already, the folder cannot be made, or the scheme's last step is
            not part of the network.
    """
    if scheme.posthoc is not None:
        raise InputError(
            f"--save: scheme {scheme.name!r} ends with the post-hoc step {scheme.posthoc!r}, which "
            "is no part of a network; leave --save out or choose a scheme without such a step"
        )
    if (folder / FILE).exists():
        raise InputError(f"--save {folder}: there is a {FILE} already; give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--save {folder}: cannot be made ({error.strerror})") from None


def save_network(folder: Path, trained: UnitSetup, dataset: Dataset) -> Path:
    """Write a trained network.

    Args:
        folder: see ``check_savable``.
        trained: after its last step.
        dataset: that it was trained on.

    Returns:
        The file.
    """
    unit, network = trained.unit, trained.training.trainer.network
    seen = normalised_by(dataset, unit.recipe.channel_statistics)
    model = unit.model
    facts = SavedFacts(
        version=__version__,
        architecture=model if isinstance(model, SpaceModel) else None,
        baseline=load_baseline(model.baseline) if isinstance(model, BaselineModel) else None,
        width=trained.shape.width,
        depth=trained.shape.depth,
        resolution=trained.shape.resolution,
        in_channels=trained.shape.in_channels,
        stem=trained.shape.stem,
        class_names=dataset.class_names,
        mean=tuple(seen.mean),
        std=tuple(seen.std),
        classifier="cosine" if isinstance(network.classifier, CosineClassifier) else "linear",
        logit_scale=float(trained.training.scheme.evaluation_logits(torch.ones(1, 1))),
        condition=unit.data.condition,
        scheme=unit.scheme.name,
    )
    state = torch_module(network).state_dict()
    tensors = {name: state[name].detach().cpu().clone().contiguous() for name in sorted(state)}
    path = folder / FILE
    path.write_bytes(save(tensors, {KEY: canonical_json(facts)}))
    return path
